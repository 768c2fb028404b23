import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startChild } from '../../base/child.ts'
import { UserError } from '../../base/errors.ts'
import { workerModule } from '../../base/workers.ts'
import type { NodeDevice } from '../../engine/node.ts'
import type { TrialMessage } from './child.ts'
import type { Cost, Trial } from './trial.ts'

/** Where to run a measurement, and how to follow it. */
export interface MeasureOptions {
  /** By default the CPU. */
  readonly device?: NodeDevice
  /** Stops it at once. */
  readonly signal: AbortSignal
  /** Called with what is being done now. */
  readonly tell: (what: string) => void
}

/**
 * Measure on this machine what a run costs, by a trial in a process of its own. It takes about 20 seconds (up to a
 * minute for a large network), and as much space as a checkpoint in the folder for temporary files.
 *
 * @throws UserError when the process ends without a result, for example because it ran out of memory; the signal's
 *   reason, when that stops it
 */
export async function measure(trial: Trial, { device, signal, tell }: MeasureOptions): Promise<Cost> {
  signal.throwIfAborted()
  const folder = mkdtempSync(join(tmpdir(), 'regard-trial-'))
  let last: TrialMessage | undefined
  const request = { trial, folder, device }
  const { child, ended } = startChild<TrialMessage>(workerModule(import.meta.url, 'child.js'), request, {
    message(message) {
      if ('at' in message) tell(message.at)
      else last = message
    },
  })
  const stop = () => child.kill('SIGKILL')
  signal.addEventListener('abort', stop)
  try {
    const how = await ended
    signal.throwIfAborted()
    if (last && 'cost' in last) return last.cost
    throw new UserError(
      `its cost could not be measured (${last && 'failure' in last ? last.failure : how})`,
      `${trial.network} at ${trial.input} pixels`,
      'The machine may have too little memory for it. --no-measure shows the runs without their cost',
    )
  } finally {
    signal.removeEventListener('abort', stop)
    rmSync(folder, { recursive: true, force: true })
  }
}
