/** Runs a plan: every cell of its grid that is not yet finished. */

import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { relative } from 'node:path'
import { Lock } from '../base/lock.ts'
import { version } from '../base/version.ts'
import { countClasses } from '../datasets/classes.ts'
import { skippedBelow } from '../datasets/dataset.ts'
import type { NodeDevice } from '../engine/node.ts'
import { startOverlap } from '../evaluation/seen.ts'
import { clockLine } from './clock.ts'
import { type FailedRun, runLocally } from './execution/local.ts'
import type { RunQueue } from './execution/queue.ts'
import type { RunRequest } from './execution/request.ts'
import type { Store } from './execution/store.ts'
import { StudyProgress } from './execution/studyProgress.ts'
import { gridOf } from './grid.ts'
import { NoticeBoard } from './notices.ts'
import { writePairs } from './pairs.ts'
import type { Plan } from './plan.ts'
import type { PreparedData } from './preparedData.ts'
import { expectedRuns, type PreparedRun, type PreparedStudy, prepareRuns } from './prepareRuns.ts'
import { files, type Run, runName, type StudyRecord, writeStudyRecord } from './record.ts'
import { startMismatch } from './startingWeights.ts'
import { stateOf } from './state.ts'
import { damageOf, sumsIn } from './sums.ts'
import { roughSeconds } from './workload.ts'

/** How to run a study. */
export interface StudyOptions {
  /** How many runs to make at a time; by default 1. */
  readonly jobs?: number
  /** Threads of each run; by default all cores, divided among the jobs. */
  readonly threads?: number
  /** Where each run's networks run; by default the CPU. */
  readonly device?: NodeDevice
  /** The address of Redis, where workers make the runs. */
  readonly queue?: string
  /** Where runs are also kept: `s3://bucket/prefix`. */
  readonly store?: string
  /** The priority in the queue: 1 goes before 2. */
  readonly priority?: number
  /** Called with what is doubtful about the study, before its runs begin. */
  readonly warn?: (sentence: string) => void
  /** Stops the study; its runs write checkpoints first. */
  readonly signal: AbortSignal
}

/** The outcome of running a study. */
export interface Outcome {
  /** How many runs were made now. */
  readonly made: number
  /** How many runs were kept from before. */
  readonly kept: number
  /** Runs that could not be made. */
  readonly failed: readonly FailedRun[]
  /** Photos that could not be used. */
  readonly skipped: PreparedData['skipped']
}

/**
 * Run a plan into a folder. A finished run is kept as long as its part of the plan and its data are the same; a stopped
 * one continues from its checkpoint; one that fails is set aside.
 *
 * @param out the study's folder; made where it is not there
 * @throws UserError when Redis or the store does not answer, another process runs a study there, the
 *   data cannot be read, a class is empty, or a file cannot be written; the signal's reason, when that stops it
 */
export async function runStudy(plan: Plan, out: string, options: StudyOptions): Promise<Outcome> {
  // What is wrong with these is said before anything is begun. Their clients are large, and most studies need none.
  const { signal } = options
  const store =
    options.store === undefined ? undefined : new (await storeClient()).Store(options.store, { signal })
  await store?.mustAnswer()
  const queue = options.queue === undefined ? undefined : await (await queueClient()).openQueue(options.queue)
  try {
    const lock = Lock.take(files.lock(out), 'the study')
    try {
      const board = new NoticeBoard(out)
      try {
        return await runGrid(plan, out, options, { queue, store, board })
      } finally {
        board.close()
      }
    } finally {
      lock.release()
    }
  } finally {
    if (queue) await (await queueClient()).closeQueue(queue)
  }
}

const queueClient = () => import('./execution/queue.ts')
const storeClient = () => import('./execution/store.ts')

/** Where runs are made and kept, if not only here, and where their states are written. */
interface Around {
  readonly queue?: RunQueue
  readonly store?: Store
  readonly board: NoticeBoard
}

