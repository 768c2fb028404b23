/**
 * What a network looks at, in numbers: how much of its relevance lies in each part of the face, over a test set, with
 * intervals by person; and whether classes, right and wrong answers, or networks differ in this.
 */

import { UserError } from '../base/errors.ts'
import { addToGroup } from '../base/groupBy.ts'
import { bootstrapFigures } from '../statistics/bootstrap.ts'
import { holm } from '../statistics/holm.ts'
import type { Interval } from '../statistics/interval.ts'
import { permutationTest, signFlipTest } from '../statistics/permutation.ts'
import type { ExplainedFace, ExplainedFaces } from './explainedFaces.ts'

/**
 * A mean over faces, with its interval by a bootstrap of people; without one where there are fewer than {@link FEW}.
 */
export interface Mean {
  readonly mean: number
  readonly interval: Interval | null
}

/** With fewer people a bootstrap would promise too much. */
export const FEW = 10

/** What one part of the face has, averaged over faces. */
interface PartProfile {
  readonly part: string
  /** Its share of the picture, 0 to 1. */
  readonly area: number
  /** Its share of all that speaks for the explained class, and of all that speaks against it, 0 to 1. */
  readonly positive: Mean
  readonly negative: Mean
  /** `positive` divided by `area`: 1 where the part gets as much as its size alone would give it. */
  readonly perArea: Mean
}

/** The profile of some of the faces. */
export interface GroupProfile {
  /** `all`, `answer f`, `label f`, `right`, `wrong`, or a group by the labels of the data set: `age 25-32`. */
  readonly group: string
  readonly faces: number
  readonly people: number
  readonly parts: readonly PartProfile[]
  /** How coherent the maps are: see `Coherence`. */
  readonly region: Mean
  readonly autocorrelation: Mean
}

/** The parts in which two kinds of faces, or two networks, differ. */
export interface Difference {
  readonly a: string
  readonly b: string
  /** People on each side; for two networks, those that both have explained. */
  readonly people: readonly [number, number]
  readonly parts: readonly {
    readonly part: string
    /** How much more of the positive relevance lies there for `a` than for `b`: −1 to 1. */
    readonly difference: number
    /** The p by person, adjusted over the parts by Holm's procedure; NaN where a side is empty. */
    readonly p: number
  }[]
}

/** The profile of a network on a data set. */
export interface Profile {
  readonly groups: readonly GroupProfile[]
  readonly differences: readonly Difference[]
  /** The number of maps in which nothing speaks for the class: they have no shares, and are left out. */
  readonly silent: number
}

/** How faces are classed: by the network's answer, or by the data set's label. */
export type Classing = 'answer' | 'label'

/** The class that a face counts in; null where the data set gives it none. */
function classOf({ answer, truth }: ExplainedFace, by: Classing): number | null {
  return by === 'answer' ? answer : truth
}

/**
 * Profile what a network looks at.
 *
 * @param by `answer`: by its answers, and by each label of the data set; `label`: by the classes that the data set gives
 * @throws UserError where the parts of no face are known
 */
export function profileOf(
  { faces, parts, classes }: Pick<ExplainedFaces, 'faces' | 'parts' | 'classes'>,
  by: Classing = 'answer',
): Profile {
  const known = faces.filter(isKnown)
  if (known.length === 0) {
    throw new UserError(
      `eyes, nose and mouth are unknown for all ${faces.length} faces`,
      undefined,
      'No face was recognised in the pictures: give landmarks, or photos with larger faces',
    )
  }
  const groups = groupsOf(known, classes, by)
  const named = [...new Set(known.flatMap((face) => classOf(face, by) ?? []))].sort((a, b) => a - b)
  const ofClass = (wanted: (of: number) => boolean) =>
    known.filter((face) => {
      const of = classOf(face, by)
      return of !== null && wanted(of)
    })
  const pairs: [string, readonly Known[], string, readonly Known[]][] =
    named.length === 2
      ? [
          [
            `${by} ${classes[named[0]!]}`,
            ofClass((of) => of === named[0]),
            `${by} ${classes[named[1]!]}`,
            ofClass((of) => of === named[1]),
          ],
        ]
      : named.length < 2
        ? []
        : named.map((one) => [
            `${by} ${classes[one]}`,
            ofClass((of) => of === one),
            `other ${by}s`,
            ofClass((of) => of !== one),
          ])
  const [right, wrong] = ['right', 'wrong'].map((group) => groups.get(group) ?? [])
  if (right!.length > 0 && wrong!.length > 0) pairs.push(['right', right!, 'wrong', wrong!])
  return {
    groups: [...groups].map(([group, members]) => groupProfile(group, members, parts)),
    differences: pairs.map(([a, ofA, b, ofB]) => differenceOf(a, ofA, b, ofB, parts)),
    silent: known.filter((face) => !speaksFor(face)).length,
  }
}

