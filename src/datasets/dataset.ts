/**
 * A data set: faces with labels. Each published set has its reader in this folder, and all readers give this one shape.
 */

import { dirname, sep } from 'node:path'
import { printable } from '../base/printable.ts'
import type { Alignment } from '../faces/align.ts'
import { type Gender, OLDEST, type Task } from './task.ts'

/** One labelled face in one photo. */
export interface Face {
  /** Unique in its data set, and safe as part of a file name. */
  readonly id: string
  /** The photo file, as an absolute path. */
  readonly photo: string
  /**
   * Pictures of this face that its publishers cut out and aligned, as absolute paths, by the alignment that they count
   * as. They are used whole, made square by repeating their edge pixels.
   */
  readonly published?: Readonly<Partial<Record<Alignment, string>>>
  /**
   * The file of its 49 facial landmarks (one `x y` a line, in pixels of the photo), as an absolute path. Where there is
   * none, and no published picture of the alignment, the face is looked for in the photo.
   */
  readonly landmarks?: string
  /**
   * The picture of its true parts, as an absolute path: at each pixel of the photo the index of its part in the `PARTS`
   * of drawn faces, which alone have one.
   */
  readonly mask?: string
  /** The publishers' fold, from 0; either all faces of a data set have one, or none. */
  readonly fold?: number
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
  /** The reader's name, as in plans and on command lines. */
  readonly kind: string
  /** Its folder, or its table if it is a single table, as an absolute path. */
  readonly root: string
  /** What the publishers allow. */
  readonly licence: string
  readonly citation: string
  /** In an order that depends only on the files. */
  readonly faces: readonly Face[]
  /** How many rows or photos were read: the faces, and all that was dropped or skipped. */
  readonly read: number
  /** What was left out of the publishers' data, and why: reason → number of faces. */
  readonly dropped: Readonly<Record<string, number>>
  /** What to know about faces that were kept: remark → number of faces. */
  readonly remarks: Readonly<Record<string, number>>
  /** What is faulty and was left out, one by one. */
  readonly skipped: readonly Skipped[]
}

/** Something that could not be used: a face by its id, or a row by its file and line. */
export interface Skipped {
  readonly face: string
  readonly reason: string
}

/**
 * A message fit for a file that is passed on: paths begin at the data set's folder, so that they reveal neither where
 * it lies nor whose it is.
 *
 * @param root of the data set: its folder, or a table in it
 */
export function withoutRoot(message: string, root: string): string {
  const folders = [root, dirname(root)].filter((folder) => dirname(folder) !== folder && folder !== '.')
  return folders.reduce((rest, folder) => rest.replaceAll(`${printable(folder)}${sep}`, ''), message)
}

/** What was skipped, with messages as {@link withoutRoot} makes them. */
export function skippedBelow(skipped: readonly Skipped[], root: string): Skipped[] {
  return skipped.map(({ face, reason }) => ({
    face: withoutRoot(face, root),
    reason: withoutRoot(reason, root),
  }))
}

/** The index of a face's class in a task; undefined where the face lacks a label for it. */
export function labelOf(face: Face, task: Task): number | undefined {
  if (task === 'age') return face.age
  if (task === 'years') return face.years !== undefined && face.years <= OLDEST ? face.years : undefined
  return face.gender === undefined ? undefined : face.gender === 'm' ? 0 : 1
}

/**
 * Whether a face must be looked for in its photo to be aligned this way, because it has neither a picture nor
 * landmarks.
 */
export function mustBeFound({ published, landmarks }: Face, as: Alignment): boolean {
  return published?.[as] === undefined && landmarks === undefined
}
