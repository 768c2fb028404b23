/** What runs cost, from measurements: time, memory, disk space. */

import { CLASSES, type Task } from '../../datasets/task.ts'
import type { Schedule } from '../../training/schedule.ts'
import { type Plan, plannedFor, plannedSchedule } from '../plan.ts'
import { pictureSize } from '../preparedData.ts'
import type { Run } from '../record.ts'
import { trainedOn } from '../setting.ts'
import { perturbedPictures } from '../workload.ts'
import type { FaceCounts } from './faces.ts'
import type { Cost, Trial } from './trial.ts'

/** How much work a run is. */
export interface Work {
  readonly schedule: Schedule
  /** How many pictures are validated in all. */
  readonly validated: number
  /** How many pictures are scored by ten crops in all. */
  readonly scored: number
  readonly explained: number
  readonly profiled: number
  /** How many networks are kept on the way. */
  readonly snapshots: number
}

/** What a run costs: seconds, and bytes. */
export interface RunCost {
  readonly seconds: number
  readonly memory: number
  /** What it leaves on disk: models, metrics and maps; the rest is small. */
  readonly kept: number
  /** What it also takes on disk while it runs: checkpoints. */
  readonly meanwhile: number
}

/** How much work a run of a plan is, if people are dealt evenly and no training stops early. */
export function workOf(plan: Plan, run: Run, counts: FaceCounts): Work {
  const labelled = counts.labelled[run.task]!
  const tested = labelled / plan.folds.count
  const others = (labelled - tested) * trainedOn(run.setting).length
  const schedule = plannedSchedule(plan, run, Math.round(0.9 * others))
  const { iterations, validateEvery, snapshotEvery = Number.POSITIVE_INFINITY } = schedule
  const snapshots = Math.floor(iterations / snapshotEvery)
  return {
    schedule,
    validated: Math.ceil(iterations / validateEvery) * 0.1 * others,
    // Every kind of photos at the end, and the run's own kind at each earlier snapshot.
    scored: tested * (counts.alignments + Math.floor((iterations - 1) / snapshotEvery)),
    explained: Math.min(plan.explain.photos, tested),
    profiled: Math.min(plan.explain.profile, tested),
    snapshots,
  }
}

/** The trial that measures what a run costs. */
export function trialFor(plan: Plan, run: Run): Trial {
  const { network, input, width, task } = run
  const { batch } = plannedSchedule(plan, run, 1)
  const frozen = plannedFor(plan, run).start?.frozen
  return { network, input, width, task, batch, ...(frozen && { frozen }) }
}

/**
 * What a run costs.
 *
 * @param done how much of its training is already done, 0 to 1
 */
export function costOf(run: Run, work: Work, cost: Cost, done = 0): RunCost {
  const { schedule, validated, scored, explained, profiled, snapshots } = work
  const trained = schedule.iterations * schedule.batch
  // A validation sees one crop of ten.
  const training = trained * cost.training + validated * (cost.scoring / 10)
  // As large as they can get: noise.
  const maps = explained * (1 + mapsOf(run.task)) * 3 * run.input ** 2
  return {
    seconds:
      cost.rest +
      (1 - done) * training +
      scored * cost.scoring +
      explained * cost.explaining +
      // One map for each face; it is tested on single crops.
      profiled * (cost.explaining / mapsOf(run.task)) +
      perturbedPictures(profiled) * (cost.scoring / 10),
    memory: cost.memory,
    kept: (1 + snapshots) * cost.model + schedule.iterations * cost.metrics + maps,
    // The two that are kept, and the one that replaces the older.
    meanwhile: 3 * cost.checkpoint,
  }
}

/** Maps that are drawn for a photo. */
function mapsOf(task: Task): number {
  return task === 'years' ? 2 : CLASSES[task].length
}

/** Bytes of all aligned photos of a plan, in every size that its networks take. */
export function preparedBytes(plan: Plan, { faces, alignments }: FaceCounts): number {
  const sizes = new Set(plan.networks.map(({ input }) => pictureSize(input)))
  return [...sizes].reduce((sum, size) => sum + 3 * size ** 2 * faces * alignments, 0)
}

/**
 * Seconds until all runs are done, if each worker takes the longest remaining run whenever it is free.
 *
 * @param seconds that each run takes
 */
export function secondsWith(workers: number, seconds: readonly number[]): number {
  const busyUntil = new Array<number>(workers).fill(0)
  for (const each of [...seconds].sort((a, b) => b - a)) {
    const next = busyUntil.indexOf(Math.min(...busyUntil))
    busyUntil[next]! += each
  }
  return Math.max(...busyUntil)
}