/**
 * Whether two networks look at the same faces differently: differences of the shares face by face, tested over people
 * by flipping signs. Faces are left out where either map has nothing that speaks for the answer.
 */
export function networkDifference(
  a: string,
  ofA: ExplainedFaces,
  b: string,
  ofB: ExplainedFaces,
): Difference {
  const others = new Map(ofB.faces.filter(isKnown).map((face) => [face.face, face]))
  const rows = new Map<string, { sum: number[]; faces: number }>()
  const all: number[][] = []
  for (const face of ofA.faces.filter(isKnown)) {
    const other = others.get(face.face)
    if (!other) continue
    // An empty map does not say where a network looks.
    if (!speaksFor(face) || !speaksFor(other)) continue
    const [mine, its] = [sharesOf(face, 'positive'), sharesOf(other, 'positive')]
    const gap = mine.map((share, k) => share - its[k]!)
    all.push(gap)
    const person = rows.get(face.subject) ?? { sum: gap.map(() => 0), faces: 0 }
    rows.set(face.subject, { sum: person.sum.map((value, k) => value + gap[k]!), faces: person.faces + 1 })
  }
  const people = [...rows.values()].map(({ sum, faces }) => sum.map((value) => value / faces))
  const p = holm(signFlipTest(people, { seed: `${a} ${b}` }))
  return {
    a,
    b,
    people: [people.length, people.length],
    parts: ofA.parts.map((part, k) => ({ part, difference: meanOf(all, k), p: p[k] ?? Number.NaN })),
  }
}

const isPositive = (share: number) => share > 0

/** A face whose parts are known. */
type Known = ExplainedFace & { readonly parts: NonNullable<ExplainedFace['parts']> }

function isKnown(face: ExplainedFace): face is Known {
  return face.parts !== null
}

/** Whether anything in its map speaks for the answer. */
function speaksFor({ parts }: Known): boolean {
  return parts.some(({ positive }) => positive > 0)
}

/** The faces of each group, all of them first. */
function groupsOf(faces: readonly Known[], classes: readonly string[], by: Classing): Map<string, Known[]> {
  const groups = new Map<string, Known[]>([['all', [...faces]]])
  const add = (group: string, face: Known) => addToGroup(groups, group, face)
  const sorted = [...faces].sort((a, b) => (classOf(a, by) ?? 0) - (classOf(b, by) ?? 0))
  for (const face of sorted) {
    const of = classOf(face, by)
    if (of !== null) add(`${by} ${classes[of]}`, face)
  }
  for (const face of faces) {
    if (face.truth !== null) add(face.truth === face.answer ? 'right' : 'wrong', face)
  }
  if (by === 'label') return groups
  const labels = [...new Set(faces.flatMap((face) => face.groups))].sort(inOrder)
  for (const label of labels) {
    for (const face of faces) if (face.groups.includes(label)) add(label, face)
  }
  return groups
}

/** Ages by their beginning, before genders. */
function inOrder(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true })
}

/** Each part's share of the relevance of one sign, 0 to 1; zeros where there is none. */
function sharesOf({ parts }: Known, sign: 'positive' | 'negative'): number[] {
  const sum = parts.reduce((all, part) => all + part[sign], 0)
  return parts.map((part) => (sum === 0 ? 0 : part[sign] / sum))
}

