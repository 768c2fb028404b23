import { startChild } from '../../base/child.ts'
import { UserError } from '../../base/errors.ts'
import { workerModule } from '../../base/workers.ts'
import type { Pace } from '../clock.ts'
import { runName } from '../record.ts'
import type { RunMessage } from './child.ts'
import type { RunRequest } from './request.ts'

/** What happens while a run is made. */
export interface RunListener {
  /** Stops the run after a checkpoint. */
  readonly signal: AbortSignal
  readonly pace: (pace: Pace) => void
  /** Called with each line that the run reports, such as about a damaged checkpoint. */
  readonly note: (line: string) => void
}

/**
 * Make a run in a process of its own.
 *
 * @returns false when the signal stopped it
 * @throws UserError when the run failed for a reason that the user can act on; Error when its process ended without a
 *   message, such as when it was killed
 */
export async function runInChild(request: RunRequest, { signal, pace, note }: RunListener): Promise<boolean> {
  if (signal.aborted) return false
  let last: RunMessage | undefined
  const { child, ended } = startChild<RunMessage>(workerModule(import.meta.url, 'child.js'), request, {
    message(message) {
      if ('pace' in message) pace(message.pace)
      else last = message
    },
    line: note,
  })
  const stop = () => child.connected && child.send('stop')
  signal.addEventListener('abort', stop)
  try {
    const how = await ended
    if (!last || 'pace' in last) throw new Error(`the process of ${runName(request.run)} has ended: ${how}`)
    if ('ended' in last) return last.ended === 'finished'
    throw last.forUser ? new UserError(last.failure) : new Error(last.failure)
  } finally {
    signal.removeEventListener('abort', stop)
  }
}
