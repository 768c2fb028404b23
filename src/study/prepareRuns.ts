/** What must be done before runs can be made: fetch weights, read the data set, align its photos, deal the faces. */

import { join } from 'node:path'
import type { Dataset } from '../datasets/dataset.ts'
import { readDataset } from '../datasets/readers.ts'
import { synthesize } from '../datasets/synthetic/synthesize.ts'
import type { Clock } from './clock.ts'
import { configOf, type RunConfig } from './config.ts'
import type { RunJob } from './job.ts'
import { alignmentsOf, hiddenParts, type Plan, plannedFor, plannedSchedule, requireSteps } from './plan.ts'
import { type PreparedData, pictureSize, prepare, requireTrainable, splitFor } from './preparedData.ts'
import { files, type Run } from './record.ts'
import { trainedOn } from './setting.ts'
import { digestStarts, fetchStarts } from './startingWeights.ts'
import { cachedPath } from './weightsCache.ts'
import { ALIGNING_SECONDS, type ExpectedRun, expectRuns } from './workload.ts'

/** A run with all that it is made from, and its configuration. */
export interface PreparedRun {
  readonly job: RunJob
  readonly config: RunConfig
}

/** Runs of a study, and the data that they are made from. */
export interface PreparedStudy {
  readonly dataset: Dataset
  readonly runs: readonly PreparedRun[]
  /** The photos in one size; all runs have the same faces. */
  readonly data: PreparedData
}

/**
 * Prepare some runs of a plan. Anything wrong with their data is found here.
 *
 * @param out the study's folder
 * @throws UserError when the data cannot be read, a class is empty, or a file cannot be written; the signal's reason,
 *   when that stops it
 */
export async function prepareRuns(
  plan: Plan,
  out: string,
  runs: readonly Run[],
  { clock, signal }: { clock: Clock; signal: AbortSignal },
): Promise<PreparedStudy> {
  const planned = runs.map((run) => startFor(plan, run))
  await fetchStarts(planned, signal)
  const starts = await digestStarts(planned)
  const sizes = [...new Set(runs.map(({ input }) => pictureSize(input)))]
  // Tested on both kinds of photos, until the faces are known.
  if (plan.dataset.kind === 'synthetic') expectAll(clock, plan, runs, plan.dataset.count, 2)
  const dataset = await datasetOf(plan, out, clock, signal)
  requireTrainable(dataset.faces, plan)
  const alignments = alignmentsOf(plan, dataset.faces)
  expectAll(clock, plan, runs, dataset.faces.length, alignments.length)
  clock.expect('preparing', alignments.length * sizes.length * dataset.faces.length, ALIGNING_SECONDS)

  const { seed } = plan
  const { count: folds, repeated } = plan.folds
  const hidden = hiddenParts(plan.schedule)
  const common = { alignments, folds, seed, repeated, hidden, folder: join(out, 'data') }
  const prepared = new Map<number, PreparedData>()
  for (const size of sizes) prepared.set(size, await prepare(dataset, { size, ...common }, { clock, signal }))
  const ready = runs.map((run): PreparedRun => {
    const data = prepared.get(pictureSize(run.input))!
    const split = splitFor(data, seed, run.task, run.fold)
    const schedule = plannedSchedule(plan, run, split.train.length * trainedOn(run.setting).length)
    requireSteps(schedule, run)
    const job: RunJob = {
      run,
      schedule,
      start: startFor(plan, run),
      seed,
      folds,
      repeated,
      explained: plan.explain.photos,
      profiled: plan.explain.profile,
      crops: plan.crops,
      data,
      split,
      folder: files.run(out, run),
      dataset: dataset.kind,
    }
    return { job, config: configOf(job, starts) }
  })
  return { dataset, runs: ready, data: ready[0]!.job.data }
}

/** The work expected of a plan's runs, while only the number of faces is known. */
export function expectedRuns(
  plan: Plan,
  runs: readonly Run[],
  faces: number,
  alignments: number,
): ExpectedRun[] {
  return runs.map((run) => {
    const pictures = 0.9 * faces * (1 - 1 / plan.folds.count) * trainedOn(run.setting).length
    const schedule = plannedSchedule(plan, run, pictures)
    const scored = (alignments * faces) / plan.folds.count
    return { run, schedule, scored, explained: plan.explain.photos, profiled: plan.explain.profile }
  })
}

function expectAll(clock: Clock, plan: Plan, runs: readonly Run[], faces: number, alignments: number): void {
  expectRuns(clock, expectedRuns(plan, runs, faces, alignments))
}

/** Published weights lie in each machine's own cache, wherever the plan was read from. */
function startFor(plan: Plan, run: Run) {
  const { start } = plannedFor(plan, run)
  return start?.published ? { ...start, weights: cachedPath(start.published) } : start
}

async function datasetOf(plan: Plan, out: string, clock: Clock, signal: AbortSignal): Promise<Dataset> {
  if (plan.dataset.kind !== 'synthetic') {
    const { kind, root, ...options } = plan.dataset
    return readDataset(kind, root, options)
  }
  const { count, seed, only, mark, without } = plan.dataset
  const planted = [only && `-only-${only}`, mark && `-mark-${mark.gender}-${mark.probability}`].join('')
  const name = `synthetic-${count}-${encodeURIComponent(seed)}${planted}`
  const root = plan.dataset.root ?? join(out, 'data', name)
  clock.expect('drawing', count, 0.02)
  await clock.stage('drawing', count, (tell) =>
    synthesize(root, { count, seed, only, mark }, (done) => {
      signal.throwIfAborted()
      tell(done, `drawing faces ${done}/${count}`)
    }),
  )
  return readDataset('synthetic', root, { without })
}
