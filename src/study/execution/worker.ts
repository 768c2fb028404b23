import { hostname } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { UnrecoverableError, WaitingError, Worker } from 'bullmq'
import { messageOf, PassingError, UserError } from '../../base/errors.ts'
import { NotWritten } from '../../base/files.ts'
import { STOPPED_ALONE } from './memory.ts'
import {
  closeQueue,
  connectionTo,
  isAnswer,
  openQueue,
  QUEUE_NAME,
  type QueuedRun,
  type RunProgress,
  redisInWords,
} from './queue.ts'
import { type RunRequest, restoredRequest } from './request.ts'
import type { RunListener } from './runInChild.ts'

/** Milliseconds that a run belongs to its worker without a sign of life; after that, another may take it. */
const LEASE = 20_000
/**
 * How often a run whose worker was lost is taken up again. After more losses, the run itself may be what kills workers.
 */
const LOSSES = 10
/** Milliseconds for Redis to take a run back. */
const ANSWER = 5000
/** Milliseconds within which this process hears a signal that the processes of its runs have heard. */
const SOON = 1000
/** Milliseconds between two checks whether all runs have ended. */
const LOOK = 50
/** Milliseconds between two progress reports of a run. */
const OFTEN = 1000

/** What a worker does. */
export interface WorkerOptions {
  /** The address of Redis. */
  readonly url: string
  /** How many runs to make at a time. */
  readonly jobs: number
  /** Makes a run; false where the listener's signal stops it. */
  readonly make: (request: RunRequest, listener: RunListener) => Promise<boolean>
  /** Ends the worker after each run has written a checkpoint; the runs go back into the queue. */
  readonly signal: AbortSignal
  /** Called with lines for the user: a run began, finished or failed. */
  readonly note: (line: string) => void
}

/**
 * Make runs from the queue until the signal comes.
 *
 * A run whose worker is lost is taken up by another, from its last checkpoint. One that fails is tried twice more,
 * later, and then set aside with its error; one that fails for a reason that the user can act on is set aside at once.
 *
 * @throws UserError when Redis does not answer at first; later, the worker waits for it
 */
export async function work({ url, jobs, make, signal, note }: WorkerOptions): Promise<void> {
  await closeQueue(await openQueue(url))
  const self = `${hostname()}:${process.pid}`
  const lost = new Map<string, AbortController>()
  /** The last message about Redis. */
  let trouble = ''
  const troubled = (error: unknown) => {
    // Many different errors mean that it does not answer.
    const kind = isAnswer(error) ? redisInWords(error) : 'gone'
    if (kind !== trouble) note(`Redis: ${redisInWords(error)}; waiting for it`)
    trouble = kind
  }
  const worker = new Worker<QueuedRun['data'], void, string, never, RunProgress>(
    QUEUE_NAME,
    async (job, token) => {
      const own = new AbortController()
      const stopped = AbortSignal.any([signal, own.signal])
      lost.set(job.id!, own)
      const begun = performance.now()
      let lastSent = Number.NEGATIVE_INFINITY
      trouble = ''
      note(`${job.name}: begun`)
      try {
        const made = await make(restoredRequest(job.data), {
          signal: stopped,
          pace(pace) {
            if (performance.now() - lastSent < OFTEN) return
            lastSent = performance.now()
            // Without Redis, nobody looks.
            job.updateProgress({ ...pace, worker: self }).catch(() => {})
          },
          note: (line) => note(`${job.name}: ${line}`),
        })
        if (made) {
          note(`${job.name}: made in ${Math.round((performance.now() - begun) / 1000)} s`)
          return
        }
        // A signal to all processes may reach the run's before this one.
        if (!stopped.aborted) await sleep(SOON, undefined, { signal: stopped }).catch(() => {})
        if (!stopped.aborted) throw new Error(STOPPED_ALONE)
        note(`${job.name}: put back after a checkpoint`)
        // If Redis is gone, it gives the run to another worker after the lease; if it ended the lease, it already has.
        if (!own.signal.aborted) {
          const back = job.moveToWait(token).catch(troubled)
          await Promise.race([back, sleep(ANSWER, undefined, { ref: false })])
        }
        throw new WaitingError()
      } catch (error) {
        // It belongs to another worker, or waits for one, whatever happened to it here.
        if (error instanceof WaitingError || own.signal.aborted) throw new WaitingError()
        note(`${job.name}: ${messageOf(error)}`)
        // A full disk may be this machine's alone. With any other error of its user's, to try again comes to the same.
        const passes = error instanceof PassingError || error instanceof NotWritten
        if (error instanceof UserError && !passes) throw new UnrecoverableError(error.message)
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
    // 'lockRenewalFailed' reports these.
    if (!/^could not renew lock|^Missing lock/.test(messageOf(error))) troubled(error)
  })
  // This process, or its machine, slept for longer than the lease: another worker now has its runs, or soon will.
  worker.on('lockRenewalFailed', (ids) => {
    for (const id of ids) {
      const own = lost.get(id)
      if (own && !own.signal.aborted)
        note(`${id}: its lease ran out; it goes back into the queue after a checkpoint`)
      own?.abort()
    }
  })
  while (!signal.aborted) await sleep(1 << 30, undefined, { signal, ref: true }).catch(() => {})
  // Takes no more runs. Each run writes its checkpoint first; if Redis is gone, the worker does not wait for it.
  worker.close().catch(() => {})
  while (lost.size > 0) await sleep(LOOK)
  await closeQueue(worker)
}
