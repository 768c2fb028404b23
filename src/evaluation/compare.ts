/**
 * Two networks on the same faces: how often they agree, in their answers and in their maps; and where they disagree,
 * what speaks for each network's own answer rather than the other's.
 */

import { UserError } from '../base/errors.ts'
import { groupBy } from '../base/groupBy.ts'
import { rankCorrelation } from '../explanation/measures/rankCorrelation.ts'
import { topKOverlap } from '../explanation/measures/topKOverlap.ts'
import { bootstrapFigures } from '../statistics/bootstrap.ts'
import { holm } from '../statistics/holm.ts'
import type { Interval } from '../statistics/interval.ts'
import { signFlip } from '../statistics/mcnemar.ts'
import { signFlipTest } from '../statistics/permutation.ts'
import type { ExplainedFace, ExplainedFaces } from './explainedFaces.ts'
import { FEW, type Mean } from './profile.ts'

/** Both networks' answers to one face. */
export interface BothAnswers {
  readonly face: string
  readonly subject: string
  readonly truth: number | null
  readonly answers: readonly [number, number]
  readonly probabilities: readonly [number, number]
  /**
   * Spearman's rank correlation of the two maps, from some distance; NaN where faces are cut out differently, or a map is
   * empty.
   */
  readonly correlation: number
  /** The share of the most relevant tenth of one map that is also in that of the other. */
  readonly overlap: number
  /** Whether one of the maps is empty. */
  readonly empty: boolean
}

/** What speaks for one network's answer rather than the other's, in each part, over the faces on which they disagree. */
interface Contrast {
  /** Whose answer it is. */
  readonly network: string
  /** Over how many faces: those whose map is not empty, and whose parts are known. */
  readonly faces: number
  readonly parts: readonly {
    readonly part: string
    /** The part's relevance with its sign, divided by the sum of all |R|: −1 to 1. */
    readonly net: Mean
    /** The p that it differs from 0, by person, adjusted over the parts by Holm's procedure. */
    readonly p: number
  }[]
}

/** How two networks compare. */
export interface Comparison {
  readonly a: string
  readonly b: string
  readonly faces: number
  readonly people: number
  /** The share of faces to which both give the same answer. */
  readonly agreement: Mean
  /**
   * How often each is right, over faces with a label, and the p of their difference, by person; null without labels.
   */
  readonly accuracy: { readonly a: Mean; readonly b: Mean; readonly p: number } | null
  /**
   * Why their maps cannot be compared place by place: faces are cut out differently, or to so few pixels that their grids
   * differ; or for each face one map is empty. Null where they can.
   */
  readonly incomparable: 'frames' | 'empty' | null
  /** Over the faces of which neither map is empty; NaN where they cannot be compared. */
  readonly correlation: Mean
  readonly overlap: Mean
  /** The number of faces of which a map is empty. */
  readonly empty: number
  /** For each network that has them; empty where they agree on all faces. */
  readonly contrasts: readonly Contrast[]
  /** All faces, those on which the networks differ most first: by answer, then by map. */
  readonly each: readonly BothAnswers[]
}

/** One of the compared networks, with the explanations of its own answers. */
export interface ComparedNetwork {
  readonly name: string
  readonly explained: ExplainedFaces
  /**
   * The faces on which they disagree, each answer explained rather than the other's; undefined where there are none, or
   * the network answers with one number, of which there is no other.
   */
  readonly contrast?: ExplainedFaces
}

/** The faces that both explained and answer differently: the other's answer, by the face's id. */
export function disagreements(one: ExplainedFaces, other: ExplainedFaces): Map<string, number> {
  const theirs = new Map(other.faces.map(({ face, answer }) => [face, answer]))
  return new Map(
    one.faces.flatMap(({ face, answer }) => {
      const its = theirs.get(face)
      return its === undefined || its === answer ? [] : [[face, its] as const]
    }),
  )
}

/**
 * Compare two networks.
 *
 * @param sameFrame whether faces are cut out alike for both: otherwise their maps cannot be compared place by place
 * @throws UserError where no face could be explained for both
 */
export function compare(a: ComparedNetwork, b: ComparedNetwork, sameFrame: boolean): Comparison {
  const each = bothAnswers(a.explained, b.explained, sameFrame)
  if (each.length === 0) {
    const [skipped] = [...a.explained.skipped, ...b.explained.skipped]
    throw new UserError(
      `no face could be explained for both${skipped ? `. The first that was skipped: ${skipped.face}: ${skipped.reason}` : ''}`,
      `${a.name} and ${b.name}`,
    )
  }
  const labelled = each.filter(({ truth }) => truth !== null)
  const seed = `${a.name} ${b.name}`
  const right = (k: 0 | 1) => (one: BothAnswers) => Number(one.answers[k] === one.truth)
  return {
    a: a.name,
    b: b.name,
    faces: each.length,
    people: new Set(each.map(({ subject }) => subject)).size,
    agreement: meanBy(each, ({ answers }) => Number(answers[0] === answers[1]), `${seed} agreement`),
    accuracy:
      labelled.length === 0
        ? null
        : {
            a: meanBy(labelled, right(0), `${seed} a`),
            b: meanBy(labelled, right(1), `${seed} b`),
            p: signFlip(sumsBy(labelled, (one) => right(0)(one) - right(1)(one))),
          },
    incomparable: each.some(({ correlation }) => !Number.isNaN(correlation))
      ? null
      : each.every(({ empty }) => empty)
        ? 'empty'
        : 'frames',
    empty: each.filter(({ empty }) => empty).length,
    correlation: meanBy(each, ({ correlation }) => correlation, `${seed} correlation`),
    overlap: meanBy(each, ({ overlap }) => overlap, `${seed} overlap`),
    contrasts: [a, b].flatMap(({ name, contrast }) => (contrast ? contrastOf(name, contrast) : [])),
    each: [...each].sort(byDifference),
  }
}