function groupProfile(group: string, faces: readonly Known[], parts: readonly string[]): GroupProfile {
  const rows = faces.map((face) => {
    const [positive, negative] = [sharesOf(face, 'positive'), sharesOf(face, 'negative')]
    return [
      ...positive,
      ...negative,
      ...face.parts.map(({ area }) => area),
      Number(positive.some(isPositive)),
      Number(negative.some(isPositive)),
      face.coherence.region,
      face.coherence.autocorrelation,
    ]
  })
  const n = parts.length
  /** Shares are means over the faces whose maps have relevance of that sign. */
  const figures = (means: ArrayLike<number>) => {
    const [hasPositive, hasNegative, region, autocorrelation] = [0, 1, 2, 3].map((k) => means[3 * n + k]!)
    const positive = parts.map((_, k) => means[k]! / hasPositive!)
    return [
      ...positive,
      ...parts.map((_, k) => means[n + k]! / hasNegative!),
      ...parts.map((_, k) => means[2 * n + k]!),
      ...parts.map((_, k) => positive[k]! / means[2 * n + k]!),
      region!,
      autocorrelation!,
    ]
  }
  const means = figures(rows[0]!.map((_, k) => meanOf(rows, k)))
  const people = byPerson(faces, rows)
  const intervals =
    people.sums.length < FEW
      ? undefined
      : bootstrapFigures(people.sums, people.faces, figures, { seed: `profile ${group}` })
  const figure = (k: number): Mean => ({ mean: means[k]!, interval: intervals?.[k] ?? null })
  return {
    group,
    faces: faces.length,
    people: people.sums.length,
    parts: parts.map((part, k) => ({
      part,
      area: means[2 * n + k]!,
      positive: figure(k),
      negative: figure(n + k),
      perArea: figure(3 * n + k),
    })),
    region: figure(4 * n),
    autocorrelation: figure(4 * n + 1),
  }
}

/**
 * Whether two kinds of faces differ: people are reassigned to the two sides at random. A person with faces on both
 * counts on both. Faces are left out where nothing in the map speaks for the answer.
 */
function differenceOf(
  a: string,
  ofA: readonly Known[],
  b: string,
  ofB: readonly Known[],
  parts: readonly string[],
): Difference {
  const [sideA, sideB] = [ofA.filter(speaksFor), ofB.filter(speaksFor)]
  const [rowsA, rowsB] = [sideA, sideB].map((faces) => faces.map((face) => sharesOf(face, 'positive')))
  const [peopleA, peopleB] = [meansByPerson(sideA, rowsA!), meansByPerson(sideB, rowsB!)]
  const p = holm(permutationTest(peopleA, peopleB, { seed: `${a} ${b}` }))
  return {
    a,
    b,
    people: [peopleA.length, peopleB.length],
    parts: parts.map((part, k) => ({
      part,
      difference: meanOf(rowsA!, k) - meanOf(rowsB!, k),
      p: p[k] ?? Number.NaN,
    })),
  }
}

function meanOf(rows: readonly (readonly number[])[], k: number): number {
  return rows.reduce((sum, row) => sum + row[k]!, 0) / rows.length
}

/** The sums over each person's faces, and their number. */
function byPerson(
  faces: readonly Known[],
  rows: readonly (readonly number[])[],
): { sums: Float64Array[]; faces: number[] } {
  const people = new Map<string, { sums: Float64Array; faces: number }>()
  for (const [k, { subject }] of faces.entries()) {
    const person = people.get(subject) ?? { sums: new Float64Array(rows[k]!.length), faces: 0 }
    rows[k]!.forEach((value, kind) => {
      person.sums[kind]! += value
    })
    person.faces++
    people.set(subject, person)
  }
  const all = [...people.values()]
  return { sums: all.map(({ sums }) => sums), faces: all.map((person) => person.faces) }
}

function meansByPerson(faces: readonly Known[], rows: readonly (readonly number[])[]): Float64Array[] {
  const people = byPerson(faces, rows)
  return people.sums.map((sums, k) => sums.map((sum) => sum / people.faces[k]!))
}
