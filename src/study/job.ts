/** A run, what it is made from, and what it is made with. */

import { labelOf } from '../datasets/dataset.ts'
import type { Repeated, Split } from '../datasets/folds.ts'
import type { Engine } from '../engine/engine.ts'
import type { Schedule } from '../training/schedule.ts'
import type { Clock } from './clock.ts'
import type { PreparedData } from './preparedData.ts'
import type { PretrainedWeights } from './pretrained.ts'
import type { Run } from './record.ts'
import { bracketed } from './setting.ts'

/** A run, and what it is made from. */
export interface RunJob {
  readonly run: Run
  readonly schedule: Schedule
  /** Trained weights to start from; by default random ones. */
  readonly start?: PretrainedWeights
  readonly seed: string | number
  /** How many folds the people are dealt into. */
  readonly folds: number
  /** Where photos that occur more than once go. */
  readonly repeated?: Repeated
  /** How many photos of the test part to explain. */
  readonly explained: number
  /** How many faces of the test part to explain for the profile. */
  readonly profiled: number
  /** Whether to keep the probabilities of every crop of the test photos. */
  readonly crops?: boolean
  readonly data: PreparedData
  /** The faces of each part that have a label for the task. */
  readonly split: Split
  /** The run's own folder. */
  readonly folder: string
  /** The name of the data set. */
  readonly dataset: string
}

/** What a run is made with. */
export interface RunContext {
  readonly engine: Engine
  readonly clock: Clock
  readonly signal: AbortSignal
}

/** The name of a run in the progress line: `gender G [m] fold 0`. */
export function labelFor({ task, letter, setting, fold }: Run): string {
  return `${task} ${letter} ${bracketed(setting)} fold ${fold}`
}

/** The class of a face in a part of the split, which holds only faces with a label for the task. */
export function labelIn({ faces }: PreparedData, { task }: Run, k: number): number {
  return labelOf(faces[k]!, task)!
}