async function runGrid(plan: Plan, out: string, options: StudyOptions, around: Around): Promise<Outcome> {
  const started = performance.now()
  const { jobs = 1, store, device, signal } = options
  const { threads = Math.max(1, Math.floor(availableParallelism() / jobs)) } = options
  const { prepared, percent } = await prepareAll(plan, out, signal)
  const { runs, data } = prepared
  for (const doubt of doubtsOf(prepared)) options.warn?.(doubt)
  writeStudyRecord(out, studyRecord(plan, out, prepared))
  await writePairs(out, data, plan.folds.test)
  const open = runs.filter(({ job, config }) => stateOf(job.folder, config).kind !== 'finished')
  const rough = roughly(plan, open, prepared)
  // Where several are made at a time, a long one must not come last.
  const several = jobs > 1 || options.queue !== undefined
  if (several) open.sort((a, b) => rough.get(b.job.run)! - rough.get(a.job.run)!)
  const progress = new StudyProgress(
    plan.name,
    open.map(({ job: { run } }) => ({ name: runName(run), rough: rough.get(run)! })),
    { several, kept: runs.length - open.length, started, percent },
  )
  const requests = open.map(
    ({ job, config: { hash } }): RunRequest => ({ plan, run: job.run, hash, out, store, threads, device }),
  )
  const failed = await make(requests, progress, options, around)
  progress.finish()
  signal.throwIfAborted()
  return {
    made: open.length - failed.length,
    kept: runs.length - open.length,
    failed,
    skipped: data.skipped,
  }
}

/**
 * Starting networks that have seen faces that the networks trained from them are tested on, or that saw their pictures in
 * another form.
 */
function doubtsOf({ runs, data: { faces } }: PreparedStudy): string[] {
  const tested = new Map<string, Set<number>>()
  const mismatches = new Set<string>()
  for (const { job } of runs) {
    const { start, split } = job
    if (!start) continue
    tested.set(start.weights, new Set([...(tested.get(start.weights) ?? []), ...split.test]))
    const mismatch = startMismatch(start)
    if (mismatch) mismatches.add(mismatch)
  }
  const overlaps = [...tested].flatMap(
    ([start, own]) =>
      startOverlap(
        start,
        [...own].map((k) => faces[k]!),
      ) ?? [],
  )
  return [...mismatches, ...overlaps]
}

async function make(
  requests: readonly RunRequest[],
  progress: StudyProgress,
  { jobs = 1, priority = 1, signal }: StudyOptions,
  { queue, store, board }: Around,
): Promise<FailedRun[]> {
  if (!queue) return runLocally(requests, { jobs, progress, board, signal })
  const { runOnQueue } = await queueClient()
  return runOnQueue(queue, requests, {
    progress,
    board,
    signal,
    priority,
    async collect({ run, out, hash }) {
      const folder = files.run(out, run)
      await store?.fetch(runName(run), folder, hash)
      return existsSync(sumsIn(folder)) && damageOf(folder) === undefined
    },
  })
}

/** What the runs need. */
/** @returns also the percent of the study that were shown meanwhile */
async function prepareAll(
  plan: Plan,
  out: string,
  signal: AbortSignal,
): Promise<{ prepared: PreparedStudy; percent: number }> {
  const line = clockLine(plan.name)
  try {
    const prepared = await prepareRuns(plan, out, gridOf(plan), { clock: line.clock, signal })
    return { prepared, percent: line.percent() }
  } finally {
    line.finish()
  }
}

/** What each run takes, in seconds up to a common factor. */
function roughly(plan: Plan, runs: readonly PreparedRun[], { data }: PreparedStudy): Map<Run, number> {
  const all = runs.map(({ job: { run } }) => run)
  const alignments = Object.keys(data.pictures).length
  const expected = expectedRuns(plan, all, data.faces.length, alignments)
  return new Map(expected.map((each) => [each.run, roughSeconds(each)]))
}

function studyRecord(plan: Plan, out: string, { dataset, runs, data }: PreparedStudy): StudyRecord {
  const { faces, skipped } = data
  const all = [...faces.keys()]
  return {
    name: plan.name,
    version,
    seed: plan.seed,
    dataset: {
      kind: dataset.kind,
      root: relative(out, dataset.root),
      licence: dataset.licence,
      citation: dataset.citation,
      faces: faces.length,
      subjects: new Set(faces.map(({ subject }) => subject)).size,
      classes: Object.fromEntries(plan.tasks.map((task) => [task, countClasses(faces, all, task)])),
      dropped: dataset.dropped,
      remarks: dataset.remarks,
      skipped: skippedBelow(skipped, dataset.root),
    },
    folds: plan.folds,
    runs: runs.map(({ job }) => job.run),
    configs: Object.fromEntries(runs.map(({ job, config }) => [runName(job.run), config.hash])),
  }
}
