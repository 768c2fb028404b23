/** Runs a plan: every cell of its grid, one after the other, leaving alone what is done already. */

import { createHash } from 'node:crypto'
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { version } from '../base/version.ts'
import { countClasses } from '../datasets/classes.ts'
import type { Dataset } from '../datasets/dataset.ts'
import { readDataset } from '../datasets/readers.ts'
import { synthesize } from '../datasets/synthetic/synthesize.ts'
import type { Engine } from '../engine/engine.ts'
import { networks } from '../networks/index.ts'
import { Clock } from './clock.ts'
import { makeRun, type RunJob } from './makeRun.ts'
import { type Material, partsOf, pictureSize, prepare } from './material.ts'
import { alignmentsOf, type Plan, scheduleOf, settingOf, startOf } from './plan.ts'
import { files, type Run, readRecord, type StudyRecord, trainedOn, writeRecord } from './record.ts'
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
  await fetchStarts(plan, signal)
  const starts = digestStarts(plan)
  const sizes = [...new Set(plan.networks.map(({ input }) => pictureSize(input)))]
  const expect = (runs: readonly Run[], faces: number) => expectRuns(clock, plan, runs, faces)
  if (plan.dataset.kind === 'synthetic') expect(grid, plan.dataset.count)
  const dataset = await datasetOf(plan, out, clock, signal)
  expect(grid, dataset.faces.length)
  clock.expect('preparing', alignmentsOf(plan).length * sizes.length * dataset.faces.length, 0.01)
  const materials = new Map<number, Material>()
  for (const size of sizes) materials.set(size, await prepare(dataset, plan, size, out, clock, signal))

  // Everything that can be wrong with a run's data is found before the first of them starts.
  const jobs = grid.map((run): RunJob => {
    const material = materials.get(pictureSize(run.input))!
    return {
      plan,
      run,
      material,
      parts: partsOf(material, plan, run.task, run.fold),
      out,
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

/** Every run of a plan: for each fold and task all settings of all networks. */
function gridOf(plan: Plan): Run[] {
  return plan.folds.test.flatMap((fold) =>
    plan.tasks.flatMap((task) =>
      plan.networks.flatMap(({ name, input, width, start }) =>
        plan.preprocessing.map((preprocessing) => {
          const setting = settingOf(preprocessing, start)
          return { task, network: name, letter: networks[name].letter, input, width, setting, fold }
        }),
      ),
    ),
  )
}

async function datasetOf(plan: Plan, out: string, clock: Clock, signal: AbortSignal): Promise<Dataset> {
  if (plan.dataset.kind !== 'synthetic') return readDataset(plan.dataset.kind, plan.dataset.root)
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
function claim({ plan, run, material, parts, out }: RunJob, starts: ReadonlyMap<string, string>): boolean {
  const start = startOf(plan, run)
  const config = {
    ...run,
    folds: plan.folds.count,
    schedule: scheduleOf(plan, run, parts.train.length * trainedOn(run.setting).length),
    seed: plan.seed,
    photos: plan.explain.photos,
    data: material.digest,
    start: start && { weights: starts.get(start.weights), freshRate: start.freshRate },
  }
  const hash = createHash('sha256').update(JSON.stringify(config)).digest('hex')
  const path = files.config(out, run)
  const same = existsSync(path) && readRecord<{ hash: string }>(path).hash === hash
  if (!same) {
    rmSync(files.run(out, run), { recursive: true, force: true })
    writeRecord(path, { hash, ...config, version })
  }
  return existsSync(files.result(out, run))
}

/** Tell the clock what the runs will take: photos to train on, to score, and to explain. */
function expectRuns(clock: Clock, plan: Plan, runs: readonly Run[], faces: number): void {
  for (const { name, input, width } of plan.networks) {
    // Of any start: they go at one pace.
    const mine = runs.filter((run) => run.network === name)
    const trained = mine.reduce((sum, run) => {
      const pictures = 0.9 * faces * (1 - 1 / plan.folds.count) * trainedOn(run.setting).length
      const { iterations, batch } = scheduleOf(plan, run, pictures)
      return sum + iterations * batch
    }, 0)
    // Ten crops each of the photos, aligned in every way.
    const scored = (mine.length * faces * 10 * alignmentsOf(plan).length) / plan.folds.count
    // Seconds a photo on two cores, until they are measured: 200 a second at 112 pixels and full width.
    const guess = ((input / 112) ** 2 * width) / 200
    clock.expect(`training ${name}`, trained, guess)
    clock.expect(`scoring ${name}`, scored, guess / 3)
    clock.expect(`explaining ${name}`, mine.length * plan.explain.photos, guess * 20)
  }
}
