/** The status of a study's runs: by its files, or by the queue that its workers take them from. */

import { existsSync } from 'node:fs'
import { holderInWords, holderOf } from '../base/lock.ts'
import { duration } from '../base/progress.ts'
import { percent } from '../evaluation/score.ts'
import { accuracyOf } from '../statistics/accuracy.ts'
import { readMetrics } from '../training/metrics.ts'
import { ATTEMPTS } from './execution/local.ts'
import type { RunQueue } from './execution/queue.ts'
import { type Notice, readNotices } from './notices.ts'
import {
  files,
  isOfStudy,
  type Run,
  readRunRecord,
  readStudyRecord,
  runFiles,
  runName,
  type StudyRecord,
} from './record.ts'
import { ownTest } from './setting.ts'
import { sumsIn } from './sums.ts'

/** The status of a run. */
export interface RunStatus {
  /** The study's folder or store. */
  readonly study: string
  readonly run: string
  /** `begun` is a run that no process makes at present. */
  readonly state: 'finished' | 'underway' | 'begun' | 'waiting' | 'failed'
  /** In words. */
  readonly detail: string
}

/**
 * The runs of a study by its folder. Their sums are not checked.
 *
 * @throws UserError when there is no study
 */
export function statusIn(out: string): RunStatus[] {
  const record = readStudyRecord(out)
  const notices = readNotices(out)
  return record.runs.map((run) =>
    statusOf(out, record, run, notices[runName(run)], () => reachedBy(runFiles.metrics(files.run(out, run)))),
  )
}

/**
 * The status of one run of a study.
 *
 * @param notice what the study's own process knows about it
 * @param reached gives how far its training is; called where the run is not finished
 */
export function statusOf(
  out: string,
  record: Pick<StudyRecord, 'configs'>,
  run: Run,
  notice: Notice | undefined,
  reached: () => Reached | undefined,
): RunStatus {
  const folder = files.run(out, run)
  const status = { study: out, run: runName(run) }
  const isOwn = isOfStudy(record, run, folder)
  if (isOwn && existsSync(sumsIn(folder))) {
    const { tests, iterations } = readRunRecord(folder)
    const { accuracy } = accuracyOf(tests[ownTest(run.setting)]!.confusion)
    return { ...status, state: 'finished', detail: `${percent(accuracy)} % after ${iterations} iterations` }
  }
  const [holder, far] = [holderOf(runFiles.lock(folder)), isOwn ? inWords(reached()) : undefined]
  if (notice && !(notice.state === 'failed' && holder))
    return { ...status, state: notice.state, detail: noticeInWords(notice, far) }
  if (holder) {
    return { ...status, state: 'underway', detail: `${far ?? 'beginning'}, by ${holderInWords(holder)}` }
  }
  return far === undefined
    ? { ...status, state: 'waiting', detail: isOwn ? '' : FORMER }
    : { ...status, state: 'begun', detail: far }
}

const FORMER = 'its folder holds a run of a former plan or other data'

/** @param far how far its training is, where this machine can see that */
function noticeInWords({ state, worker, detail, left, attempt, reason }: Notice, far?: string): string {
  const parts = {
    failed: [`set aside: ${reason}`],
    waiting: [reason === undefined ? 'in the queue' : `to be tried again: ${reason}`, far],
    underway: [
      far ?? detail ?? 'beginning',
      left !== undefined && `${duration(left)} left`,
      worker !== undefined && `by ${worker}`,
    ],
  }[state]
  const again = state !== 'failed' && attempt !== undefined && `attempt ${attempt} of ${ATTEMPTS}`
  return [...parts, again].filter((part) => part).join(', ')
}

/** How far a training is. */
interface Reached {
  readonly iteration: number
  readonly loss: number
  /** The accuracy of the last validation, if there was one. */
  readonly validated?: number
}

function reachedBy(metrics: string): Reached | undefined {
  const lines = readMetrics(metrics)
  const step = lines.findLast((line) => 'loss' in line)
  const validated = lines.findLast((line) => 'validation' in line)?.validation.accuracy
  return step && { iteration: step.iteration, loss: step.loss, ...(validated !== undefined && { validated }) }
}

/** `iteration 148, loss 0.516, 84 % right`; undefined before the first iteration. */
function inWords(reached: Reached | undefined): string | undefined {
  if (!reached) return undefined
  const { iteration, loss, validated } = reached
  const right = validated === undefined ? '' : `, ${percent(validated)} % right`
  return `iteration ${iteration}, loss ${loss.toFixed(3)}${right}`
}

/** The status of a run by the state of its job. */
const STATES: Record<string, RunStatus['state']> = {
  active: 'underway',
  completed: 'finished',
  failed: 'failed',
}

/** All runs of all studies that a queue knows: those that wait, are underway, or ended recently. */
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
