import type { Dataset } from '../dataset.ts'
import type { Repetition } from '../duplicates.ts'
import type { Look } from './look.ts'

/**
 * How much a finding matters: `serious` makes the figures of a study wrong or stops it; `doubtful` needs a look, and
 * may be right; a `note` is good to know.
 */
export type Severity = 'serious' | 'doubtful' | 'note'

/** What a check has found. */
export interface Finding {
  /** A name for programs, such as `copies-in-two-folds`. */
  readonly check: string
  readonly severity: Severity
  /** What is wrong, such as `the same picture in two folds`. */
  readonly title: string
  /** What to do about it. */
  readonly advice: string
  /** Whether pictures show where landmarks lie and where faces were found. */
  readonly marked?: boolean
  /** Whether its cases are pairs that a user can mark as the same picture or not. */
  readonly pairs?: boolean
  /** Where, the worst first; empty where nothing is wrong. */
  readonly cases: readonly Case[]
}

/** One place where something is wrong. */
export interface Case {
  /** The indices of the faces that it is about; empty where it is about the whole set. */
  readonly faces: readonly number[]
  readonly detail: string
}

/** All that is known about a data set when it is checked. */
export interface CheckedDataset {
  readonly dataset: Dataset
  /** The fold of each face. */
  readonly folds: readonly number[]
  /** What a look at each face showed, or the reason why its photo or landmarks cannot be used. */
  readonly looks: readonly (Look | string)[]
  readonly repetitions: readonly Repetition[]
}
