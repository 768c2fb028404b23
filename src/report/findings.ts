/** Which of the paper's findings hold in a study, and with what certainty. */

import { holm } from '../statistics/holm.ts'
import type { Interval } from '../statistics/interval.ts'
import type { Study } from './cells.ts'
import { CLAIMS, type Claim, type ClaimPart, type Unit } from './claims.ts'
import {
  type Difference,
  kindsOverTrainings,
  overMeasured,
  overPeople,
  overTrainings,
  overTwoKinds,
  type Trainings,
} from './contrast.ts'

/** `not tested`: the study has no runs that could show it. */
type Verdict = 'holds' | 'does not hold' | 'undecided' | 'not tested'

/** One of the paper's findings, and what a study says about it. */
export interface PaperFinding {
  readonly id: string
  /** What the paper found, in our words. */
  readonly claim: string
  readonly verdict: Verdict
  /** Sentences with the figures behind the verdict. */
  readonly evidence: string
  readonly parts: readonly FindingPart[]
}

/** One of the differences that a finding claims to be greater than 0. */
interface FindingPart {
  /** What is compared. */
  readonly name: string
  readonly unit: Unit
  /** The difference on the faces of all comparable cells. */
  readonly people: Difference
  /** The same, training by training. */
  readonly trainings: Trainings
  /** The greater of the two p, after Holm's correction over all parts of all findings of the study. */
  readonly pAdjusted: number
}

/** A difference counts where p is smaller. */
const LEVEL = 0.05

/**
 * The paper's findings, tested on a study's files.
 *
 * A difference is taken over all comparable cells of both tasks (age, gender) and all folds, with two questions. Would
 * **other people** show it? McNemar's test by person, on what each person's faces show in all cells together. Would
 * **other trainings** show it? Student's t of its means, one for each pair of cells and fold: the people of one test
 * are not enough, since two trainings of the same network differ too. Its p is the greater of the two, so both must be
 * small, after Holm's correction over all differences of all findings.
 *
 * A finding **holds** where p < 0.05 in the claimed direction, for each of its parts that the study has runs for; it
 * **does not hold** where p < 0.05 in the other direction for one of them; otherwise it is **undecided**, as always
 * where each side was trained only once.
 */
export function findingsOf(study: Study): PaperFinding[] {
  const tested = CLAIMS.map((claim) => ({ claim, parts: testedParts(study, claim) }))
  const adjusted = holm(
    tested.flatMap(({ parts }) => parts.filter(isRepeated).map(({ pAdjusted }) => pAdjusted)),
  )
  return tested.map(({ claim: { id, claim, needs }, parts }) => {
    const corrected = parts.map((part) =>
      isRepeated(part) ? { ...part, pAdjusted: adjusted.shift()! } : part,
    )
    return {
      id,
      claim,
      verdict: verdictOf(corrected),
      evidence: evidenceOf(corrected, needs),
      parts: corrected,
    }
  })
}

/**
 * Whether a part can have a result at all; parts that cannot are not tests, and do not count in the correction of the
 * others.
 */
function isRepeated({ trainings }: FindingPart): boolean {
  return trainings.n > 1
}

/** The parts of a claim that a study has cells for, with uncorrected p. */
function testedParts(study: Study, { id, parts }: Claim): FindingPart[] {
  return parts(study).flatMap((part) => {
    const found = differenceOf(part, `${id} ${part.name}`)
    if (!found) return []
    const pAdjusted = Math.max(found.people.p, found.trainings.p)
    return [{ name: part.name, unit: part.unit, ...found, pAdjusted }]
  })
}

/** A part's difference over people and over trainings; undefined where no cell can show it. */
function differenceOf(
  part: ClaimPart,
  seed: string,
): { people: Difference; trainings: Trainings } | undefined {
  if ('kinds' in part) {
    const kinds = part.kinds.filter(({ a, b }) => a.length > 0 && b.length > 0)
    if (kinds.length === 0) return undefined
    return { people: overTwoKinds(kinds, seed), trainings: kindsOverTrainings(kinds) }
  }
  const contrasts = part.contrasts.filter((contrast) => contrast.length > 0)
  if (contrasts.length === 0) return undefined
  const people = part.unit === 'points' ? overPeople(contrasts, seed) : overMeasured(contrasts)
  return { people, trainings: overTrainings(contrasts) }
}

function verdictOf(parts: readonly FindingPart[]): Verdict {
  if (parts.length === 0) return 'not tested'
  const sides = parts.map(({ people, pAdjusted }) => (pAdjusted < LEVEL ? Math.sign(people.difference) : 0))
  if (sides.includes(-1)) return 'does not hold'
  return sides.includes(0) ? 'undecided' : 'holds'
}

function evidenceOf(
  parts: readonly FindingPart[],
  needs = 'The study has no two runs that differ in this alone.',
): string {
  if (parts.length === 0) return needs
  return parts.map(sentenceOf).join(' ')
}

/** `[r] over [i]: +1.2 points (95 % interval +0.3 to +2.1 over people, …), greater than 0 in 5 of 6 trainings; p = 0.01.` */
function sentenceOf(part: FindingPart): string {
  const { name, unit, people, trainings, pAdjusted } = part
  const { scale, digits, word } = SHOWN[unit]
  const shown = (value: number) => signed(scale * value, digits)
  const between = ({ low, high }: Interval) => `${shown(low)} to ${shown(high)}`
  const found = `${name}: ${shown(people.difference)}${word} (95 % interval ${between(people.interval)} over people`
  if (!isRepeated(part)) {
    return `${found}); each side was trained only once, so chance in training may explain it.`
  }
  return (
    `${found}, ${between(trainings.interval)} over trainings), ` +
    `greater than 0 in ${trainings.greater} of ${trainings.n} trainings; ${pInWords(pAdjusted)}.`
  )
}

/** How values of each unit are written. */
const SHOWN: Record<Unit, { scale: number; digits: number; word: string }> = {
  points: { scale: 100, digits: 1, word: ' points' },
  picture: { scale: 100, digits: 2, word: ' % of the picture' },
  relevance: { scale: 100, digits: 1, word: ' points of what speaks for the class' },
  I: { scale: 1, digits: 3, word: '' },
  Gini: { scale: 1, digits: 3, word: '' },
}

/** `+1.2`, `−0.3`, `0.0`. */
function signed(value: number, digits: number): string {
  if (!Number.isFinite(value)) return value < 0 ? '−∞' : '+∞'
  const size = Math.abs(value).toFixed(digits)
  return Number(size) === 0 ? size : `${value < 0 ? '−' : '+'}${size}`
}

/** `p < 0.001`, `p = 0.034`, `p = 0.42`. */
function pInWords(p: number): string {
  if (p < 0.001) return 'p < 0.001'
  return `p = ${p.toFixed(p < 0.0995 ? 3 : 2)}`
}
