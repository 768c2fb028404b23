/** Runs on this machine, so many at a time, each in a process of its own. */

import { messageOf, UserError } from '../../base/errors.ts'
import { runName } from '../record.ts'
import type { Board } from './board.ts'
import { inChild } from './inChild.ts'
import type { RunRequest } from './request.ts'

/** A run that could not be made, and why. */
export interface FailedRun {
  readonly name: string
  readonly reason: string
}

/** How often a run is begun that fails for no reason of its user's: its process is killed, as one is for want of memory. */
export const ATTEMPTS = 3

/**
 * Make runs. One that fails is set aside, and the others are made all the same.
 *
 * @param jobs how many at a time
 * @returns the runs that failed
 */
export async function runHere(
  requests: readonly RunRequest[],
  { jobs, board, signal }: { jobs: number; board: Board; signal: AbortSignal },
): Promise<FailedRun[]> {
  const waiting = [...requests]
  const failed: FailedRun[] = []
  const one = async () => {
    for (let request = waiting.shift(); request && !signal.aborted; request = waiting.shift()) {
      const name = runName(request.run)
      const reason = await attempt(request, board, signal)
      if (reason !== undefined) failed.push({ name, reason })
    }
  }
  await Promise.all(Array.from({ length: jobs }, one))
  return failed
}

/** Make a run, again where its process is lost; the reason why it failed, if it did. */
async function attempt(request: RunRequest, board: Board, signal: AbortSignal): Promise<string | undefined> {
  const name = runName(request.run)
  for (let left = ATTEMPTS - 1; ; left--) {
    const started = Date.now()
    board.begin(name)
    try {
      const pace = (pace: Parameters<Board['pace']>[1]) => board.pace(name, pace)
      const finished = await inChild(request, { signal, pace, note: (line) => board.note(line) })
      if (finished) board.end(name, (Date.now() - started) / 1000)
      return undefined
    } catch (error) {
      const reason = messageOf(error)
      if (error instanceof UserError || left === 0) {
        board.note(`${name}: ${reason}`)
        board.end(name)
        return reason
      }
      board.note(`${reason}; it is taken up again`)
      board.postpone(name)
    }
  }
}
