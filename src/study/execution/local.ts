/** Makes runs on this machine, several at a time, each in a process of its own. */

import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf, PassingError, UserError } from '../../base/errors.ts'
import { NotWritten } from '../../base/files.ts'
import type { NoticeBoard } from '../notices.ts'
import { runName } from '../record.ts'
import { STOPPED_ALONE } from './memory.ts'
import type { RunRequest } from './request.ts'
import { runInChild } from './runInChild.ts'
import type { StudyProgress } from './studyProgress.ts'

/** A run that could not be made, and why. */
export interface FailedRun {
  readonly name: string
  readonly reason: string
}

/** How often a run is begun that fails for a reason that may pass: its process is killed, as one is for want of memory. */
export const ATTEMPTS = 3

/** Milliseconds before a run is attempted again. */
const PAUSE = 1000

/**
 * Make runs. One that fails is set aside, and the others are made all the same; but where one cannot be written, no
 * other is begun.
 *
 * @param jobs how many at a time
 * @returns the runs that failed
 * @throws UserError when a file cannot be written, as soon as the runs have ended that are underway
 */
export async function runLocally(
  requests: readonly RunRequest[],
  {
    jobs,
    progress,
    board,
    signal,
  }: { jobs: number; progress: StudyProgress; board: NoticeBoard; signal: AbortSignal },
): Promise<FailedRun[]> {
  const waiting = [...requests]
  const failed: FailedRun[] = []
  let fatal: unknown
  const one = async () => {
    for (let request = waiting.shift(); request && !signal.aborted && !fatal; request = waiting.shift()) {
      const name = runName(request.run)
      const reason = await attempt(request, progress, signal)
      if (reason === undefined) continue
      failed.push({ name, reason })
      board.put(name, { state: 'failed', reason })
      board.write()
    }
  }
  const ends = Array.from({ length: jobs }, () =>
    one().catch((error) => {
      fatal ??= error
    }),
  )
  await Promise.all(ends)
  if (fatal) throw fatal
  return failed
}

/**
 * Make a run, again where its process is lost; the reason why it failed, if it did.
 *
 * @throws UserError when a file cannot be written
 */
async function attempt(
  request: RunRequest,
  progress: StudyProgress,
  signal: AbortSignal,
): Promise<string | undefined> {
  const name = runName(request.run)
  for (let left = ATTEMPTS - 1; ; left--) {
    const started = performance.now()
    progress.begin(name)
    try {
      const pace = (pace: Parameters<StudyProgress['pace']>[1]) => progress.pace(name, pace)
      const finished = await runInChild(request, { signal, pace, note: (line) => progress.note(line) })
      if (!finished) throw new Error(STOPPED_ALONE)
      progress.end(name, (performance.now() - started) / 1000)
      return undefined
    } catch (error) {
      // A child may hear Ctrl-C, or a signal to all processes, a moment before this process does.
      const passes = !(error instanceof UserError) || error instanceof PassingError
      if (passes) await sleep(PAUSE, undefined, { signal }).catch(() => {})
      if (signal.aborted) return undefined
      if (error instanceof NotWritten) throw error
      const reason = messageOf(error)
      if (!passes || left === 0) {
        progress.note(`${name}: ${reason}`)
        progress.end(name)
        return reason
      }
      progress.note(`${name} is tried again: ${reason}`)
      progress.postpone(name)
    }
  }
}
