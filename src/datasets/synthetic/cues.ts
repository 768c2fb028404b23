/**
 * The cues: all that a drawn face shows of its labels. Whatever is not in this table carries no label.
 *
 * A cue is a number between 0 and 1 that changes the pixels of its own parts and no others. Where a face has the
 * cue, the number is drawn around the level of the face's class; where it does not, around a level that is
 * the same for all classes.
 */

import type { Task } from '../task.ts'

/** The tasks whose labels drawn faces have: they belong to an age group, not an age in years. */
export type DrawnTask = Exclude<Task, 'years'>

import type { Part } from './parts.ts'

interface Cue {
  readonly task: DrawnTask
  /** The parts whose drawing it changes. */
  readonly parts: readonly Part[]
  /** Its mean for each class of the task. */
  readonly levels: readonly number[]
  /** Its mean in a face without the cue. */
  readonly neutral: number
  /** Its standard deviation, with or without the cue. */
  readonly spread: number
  /** The share of people who have the cue. */
  readonly presence: number
}

export const CUES = {
  /** Large, round, open eyes in a child; narrow ones in age. */
  eye_size: cue('age', ['eyes'], [1, 0.84, 0.68, 0.53, 0.4, 0.28, 0.15, 0], 0.45, 0.06, 0.9),
  /** From the mouth to the chin. */
  jaw_length: cue('age', ['jaw'], [0, 0.17, 0.36, 0.55, 0.7, 0.82, 0.92, 1], 0.6, 0.06, 0.9),
  nose_length: cue('age', ['nose'], [0, 0.17, 0.36, 0.55, 0.68, 0.78, 0.88, 1], 0.6, 0.06, 0.85),
  /** Full and rosy cheeks, on the outline too. */
  cheek_fullness: cue('age', ['cheeks'], [1, 0.82, 0.6, 0.38, 0.26, 0.18, 0.1, 0], 0.35, 0.07, 0.85),
  nasolabial_folds: cue('age', ['cheeks'], [0, 0, 0.04, 0.14, 0.34, 0.58, 0.8, 1], 0.1, 0.06, 0.85),
  forehead_lines: cue('age', ['forehead'], [0, 0, 0, 0.06, 0.24, 0.5, 0.76, 1], 0.05, 0.06, 0.85),
  /** Crow's feet and bags under the eyes. */
  eye_lines: cue('age', ['around_eyes'], [0, 0, 0.03, 0.08, 0.28, 0.54, 0.78, 1], 0.08, 0.06, 0.85),
  /** Faint brows in a small child, full ones in an adult, grey ones in age. */
  brow_colour: cue('age', ['brows'], [0, 0.2, 0.38, 0.52, 0.6, 0.68, 0.8, 1], 0.55, 0.07, 0.8),
  /** How far up the forehead the hair begins: high in a baby, low in youth, receding in age. */
  hair_line: cue('age', ['hair', 'forehead'], [1, 0.5, 0.18, 0.05, 0.18, 0.4, 0.62, 0.85], 0.3, 0.07, 0.8),
  grey_hair: cue('age', ['hair'], [0, 0, 0, 0, 0.06, 0.28, 0.6, 0.95], 0.05, 0.12, 0.7),

  /** Thick and straight, or thin and arched. */
  brow_thickness: cue('gender', ['brows'], [0.8, 0.2], 0.5, 0.14, 0.85),
  lashes: cue('gender', ['eyes'], [0.1, 0.8], 0.4, 0.16, 0.8),
  /** Full and red, or narrow and pale. */
  lip_fullness: cue('gender', ['mouth'], [0.2, 0.8], 0.5, 0.16, 0.85),
  /** Broad and angular, or tapering. */
  jaw_squareness: cue('gender', ['jaw'], [0.8, 0.2], 0.5, 0.16, 0.8),
  neck_width: cue('gender', ['neck'], [0.75, 0.25], 0.5, 0.2, 0.6),
  hair_length: cue('gender', ['hair'], [0.2, 0.75], 0.4, 0.22, 0.6),
} satisfies Record<string, Cue>

/** The name of a cue. */
export type CueName = keyof typeof CUES

/** For some tasks, the only cues that show them. */
export type OnlyCues = Readonly<Partial<Record<DrawnTask, readonly CueName[]>>>

/** All cues, in the order of the table. */
export const CUE_NAMES = Object.keys(CUES) as CueName[]

function cue(
  task: DrawnTask,
  parts: readonly Part[],
  levels: readonly number[],
  neutral: number,
  spread: number,
  presence: number,
): Cue {
  return { task, parts, levels, neutral, spread, presence }
}
