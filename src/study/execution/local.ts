/** Makes runs on this machine, several at a time, each in a process of its own. */

import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf, UserError } from '../../base/errors.ts'
import type { NoticeBoard } from '../notices.ts'
import { runName } from '../record.ts'
import type { RunRequest } from './request.ts'
import { runInChild } from './runInChild.ts'
import type { StudyProgress } from './studyProgress.ts'

/** A run that could not be made, and why. */
export interface FailedRun {
  readonly name: string
  readonly reason: string
}

/**
 * How often a run is attempted when it fails for no fault of the user, such as when its process is killed because
 * memory ran out.
 */
export const ATTEMPTS = 3

/** Milliseconds before a run is attempted again. */
const PAUSE = 1000

/**
 * Make runs. One that fails is set aside, and the others are still made.
 *
 * @param jobs how many at a time
 * @returns the runs that failed
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
  const one = async () => {
    for (let request = waiting.shift(); request && !signal.aborted; request = waiting.shift()) {
      const name = runName(request.run)
      const reason = await attempt(request, progress, signal)
      if (reason === undefined) continue
      failed.push({ name, reason })
      board.put(name, { state: 'failed', reason })
      board.write()
    }
  }
  await Promise.all(Array.from({ length: jobs }, one))
  return failed
}

/** Make a run, again if its process is lost; gives the reason if it failed. */
async function attempt(
  request: RunRequest,
  progress: StudyProgress,
  signal: AbortSignal,
): Promise<string | undefined> {
  const name = runName(request.run)
  for (let left = ATTEMPTS - 1; ; left--) {
    const started = Date.now()
    progress.begin(name)
    try {
      const pace = (pace: Parameters<StudyProgress['pace']>[1]) => progress.pace(name, pace)
      const finished = await runInChild(request, { signal, pace, note: (line) => progress.note(line) })
      if (finished) progress.end(name, (Date.now() - started) / 1000)
      return undefined
    } catch (error) {
      // A child that has just started may receive Ctrl-C before it can leave it to this process, which receives it in a
      // moment.
      if (!(error instanceof UserError)) await sleep(PAUSE, undefined, { signal }).catch(() => {})
      if (signal.aborted) return undefined
      const reason = messageOf(error)
      if (error instanceof UserError || left === 0) {
        progress.note(`${name}: ${reason}`)
        progress.end(name)
        return reason
      }
      progress.note(`${reason}; it is taken up again`)
      progress.postpone(name)
    }
  }
}
