import { hostname } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { UnrecoverableError, WaitingError, Worker } from 'bullmq'
import { messageOf, UserError } from '../../base/errors.ts'
import { connectionTo, openQueue, QUEUE_NAME, type QueuedRun, type RunProgress } from './queue.ts'
import { type RunRequest, restoredRequest } from './request.ts'
import type { RunListener } from './runInChild.ts'

/** Milliseconds that a run is its worker's without a sign of life; after them, another may take it. */
const LEASE = 20_000
/** How often a run is taken up again whose worker was lost. More, and it may be what ends them. */
const LOSSES = 10
/** Milliseconds from one word on how far a run is to the next. */
const OFTEN = 1000

/** What a worker does. */
export interface WorkerOptions {
  /** Of Redis. */
  readonly url: string
  /** Runs at a time. */
  readonly jobs: number
  /** Makes a run; false where the listener's signal stops it. */
  readonly make: (request: RunRequest, listener: RunListener) => Promise<boolean>
  /** Ends the worker, after a checkpoint of each run, which go back into the queue. */
  readonly signal: AbortSignal
  /** Given what is worth a line: a run begun, made, failed. */
  readonly note: (line: string) => void
}

/**
 * Make runs of the queue until the signal comes.
 *
 * A run whose worker is lost is taken up by another, from its last checkpoint. One that fails is tried again twice,
 * later, and then set aside with its error; one that fails for a reason that its user can do something about, at once.
 *
 * @throws UserError when Redis does not answer at first; later, it is waited for
 */
export async function work({ url, jobs, make, signal, note }: WorkerOptions): Promise<void> {
  await (await openQueue(url)).close()
  const self = `${hostname()}:${process.pid}`
  const lost = new Map<string, AbortController>()
  /** Whether it was said that Redis does not answer. */
  let away = false
  const worker = new Worker<QueuedRun['data'], void, string, never, RunProgress>(
    QUEUE_NAME,
    async (job, token) => {
      const own = new AbortController()
      lost.set(job.id!, own)
      const begun = Date.now()
      let lastSent = 0
      away = false
      note(`${job.name}: begun`)
      try {
        const made = await make(restoredRequest(job.data), {
          signal: AbortSignal.any([signal, own.signal]),
          pace(pace) {
            if (Date.now() - lastSent < OFTEN) return
            lastSent = Date.now()
            // Without Redis, nobody looks.
            job.updateProgress({ ...pace, worker: self }).catch(() => {})
          },
          note: (line) => note(`${job.name}: ${line}`),
        })
        if (made) {
          note(`${job.name}: made in ${Math.round((Date.now() - begun) / 1000)} s`)
          return
        }
        note(`${job.name}: put back after a checkpoint`)
        await job.moveToWait(token)
        throw new WaitingError()
      } catch (error) {
        if (error instanceof WaitingError) throw error
        note(`${job.name}: ${messageOf(error)}`)
        // To try again would come to the same.
        if (error instanceof UserError) throw new UnrecoverableError(error.message)
        throw error
      } finally {
        lost.delete(job.id!)
      }
    },
    {
      connection: connectionTo(url),
      concurrency: jobs,
      lockDuration: LEASE,
      stalledInterval: LEASE / 2,
      maxStalledCount: LOSSES,
      name: self,
    },
  )
  worker.on('error', (error) => {
    if (!away) note(`Redis: ${messageOf(error) || 'the connection is lost'}; waiting for it`)
    away = true
  })
  // Another worker has them by now, or will soon.
  worker.on('lockRenewalFailed', (ids) => {
    for (const id of ids) lost.get(id)?.abort()
  })
  while (!signal.aborted) await sleep(1 << 30, undefined, { signal, ref: true }).catch(() => {})
  await worker.close()
}
