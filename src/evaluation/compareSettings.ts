/**
 * Whether two settings, each with several trainings, lead to networks that look at different parts, beyond these
 * particular networks. A difference counts where it is more than chance among both trainings and people would bring.
 */

import { groupBy } from '../base/groupBy.ts'
import { holm } from '../statistics/holm.ts'
import { signFlipTest } from '../statistics/permutation.ts'
import { studentBetween } from '../statistics/student.ts'
import type { ExplainedFaces } from './explainedFaces.ts'

/** A setting: networks that were trained alike except for their seeds. */
export interface Setting {
  readonly name: string
  readonly trainings: readonly ExplainedFaces[]
}

/** The parts in which two settings differ. */
export interface SettingsDifference {
  readonly a: string
  readonly b: string
  /** How many trainings each side has. */
  readonly trainings: readonly [number, number]
  readonly people: number
  /** Whether each side was trained often enough to speak of settings: at least {@link LEAST} times. */
  readonly ofSettings: boolean
  readonly parts: readonly {
    readonly part: string
    /** How much more of the positive relevance lies there for `a` than for `b`: −1 to 1. */
    readonly difference: number
    /**
     * The greater of two p-values, over people (turning the signs of their mean differences) and over trainings (Student's
     * two-sample t), adjusted over the parts by Holm's procedure; over people alone where there are too few trainings.
     */
    readonly p: number
  }[]
}

/** With fewer trainings on a side nothing can be said about settings. */
const LEAST = 3

/** Compare two settings on the faces that all their networks have explained and whose parts are known. */
export function compareSettings(a: Setting, b: Setting): SettingsDifference {
  const shares = [a, b].map(({ trainings }) => trainings.map(sharesByFace))
  const all = shares.flat()
  const [first] = all as [Map<string, FaceShares>]
  const faces = [...first.keys()].filter((face) => all.every((each) => each.has(face)))
  const parts = a.trainings[0]!.parts
  /** For each training, the mean share of each part. */
  const [meansOfA, meansOfB] = shares.map((trainings) =>
    trainings.map((each) => parts.map((_, k) => mean(faces.map((face) => each.get(face)!.shares[k]!)))),
  ) as [number[][], number[][]]
  const people = groupBy(faces, (face) => first.get(face)!.subject)
  const gapsAt = (face: string) => {
    const [ofA, ofB] = shares.map((trainings) =>
      parts.map((_, k) => mean(trainings.map((each) => each.get(face)!.shares[k]!))),
    ) as [number[], number[]]
    return ofA.map((share, k) => share - ofB[k]!)
  }
  const gaps = [...people.values()].map((own) => {
    const rows = own.map(gapsAt)
    return parts.map((_, k) => mean(rows.map((row) => row[k]!)))
  })
  const overPeople = signFlipTest(gaps, { seed: `${a.name} ${b.name}` })
  const ofSettings = [a, b].every(({ trainings }) => trainings.length >= LEAST)
  const p = parts.map((_, k) => {
    const column = (means: number[][]) => means.map((row) => row[k]!)
    const overTrainings = ofSettings ? studentBetween(column(meansOfA), column(meansOfB)) : 0
    return Math.max(overPeople[k] ?? 1, overTrainings)
  })
  const adjusted = holm(p)
  return {
    a: a.name,
    b: b.name,
    trainings: [a.trainings.length, b.trainings.length],
    people: people.size,
    ofSettings,
    parts: parts.map((part, k) => ({
      part,
      difference: mean(meansOfA.map((row) => row[k]!)) - mean(meansOfB.map((row) => row[k]!)),
      p: adjusted[k]!,
    })),
  }
}

interface FaceShares {
  readonly subject: string
  /** The share of what speaks for the answer, in each part. */
  readonly shares: readonly number[]
}

/** The shares of each face whose parts are known and whose map has something that speaks for the answer. */
function sharesByFace({ faces }: ExplainedFaces): Map<string, FaceShares> {
  return new Map(
    faces.flatMap(({ face, subject, parts }) => {
      const sum = parts?.reduce((all, { positive }) => all + positive, 0) ?? 0
      return sum === 0
        ? []
        : [[face, { subject, shares: parts!.map(({ positive }) => positive / sum) }] as const]
    }),
  )
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
