import { fork } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { UserError } from '../../base/errors.ts'
import { workerModule } from '../../base/workers.ts'
import type { Pace } from '../clock.ts'
import { runName } from '../record.ts'
import type { Message } from './child.ts'
import type { Order } from './order.ts'

/** Who follows a run. */
export interface Follower {
  /** Stops the run after a checkpoint. */
  readonly signal: AbortSignal
  readonly pace: (pace: Pace) => void
  /** Given each line that the run has to say: a damaged checkpoint, for one. */
  readonly note: (line: string) => void
}

/**
 * Make a run in a process of its own.
 *
 * @returns false when the signal stopped it
 * @throws UserError when the run failed for a reason that its user can do something about; Error when its process ended
 *   without a word, as one does that is killed
 */
export async function inChild(order: Order, { signal, pace, note }: Follower): Promise<boolean> {
  if (signal.aborted) return false
  const module = fileURLToPath(workerModule(import.meta.url, 'child.js'))
  // Not with the flags of this process, some of which are about its own script alone.
  const child = fork(module, [], { execArgv: [], stdio: ['ignore', 'inherit', 'pipe', 'ipc'] })
  createInterface(child.stderr!).on('line', note)
  const stop = () => child.connected && child.send('stop')
  signal.addEventListener('abort', stop)
  try {
    let last: Message | undefined
    child.on('message', (message: Message) => {
      if ('pace' in message) pace(message.pace)
      else last = message
    })
    const ended = new Promise<string>((resolve, reject) => {
      child.on('error', reject)
      child.on('close', (code, killer) => resolve(killer ?? `exit code ${code}`))
    })
    child.send({ order })
    const how = await ended
    if (!last || 'pace' in last) throw new Error(`the process of ${runName(order.run)} has ended: ${how}`)
    if ('ended' in last) return last.ended === 'finished'
    throw last.forUser ? new UserError(last.failure) : new Error(last.failure)
  } finally {
    signal.removeEventListener('abort', stop)
  }
}
