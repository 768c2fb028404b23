/** How far the runs of a study are: by its files, or by the queue that its workers take them from. */

import { existsSync } from 'node:fs'
import { holderInWords, holderOf } from '../base/lock.ts'
import { duration } from '../base/progress.ts'
import { percent } from '../evaluation/score.ts'
import { accuracyOf } from '../statistics/accuracy.ts'
import { readMetrics } from '../training/metrics.ts'
import type { RunQueue } from './execution/queue.ts'
import { files, readRunRecord, readStudyRecord, runFiles, runName } from './record.ts'
import { ownTest } from './setting.ts'
import { sumsIn } from './sums.ts'

/** How far a run is. */
export interface RunStatus {
  /** The study's folder or store. */
  readonly study: string
  readonly run: string
  /** `begun` is a run that nobody makes at present. */
  readonly state: 'finished' | 'underway' | 'begun' | 'waiting' | 'failed'
  /** In words. */
  readonly detail: string
}

/**
 * The runs of a study by its folder. Whether they fit their sums is not looked at.
 *
 * @throws UserError when no study is there
 */
export function statusIn(out: string): RunStatus[] {
  const { runs } = readStudyRecord(out)
  return runs.map((run) => {
    const folder = files.run(out, run)
    const status = { study: out, run: runName(run) }
    if (existsSync(sumsIn(folder))) {
      const { tests, iterations } = readRunRecord(folder)
      const { accuracy } = accuracyOf(tests[ownTest(run.setting)]!.confusion)
      return { ...status, state: 'finished', detail: `${percent(accuracy)} % after ${iterations} iterations` }
    }
    const [holder, far] = [holderOf(runFiles.lock(folder)), howFar(runFiles.metrics(folder))]
    if (holder) {
      return { ...status, state: 'underway', detail: `${far ?? 'beginning'}, by ${holderInWords(holder)}` }
    }
    return far === undefined
      ? { ...status, state: 'waiting', detail: '' }
      : { ...status, state: 'begun', detail: far }
  })
}

/** `iteration 148, loss 0.516, 84 % right`; undefined where nothing is trained yet. */
function howFar(metrics: string): string | undefined {
  const lines = readMetrics(metrics)
  const step = lines.findLast((line) => 'loss' in line)
  if (!step) return undefined
  const validated = lines.findLast((line) => 'validation' in line)
  const right = validated ? `, ${percent(validated.validation.accuracy)} % right` : ''
  return `iteration ${step.iteration}, loss ${step.loss.toFixed(3)}${right}`
}

/** What a job's state is for us. */
const STATES: Record<string, RunStatus['state']> = {
  active: 'underway',
  completed: 'finished',
  failed: 'failed',
}

/** All runs of all studies that a queue knows: those that wait, are underway, or ended of late. */
export async function statusOnQueue(queue: RunQueue): Promise<RunStatus[]> {
  const jobs = await queue.getJobs(['active', 'prioritized', 'waiting', 'delayed', 'failed', 'completed'])
  const rows = await Promise.all(
    jobs.map(async (job): Promise<RunStatus> => {
      const { out, store } = job.data
      const found = await job.getState()
      const { detail, left, worker } = job.progress
      const state = STATES[found] ?? 'waiting'
      const said: Record<RunStatus['state'], string> = {
        underway: detail === undefined ? 'beginning' : `${detail}, ${duration(left)} left, by ${worker}`,
        finished: worker === undefined ? '' : `by ${worker}`,
        failed: job.failedReason,
        begun: '',
        waiting: job.failedReason ? `to be tried again: ${job.failedReason}` : '',
      }
      return { study: store ?? out, run: job.name, state, detail: said[state] }
    }),
  )
  return rows.sort((a, b) => a.study.localeCompare(b.study) || a.run.localeCompare(b.run))
}
