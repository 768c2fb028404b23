import type { NodeDevice } from '../../engine/node.ts'
import type { Plan } from '../plan.ts'
import { type Run, restoredRun, type StoredRun, storedRun } from '../record.ts'

/** A run that a process is asked to make: all that a machine with the data must know. */
export interface RunRequest {
  /** Its paths are absolute, and the same on all machines. */
  readonly plan: Plan
  readonly run: Run
  /** The hash of the run's configuration: a machine with different photos or weights must not make it. */
  readonly hash: string
  /** The study's folder. */
  readonly out: string
  /** Where its runs are kept, instead of that folder, for machines that do not see it: `s3://bucket/prefix`. */
  readonly store?: string
  /** Threads and device of the engine; a run that began with others continues with those. */
  readonly threads: number
  readonly device?: NodeDevice
}

/** A request in the form that the queue holds. */
export interface StoredRequest extends Omit<RunRequest, 'run'> {
  readonly run: StoredRun
}

export function storedRequest(request: RunRequest): StoredRequest {
  return { ...request, run: storedRun(request.run) }
}

/** @throws UserError when its setting is not valid */
export function restoredRequest(stored: StoredRequest): RunRequest {
  return { ...stored, run: restoredRun(stored.run) }
}
