/** One number for each face of a cell's profiles. */

import type { ProfiledFace } from '../study/profileRecord.ts'
import type { Cell } from './cells.ts'

/** A value for a face of a profile. */
export interface Profiled {
  readonly face: string
  readonly subject: string
  readonly fold: number
  readonly value: number
  /** The explained class, which is the labelled one; null for an expected age. */
  readonly explained: number | null
}

/** A measure of a face, given the names of its parts; undefined where it cannot be measured. */
export type ProfileMeasure = (face: ProfiledFace, parts: readonly string[]) => number | undefined

/** The measure of each face in a cell's profiles; faces where it cannot be measured are left out. */
export function profiled({ profiles }: Cell, measure: ProfileMeasure): Profiled[] {
  return profiles.flatMap(({ fold, faces, parts }) =>
    faces.flatMap((one) => {
      const value = measure(one, parts)
      const { face, subject, explained } = one
      return value === undefined ? [] : [{ face, subject, fold, value, explained }]
    }),
  )
}
