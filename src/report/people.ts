/** Faces grouped by person: photos of one person are answered alike, so they are not independent evidence. */

import { bootstrapMean } from '../statistics/bootstrap.ts'
import type { Interval } from '../statistics/interval.ts'

/** A value for a face. */
export interface FaceValue {
  readonly subject: string
  readonly value: number
}

/** For each person, the sum of the values of all their faces, and how many those are. */
export function peopleOf(values: Iterable<FaceValue>): { sums: number[]; faces: number[] } {
  const places = new Map<string, number>()
  const [sums, faces]: [number[], number[]] = [[], []]
  for (const { subject, value } of values) {
    const place = places.get(subject) ?? places.size
    places.set(subject, place)
    sums[place] = (sums[place] ?? 0) + value
    faces[place] = (faces[place] ?? 0) + 1
  }
  return { sums, faces }
}

/**
 * The 95 % interval of a mean over faces, such as accuracy, 1-off or an error in years, by a bootstrap of people.
 *
 * @param values of each face, such as 1 where it was answered right and 0 where not
 */
export function intervalOf(values: Iterable<FaceValue>, seed: string): Interval {
  const { sums, faces } = peopleOf(values)
  return bootstrapMean(sums, faces, { seed })
}
