/** Runs a plan: every cell of its grid, one after the other, leaving alone what is done already. */

import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { version } from '../base/version.ts'
import { countClasses } from '../datasets/classes.ts'
import type { Dataset } from '../datasets/dataset.ts'
import { readDataset } from '../datasets/readers.ts'
import { synthesize } from '../datasets/synthetic/synthesize.ts'
import type { Engine } from '../engine/engine.ts'
import { Clock } from './clock.ts'
import { configOf, readConfig, writeConfig } from './config.ts'
import { type ExpectedRun, expectRuns, PREPARING } from './expect.ts'
import { gridOf } from './grid.ts'
import { makeRun, type RunJob } from './makeRun.ts'
import { type Material, partsOf, pictureSize, prepare } from './material.ts'
import { alignmentsOf, type Plan, plannedFor, plannedSchedule } from './plan.ts'
import { files, type Run, runFiles, type StudyRecord, trainedOn, writeRecord } from './record.ts'
import { digestStarts, fetchStarts } from './start.ts'

/** What came of running a study. */
export interface Outcome {
  /** False when it was stopped by its signal. */
  readonly finished: boolean
  /** Runs that were made now. */
  readonly made: number
  /** Runs that were kept from before. */
  readonly kept: number
  /** Photos that could not be used. */
  readonly skipped: Material['skipped']
}

/**
 * Run a plan into a folder. A run that is finished is kept while its part of the plan and its data are the
 * same; one that was stopped goes on from its checkpoint.
 *
 * @param out the study's folder; made where it is not there
 * @throws UserError when the data cannot be read, a class is empty, or a file cannot be written
 */
export async function runStudy(
  plan: Plan,
  out: string,
  { engine, signal }: { engine: Engine; signal: AbortSignal },
): Promise<Outcome> {
  const clock = new Clock(plan.name)
  try {
    return await runGrid(plan, out, engine, clock, signal)
  } catch (error) {
    if (signal.aborted && error === signal.reason) return { finished: false, made: 0, kept: 0, skipped: [] }
    throw error
  } finally {
    clock.finish()
  }
}

async function runGrid(
  plan: Plan,
  out: string,
  engine: Engine,
  clock: Clock,
  signal: AbortSignal,
): Promise<Outcome> {
  const grid = gridOf(plan)
  const planned = plan.networks.map(({ start }) => start)
  await fetchStarts(planned, signal)
  const starts = digestStarts(planned)
  const sizes = [...new Set(plan.networks.map(({ input }) => pictureSize(input)))]
  // Tested on both kinds of photos, until the faces are known.
  let kinds = 2
  const expect = (runs: readonly Run[], faces: number) =>
    expectRuns(
      clock,
      runs.map((run) => expectedOf(plan, run, faces, kinds)),
    )
  if (plan.dataset.kind === 'synthetic') expect(grid, plan.dataset.count)
  const dataset = await datasetOf(plan, out, clock, signal)
  const alignments = alignmentsOf(plan, dataset.faces)
  kinds = alignments.length
  expect(grid, dataset.faces.length)
  clock.expect('preparing', alignments.length * sizes.length * dataset.faces.length, PREPARING)

  const { seed } = plan
  const { count: folds, repeated } = plan.folds
  const common = { alignments, folds, seed, repeated, folder: join(out, 'data') }
  const materials = new Map<number, Material>()
  for (const size of sizes)
    materials.set(size, await prepare(dataset, { size, ...common }, { clock, signal }))
  // Everything that can be wrong with a run's data is found before the first of them starts.
  const jobs = grid.map((run): RunJob => {
    const material = materials.get(pictureSize(run.input))!
    const parts = partsOf(material, seed, run.task, run.fold)
    return {
      run,
      schedule: plannedSchedule(plan, run, parts.train.length * trainedOn(run.setting).length),
      start: plannedFor(plan, run).start,
      seed,
      folds,
      repeated,
      photos: plan.explain.photos,
      material,
      parts,
      folder: files.run(out, run),
      dataset: dataset.kind,
    }
  })
  writeRecord(files.study(out), studyRecord(plan, dataset, grid, jobs[0]!.material))
  const open = jobs.filter((job) => !claim(job, starts))
  expect(
    open.map(({ run }) => run),
    dataset.faces.length,
  )
  for (const job of open) {
    signal.throwIfAborted()
    await makeRun(job, { engine, clock, signal })
  }
  const { skipped } = jobs[0]!.material
  return { finished: true, made: open.length, kept: jobs.length - open.length, skipped }
}

async function datasetOf(plan: Plan, out: string, clock: Clock, signal: AbortSignal): Promise<Dataset> {
  if (plan.dataset.kind !== 'synthetic') {
    const { kind, root, ...options } = plan.dataset
    return readDataset(kind, root, options)
  }
  const { count, seed } = plan.dataset
  const root = plan.dataset.root ?? join(out, 'data', `synthetic-${count}-${encodeURIComponent(seed)}`)
  clock.expect('drawing', count, 0.02)
  await clock.stage('drawing', count, (tell) =>
    synthesize(root, { count, seed }, (done) => {
      signal.throwIfAborted()
      tell(done, `drawing faces ${done}/${count}`)
    }),
  )
  return readDataset('synthetic', root)
}

function studyRecord(plan: Plan, dataset: Dataset, runs: readonly Run[], material: Material): StudyRecord {
  const { faces, skipped } = material
  const all = [...faces.keys()]
  return {
    name: plan.name,
    version,
    seed: plan.seed,
    dataset: {
      kind: dataset.kind,
      licence: dataset.licence,
      citation: dataset.citation,
      faces: faces.length,
      subjects: new Set(faces.map(({ subject }) => subject)).size,
      classes: Object.fromEntries(plan.tasks.map((task) => [task, countClasses(faces, all, task)])),
      dropped: dataset.dropped,
      remarks: dataset.remarks,
      skipped,
    },
    folds: plan.folds,
    runs,
  }
}

/**
 * Make a run's folder its own: what was made with another plan or other data is removed, what was made with
 * the same is kept.
 *
 * @param starts a hash of each file of weights to start from
 * @returns whether the run is finished
 */
function claim(job: RunJob, starts: ReadonlyMap<string, string>): boolean {
  const { folder } = job
  const config = configOf(job, starts)
  if (readConfig(folder)?.hash !== config.hash) {
    rmSync(folder, { recursive: true, force: true })
    writeConfig(folder, config)
  }
  return existsSync(runFiles.result(folder))
}

/** About what a run of a plan will be, before its data is known. */
function expectedOf(plan: Plan, run: Run, faces: number, kinds: number): ExpectedRun {
  const pictures = 0.9 * faces * (1 - 1 / plan.folds.count) * trainedOn(run.setting).length
  const schedule = plannedSchedule(plan, run, pictures)
  const scored = (kinds * faces) / plan.folds.count
  return { run, schedule, scored, explained: plan.explain.photos }
}
