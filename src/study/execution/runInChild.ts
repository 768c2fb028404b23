import { startChild } from '../../base/child.ts'
import { PassingError, UserError } from '../../base/errors.ts'
import { NotWritten } from '../../base/files.ts'
import { workerModule } from '../../base/workers.ts'
import type { Pace } from '../clock.ts'
import type { FailureKind, RunMessage } from './child.ts'
import { endInWords, isMemory } from './memory.ts'
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
 * @throws UserError when the run failed for a reason that its user can do something about: of its kinds, NotWritten and
 *   PassingError when another try may end better. Error when its process ended without a word, as one does that is killed
 */
export async function runInChild(request: RunRequest, { signal, pace, note }: RunListener): Promise<boolean> {
  if (signal.aborted) return false
  let last: RunMessage | undefined
  let dying = false
  let hadNone = false
  const { child, ended } = startChild<RunMessage>(workerModule(import.meta.url, 'child.js'), request, {
    message(message) {
      if ('pace' in message) pace(message.pace)
      else last = message
    },
    line(line) {
      // What V8 says when the heap is full is a page, of which one sentence counts.
      dying ||= line.startsWith('<--- Last few GCs')
      hadNone ||= dying && isMemory(line)
      if (!dying && line !== '') note(line)
    },
  })
  const stop = () => child.connected && child.send('stop')
  signal.addEventListener('abort', stop)
  try {
    const how = await ended
    if (!last || 'pace' in last) throw new Error(endInWords(how, hadNone))
    if ('ended' in last) return last.ended === 'finished'
    throw new FAILURES[last.kind](last.failure)
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

const FAILURES: Readonly<Record<FailureKind, new (message: string) => Error>> = {
  plan: UserError,
  disk: NotWritten,
  passing: PassingError,
  fault: Error,
}
