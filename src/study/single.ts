/** A single network trained as a run of a study, in a folder of its own. */

import { existsSync } from 'node:fs'
import { UserError } from '../base/errors.ts'
import { Lock } from '../base/lock.ts'
import type { Dataset, Face } from '../datasets/dataset.ts'
import type { Task } from '../datasets/task.ts'
import { type NetworkName, networks } from '../networks/index.ts'
import type { Schedule } from '../training/schedule.ts'
import { configOf, differences, meansIn, readConfig, writeConfig } from './config.ts'
import { engineFor } from './engineFor.ts'
import type { RunContext, RunJob } from './job.ts'
import { makeRun } from './makeRun.ts'
import {
  hiddenParts,
  type Plan,
  requireSteps,
  type ScheduleOverrides,
  scheduleOf,
  settingOf,
} from './plan.ts'
import { type PreparedData, pictureSize, prepare, requireTrainable, splitFor } from './preparedData.ts'
import type { PretrainedWeights } from './pretrained.ts'
import { type Run, type RunRecord, readRunRecord, runFiles } from './record.ts'
import { type TrainingPhotos, trainedOn } from './setting.ts'
import { digestStarts, fetchStarts } from './startingWeights.ts'
import { stateOf } from './state.ts'
import { sumsIn } from './sums.ts'
import { ALIGNING_SECONDS, expectRuns } from './workload.ts'

/** What to train, and how. */
export interface TrainingSpec {
  readonly task: Task
  readonly network: NetworkName
  /** Side of the square crop that the network sees, in pixels. */
  readonly input: number
  /** Fraction of the channels of the published network. */
  readonly width: number
  readonly photos: TrainingPhotos
  readonly start?: PretrainedWeights
  /** The fold of people that is kept for testing, counted from 0, and the number of folds. */
  readonly fold: number
  readonly folds: number
  readonly seed: string | number
  readonly schedule: Plan['schedule']
  /** Fields that override the schedule's. */
  readonly overrides: ScheduleOverrides
}

/** Where to train. */
export interface Place {
  /** The run's folder. */
  readonly folder: string
  /** Where aligned photos are kept; several runs may share one. */
  readonly aligned: string
  /** Whether the folder may already hold this run, which then continues. */
  readonly resume: boolean
}

/** A finished run. */
export interface FinishedRun {
  readonly record: RunRecord
  /** Whether it was already finished. */
  readonly kept: boolean
  /** One of its test faces. */
  readonly tested: Face
  /** Photos that could not be used. */
  readonly skipped: PreparedData['skipped']
}

/** The run that is asked for. */
export function runOf({ task, network, input, width, photos, start, fold }: TrainingSpec): Run {
  const setting = settingOf(photos, start)
  return { task, network, letter: networks[network].letter, input, width, setting, fold }
}

/**
 * @throws UserError when a folder cannot be trained in: it already holds a run that is not to be resumed, or someone
 *   else's model
 */
export function requirePlace({ folder, resume }: Place): void {
  const [begun, finished] = [runFiles.config(folder), sumsIn(folder)].map(existsSync)
  if (begun && !resume) {
    throw new UserError(
      `already holds a run, which is ${finished ? 'finished' : 'not finished'}`,
      folder,
      'Resume it with --resume, or choose another folder with --out',
    )
  }
  if (!begun && existsSync(runFiles.model(folder))) {
    throw new UserError(
      'holds a model, which would be overwritten',
      folder,
      'Choose another folder with --out',
    )
  }
}

/**
 * Train a network and score it on the photos of its test fold.
 *
 * @throws UserError when the folder holds another run, the data cannot be read, a class is empty, or a file cannot be
 *   written; the signal's reason when the signal stops it
 */
export async function trainSingle(
  spec: TrainingSpec,
  dataset: Dataset,
  place: Place,
  context: RunContext,
): Promise<FinishedRun> {
  requirePlace(place)
  const lock = Lock.take(runFiles.lock(place.folder), 'the run', place.folder)
  try {
    return await trainLocked(spec, dataset, place, context)
  } finally {
    lock.release()
  }
}

async function trainLocked(
  spec: TrainingSpec,
  dataset: Dataset,
  { folder, ...place }: Place,
  context: RunContext,
): Promise<FinishedRun> {
  await fetchStarts([spec.start], context.signal)
  const starts = await digestStarts([spec.start])
  const job = await jobFor(spec, dataset, { folder, ...place }, context)
  const { faces, skipped } = job.data
  const rest = { tested: faces[job.split.test[0]!]!, skipped }

  const [before, now] = [readConfig(folder), configOf(job, starts)]
  if (before && before.hash !== now.hash) {
    throw new UserError(
      `holds another run: ${differences(before, now).join(', ')}`,
      folder,
      'Give the settings that it was begun with, or choose another folder with --out',
    )
  }
  const state = stateOf(folder, now)
  if (state.kind === 'damaged') {
    throw new UserError(`is damaged: ${state.reason}`, folder, 'Remove it and train again')
  }
  if (state.kind === 'finished') {
    return { record: readRunRecord(folder), kept: true, ...rest }
  }
  if (!before) writeConfig(folder, now, context.engine)
  const engine = await engineFor(folder, meansIn(folder, context.engine), context.engine)
  return { record: await makeRun(job, { ...context, engine }), kept: false, ...rest }
}

/** Prepare the photos, and announce the work to the clock. */
async function jobFor(
  spec: TrainingSpec,
  dataset: Dataset,
  place: Place,
  context: RunContext,
): Promise<RunJob> {
  const { task, fold, folds, seed, start, overrides } = spec
  const { clock } = context
  const run = runOf(spec)
  const alignments = trainedOn(run.setting)
  const scheduleFor = (faces: number) => scheduleOf(spec, run, faces * alignments.length, overrides)
  const expect = (schedule: Schedule, faces: number) =>
    expectRuns(clock, [{ run, schedule, scored: faces * alignments.length, explained: 0, profiled: 0 }])

  // An estimate, until the faces are dealt.
  const all = dataset.faces.length
  clock.expect('preparing', alignments.length * all, ALIGNING_SECONDS)
  expect(scheduleFor(0.9 * all * (1 - 1 / folds)), all / folds)
  const hidden = hiddenParts(spec.schedule)
  const preparation = {
    size: pictureSize(spec.input),
    alignments,
    folds,
    seed,
    hidden,
    folder: place.aligned,
  }
  requireTrainable(dataset.faces, { tasks: [task], seed, folds: { count: folds, test: [fold] } })
  const data = await prepare(dataset, preparation, context)
  const split = splitFor(data, seed, task, fold)
  const schedule = scheduleFor(split.train.length)
  requireSteps(schedule, run)
  expect(schedule, split.test.length)
  const made = { data, split, folder: place.folder, dataset: dataset.kind }
  return { run, schedule, start, seed, folds, explained: 0, profiled: 0, ...made }
}
