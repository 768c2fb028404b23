/**
 * A data set: faces with labels. Each published set has a reader of its own in this folder, and all of them
 * give this one shape.
 */

import type { Gender, Task } from './task.ts'

/** One labelled face in one photo. */
export interface Face {
  /** Unique in its data set, and safe as part of a file name. */
  readonly id: string
  /** The photo file, as an absolute path. */
  readonly photo: string
  /**
   * The file of its 49 facial landmarks (one `x y` a line, in pixels of the photo), as an absolute path;
   * absent where the photos are cut out and upright already, so that they can be used as `r` but not as `i`.
   */
  readonly landmarks?: string
  /** Who it is: faces with the same subject must never be on both sides of a split. */
  readonly subject: string
  /** The index of the age group; absent where the age lies between the groups or is not given. */
  readonly age?: number
  /** Age in whole years, where the reader gives it. */
  readonly years?: number
  readonly gender?: Gender
}

/** A data set as its reader found it. */
export interface Dataset {
  /** The reader's name: `aaf`, `imdb-wiki`, `synthetic`. */
  readonly kind: string
  readonly root: string
  /** What the publishers allow. */
  readonly licence: string
  readonly citation: string
  readonly faces: readonly Face[]
  /** What was left out, and why: reason → number of faces. */
  readonly dropped: Readonly<Record<string, number>>
}

/** The index of a face's class in a task; undefined where the face has no label for it. */
export function labelOf(face: Face, task: Task): number | undefined {
  if (task === 'age') return face.age
  return face.gender === undefined ? undefined : face.gender === 'm' ? 0 : 1
}
