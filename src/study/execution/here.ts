/** Runs on this machine, so many at a time, each in a process of its own. */

import { messageOf, UserError } from '../../base/errors.ts'
import { runName } from '../record.ts'
import type { Board } from './board.ts'
import { inChild } from './inChild.ts'
import type { Order } from './order.ts'

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
  orders: readonly Order[],
  { jobs, board, signal }: { jobs: number; board: Board; signal: AbortSignal },
): Promise<FailedRun[]> {
  const waiting = [...orders]
  const failed: FailedRun[] = []
  const one = async () => {
    for (let order = waiting.shift(); order && !signal.aborted; order = waiting.shift()) {
      const name = runName(order.run)
      const reason = await attempt(order, board, signal)
      if (reason !== undefined) failed.push({ name, reason })
    }
  }
  await Promise.all(Array.from({ length: jobs }, one))
  return failed
}

/** Make a run, again where its process is lost; the reason why it failed, if it did. */
async function attempt(order: Order, board: Board, signal: AbortSignal): Promise<string | undefined> {
  const name = runName(order.run)
  for (let left = ATTEMPTS - 1; ; left--) {
    const started = Date.now()
    board.begin(name)
    try {
      const pace = (pace: Parameters<Board['pace']>[1]) => board.pace(name, pace)
      const finished = await inChild(order, { signal, pace, note: (line) => board.note(line) })
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
