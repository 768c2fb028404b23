/** What follows from marks: which faces to leave out of a data set, and which pairs are not copies. */

import { DisjointSets } from '../../base/disjointSets.ts'
import type { Dataset, Face } from '../dataset.ts'
import { leaving } from '../without.ts'
import { ageDifference, genderDifference } from './copies.ts'
import { keyOf, type Mark } from './marks.ts'

/** The table of the faces that are left out, for a plan's `dataset.without`. */
export const LEAVE_OUT = 'leave-out.csv'

/** A face that is left out, and why. */
interface LeftOut {
  readonly face: Face
  readonly reason: string
}

/** A data set after its pairs of faces have been marked. */
export interface Settled {
  /** Without the faces that are left out. */
  readonly dataset: Dataset
  readonly leftOut: readonly LeftOut[]
  /** The pairs that are not the same picture, by their keys. */
  readonly different: ReadonlySet<string>
}

/**
 * Settle a data set by marks. Of faces marked as the same picture, the first stays; none stays where their labels
 * contradict each other, since it is unknown which is right. Marks of missing faces are ignored.
 */
export function settle(dataset: Dataset, marks: readonly Mark[]): Settled {
  const { faces } = dataset
  const places = new Map(faces.map(({ id }, k) => [id, k]))
  const groups = new DisjointSets(faces.length)
  for (const { a, b, mark } of marks) {
    const [one, other] = [places.get(a), places.get(b)]
    if (mark === 'same' && one !== undefined && other !== undefined) groups.join(one, other)
  }
  const leftOut = groups.all().flatMap((group) => leftOf(group.map((k) => faces[k]!)))
  const ids = new Set(leftOut.map(({ face }) => face.id))
  return {
    dataset: leaving(dataset, ids, `left out by ${LEAVE_OUT}`),
    leftOut,
    different: new Set(marks.filter(({ mark }) => mark === 'different').map(keyOf)),
  }
}

/** Which of several faces that are one picture to leave out. */
function leftOf(group: readonly Face[]): LeftOut[] {
  const [first, ...others] = group as [Face, ...Face[]]
  for (const [k, one] of group.entries()) {
    for (const other of group.slice(k + 1)) {
      const differing = [ageDifference(one, other), genderDifference(one, other)].filter((text) => text)
      if (differing.length === 0) continue
      const reason = `${one.id} and ${other.id} are the same picture with different labels: ${differing.join(', ')}`
      return group.map((face) => ({ face, reason }))
    }
  }
  return others.map((face) => ({ face, reason: `the same picture as ${first.id}` }))
}