/** The networks that disagree with the other, and of which it cannot be said what speaks for their own answers. */
export function withoutContrast({
  a,
  b,
  agreement,
  contrasts,
}: Pick<Comparison, 'a' | 'b' | 'agreement' | 'contrasts'>): string[] {
  if (agreement.mean === 1) return []
  return [a, b].filter((name) => contrasts.every(({ network }) => network !== name))
}

/** Different answers come first, those that both were surest of before others; then the maps that are least alike. */
function byDifference(one: BothAnswers, other: BothAnswers): number {
  const weight = ({ answers, probabilities, correlation }: BothAnswers) =>
    answers[0] === answers[1]
      ? -1 - (Number.isNaN(correlation) ? 0 : correlation) / 2
      : Math.min(...probabilities)
  return weight(other) - weight(one)
}

function bothAnswers(a: ExplainedFaces, b: ExplainedFaces, sameFrame: boolean): BothAnswers[] {
  const places = new Map(b.faces.map(({ face }, k) => [face, k]))
  return a.faces.flatMap((one, k) => {
    const place = places.get(one.face)
    if (place === undefined) return []
    const other = b.faces[place]!
    const maps = [mapOf(a, k), mapOf(b, place)] as const
    const empty = maps.some(({ data }) => data.every((value) => value === 0))
    const fit = sameFrame && !empty && maps[0].width === maps[1].width && maps[0].height === maps[1].height
    return [
      {
        face: one.face,
        subject: one.subject,
        truth: one.truth,
        answers: [one.answer, other.answer] as const,
        probabilities: [one.probability, other.probability] as const,
        correlation: fit ? rankCorrelation(...maps) : Number.NaN,
        overlap: fit ? topKOverlap(...maps, { k: Math.ceil(maps[0].data.length / 10) }) : Number.NaN,
        empty,
      },
    ]
  })
}

function mapOf({ maps, grid }: ExplainedFaces, k: number) {
  return { width: grid[1], height: grid[0], data: maps[k]! }
}

/** None where all maps are empty, or all parts unknown. */
function contrastOf(network: string, { faces, parts }: ExplainedFaces): Contrast[] {
  const rows = faces.flatMap((face) => {
    const net = netOf(face)
    return net ? [{ subject: face.subject, net }] : []
  })
  if (rows.length === 0) return []
  const people = [...groupBy(rows, ({ subject }) => subject).values()]
  const means = people.map((own) =>
    parts.map((_, k) => own.reduce((sum, { net }) => sum + net[k]!, 0) / own.length),
  )
  const p = holm(signFlipTest(means, { seed: `${network} contrast` }))
  return [
    {
      network,
      faces: rows.length,
      parts: parts.map((part, k) => ({
        part,
        net: meanBy(rows, ({ net }) => net[k]!, `${network} ${part}`),
        p: p[k] ?? Number.NaN,
      })),
    },
  ]
}

/** Each part's relevance divided by the sum of all |R|; undefined where parts are not known, or the map is empty. */
function netOf({ parts }: ExplainedFace): number[] | undefined {
  const size = parts?.reduce((sum, { positive, negative }) => sum + positive - negative, 0) ?? 0
  return size === 0 ? undefined : parts!.map(({ positive, negative }) => (positive + negative) / size)
}

/** For each person, the sum over their faces. */
function sumsBy<T extends { readonly subject: string }>(
  rows: readonly T[],
  of: (row: T) => number,
): number[] {
  return [...groupBy(rows, ({ subject }) => subject).values()].map((own) =>
    own.reduce((sum, row) => sum + of(row), 0),
  )
}

/** The mean over rows that have the value, with its interval over people. */
function meanBy<T extends { readonly subject: string }>(
  rows: readonly T[],
  of: (row: T) => number,
  seed: string,
): Mean {
  const known = rows.filter((row) => !Number.isNaN(of(row)))
  const people = [...groupBy(known, ({ subject }) => subject).values()]
  const sums = people.map((own) => [own.reduce((sum, row) => sum + of(row), 0)])
  const faces = people.map((own) => own.length)
  const interval: Interval | null =
    people.length < FEW ? null : bootstrapFigures(sums, faces, (means) => means, { seed })[0]!
  return { mean: known.reduce((sum, row) => sum + of(row), 0) / known.length, interval }
}
