/** What the faces of a cell's profiles say, one number a face. */

import type { ProfiledFace } from '../study/profileRecord.ts'
import type { Cell } from './cells.ts'

/** What is found on a face of a profile. */
export interface Profiled {
  readonly face: string
  readonly subject: string
  readonly fold: number
  readonly value: number
  /** The class that is explained: the one that the data set gives; null of an expected age. */
  readonly explained: number | null
}

/** What is measured on a face, with the names of its parts; undefined where it cannot be. */
export type ProfileMeasure = (face: ProfiledFace, parts: readonly string[]) => number | undefined

/** What is found on each face of a cell's profiles; faces on which it cannot be are left out. */
export function profiled({ profiles }: Cell, measure: ProfileMeasure): Profiled[] {
  return profiles.flatMap(({ fold, faces, parts }) =>
    faces.flatMap((one) => {
      const value = measure(one, parts)
      const { face, subject, explained } = one
      return value === undefined ? [] : [{ face, subject, fold, value, explained }]
    }),
  )
}
