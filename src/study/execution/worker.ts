import { hostname } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { UnrecoverableError, WaitingError, Worker } from 'bullmq'
import { messageOf, PassingError, UserError } from '../../base/errors.ts'
import { NotWritten } from '../../base/files.ts'
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

/** Milliseconds that a run is its worker's without a sign of life; after them, another may take it. */
const LEASE = 20_000
/** How often a run is taken up again whose worker was lost. More, and it may be what ends them. */
const LOSSES = 10
/** Milliseconds in which Redis takes a run back. */
const ANSWER = 5000
/** Milliseconds between two looks whether all runs have ended. */
const LOOK = 50
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
  await closeQueue(await openQueue(url))
  const self = `${hostname()}:${process.pid}`
  const lost = new Map<string, AbortController>()
  /** What was said of Redis last. */
  let trouble = ''
  const troubled = (error: unknown) => {
    // That it does not answer has many words.
    const kind = isAnswer(error) ? redisInWords(error) : 'gone'
    if (kind !== trouble) note(`Redis: ${redisInWords(error)}; waiting for it`)
    trouble = kind
  }
  const worker = new Worker<QueuedRun['data'], void, string, never, RunProgress>(
    QUEUE_NAME,
    async (job, token) => {
      const own = new AbortController()
      lost.set(job.id!, own)
      const begun = performance.now()
      let lastSent = Number.NEGATIVE_INFINITY
      trouble = ''
      note(`${job.name}: begun`)
      try {
        const made = await make(restoredRequest(job.data), {
          signal: AbortSignal.any([signal, own.signal]),
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
        note(`${job.name}: put back after a checkpoint`)
        // A Redis that is gone gives it to another after its lease; one that ended the lease has done so.
        if (!own.signal.aborted) {
          const back = job.moveToWait(token).catch(troubled)
          await Promise.race([back, sleep(ANSWER, undefined, { ref: false })])
        }
        throw new WaitingError()
      } catch (error) {
        // It is another worker's, or waits for one, whatever came of it here.
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
    // Of these, 'lockRenewalFailed' tells.
    if (!/^could not renew lock|^Missing lock/.test(messageOf(error))) troubled(error)
  })
  // This process, or its machine, slept for longer than the lease: another worker has its runs by now, or will soon.
  worker.on('lockRenewalFailed', (ids) => {
    for (const id of ids) {
      const own = lost.get(id)
      if (own && !own.signal.aborted)
        note(`${id}: its lease ran out; it goes back into the queue after a checkpoint`)
      own?.abort()
    }
  })
  while (!signal.aborted) await sleep(1 << 30, undefined, { signal, ref: true }).catch(() => {})
  // Takes no more. Each run writes its checkpoint first; a Redis that is gone is not waited for.
  worker.close().catch(() => {})
  while (lost.size > 0) await sleep(LOOK)
  await closeQueue(worker)
}
