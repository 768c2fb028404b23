/**
 * Runs made by workers on any number of machines, by a queue in Redis (BullMQ). The queue says only who makes what: all
 * that is made is in files, so that a queue that is lost costs nothing but the asking again.
 */

import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { type ConnectionOptions, type Job, type JobState, Queue } from 'bullmq'
import { UserError } from '../../base/errors.ts'
import type { Pace } from '../clock.ts'
import { runName } from '../record.ts'
import type { Board } from './board.ts'
import { ATTEMPTS, type FailedRun } from './here.ts'
import type { Order } from './order.ts'

/** The name of the queue in Redis: one for all studies, so that any worker makes runs of any. */
const NAME = 'regard'

/** How far a run is, as its worker tells the queue. */
export interface Progress extends Pace {
  /** Who makes it: `host:pid`. */
  readonly worker: string
}

/** A run in the queue. */
export type QueuedRun = Job<Order, void, string, Progress>

/** The queue, as those see it who put runs into it or look at it. */
export type RunQueue = Queue<QueuedRun>

/** How to reach Redis. A worker waits for one that is gone; who asks once would rather know. */
export function connectionTo(url: string): ConnectionOptions {
  return { url, maxRetriesPerRequest: null }
}

/** Milliseconds in which Redis must answer at first. */
const ANSWER = 5_000

/**
 * Open the queue.
 *
 * @param url `redis://[user:password@]host[:port][/database]`, or `rediss://` over TLS
 * @throws UserError when nobody answers there
 */
export async function openQueue(url: string): Promise<RunQueue> {
  const queue: RunQueue = new Queue(NAME, { connection: connectionTo(url) })
  let last = 'no answer'
  // Without a listener, a lost connection would end the process; it comes back by itself.
  queue.on('error', (error) => {
    last = error.message || (error as NodeJS.ErrnoException).code || last
  })
  const ready = queue.waitUntilReady().then(() => true)
  ready.catch(() => {})
  if (await Promise.race([ready, sleep(ANSWER, false, { ref: false })])) return queue
  void queue.disconnect()
  throw noAnswer(url, last)
}

/** @returns what to say when Redis does not answer; the password of the address is left out */
function noAnswer(url: string, reason: string): UserError {
  return new UserError(
    `Redis does not answer (${reason})`,
    url.replace(/\/\/.*@/, '//'),
    'Start it (`redis-server`), or give the address of one that runs',
  )
}

/** The name of the queue for a worker. */
export const QUEUE_NAME = NAME

/** What a run is called in the queue: the same run of the same study, with the same data, is there once. */
export function jobIdOf({ out, store, run, hash }: Order): string {
  const study = createHash('sha256')
    .update(store ?? out)
    .digest('hex')
    .slice(0, 12)
  return `${study}/${runName(run)}/${hash.slice(0, 12)}`
}

/** How runs are put into the queue. */
export interface Waiting {
  readonly board: Board
  readonly signal: AbortSignal
  /** Of this study's runs: 1 goes before 2. */
  readonly priority: number
  /** Have the files of a run that a worker has made; false where they are not to be found. */
  readonly collect: (order: Order) => Promise<boolean>
}

/** Milliseconds between two looks at the queue. */
const LOOK = 1000
/** Milliseconds before a run that failed is tried again; twice as many before the next time. */
const BACK_OFF = 5000

/**
 * Put runs into the queue, unless they are there, and wait until workers have made them. Runs that failed before are
 * tried again. When the signal comes, the runs stay in the queue: workers go on without this process.
 *
 * @param orders in the order in which they should be begun
 * @returns the runs that failed
 */
export async function runOnQueue(
  queue: RunQueue,
  orders: readonly Order[],
  { board, signal, priority, collect }: Waiting,
): Promise<FailedRun[]> {
  const open = new Map(orders.map((order) => [jobIdOf(order), order]))
  const failed: FailedRun[] = []
  const add = (chosen: readonly [string, Order][]) =>
    queue.addBulk(
      chosen.map(([jobId, order]) => ({
        name: runName(order.run),
        data: order,
        opts: {
          jobId,
          priority,
          attempts: ATTEMPTS,
          backoff: { type: 'exponential', delay: BACK_OFF },
          // For `regard study status`.
          removeOnComplete: { age: 7 * 24 * 3600 },
        },
      })),
    )
  // What ended before says nothing of the files as they are now.
  for (const id of open.keys()) {
    const job = await queue.getJob(id)
    if (job && (await hasEnded(job))) await job.remove()
  }
  await add([...open])
  while (open.size > 0 && !signal.aborted) {
    await sleep(LOOK, undefined, { signal }).catch(() => {})
    const looked = await Promise.all(
      [...open].map(async ([id, order]) => ({ id, order, ...(await look(queue, id)) })),
    )
    for (const { id, order, state, job } of looked) {
      const name = runName(order.run)
      if (state === 'completed') {
        if (!(await collect(order))) {
          failed.push({
            name,
            reason: `${job!.progress.worker ?? 'a worker'} has made it, but not in ${order.store ?? order.out}: do all machines see the same folder?`,
          })
          board.end(name)
        } else board.end(name, (job!.finishedOn! - job!.processedOn!) / 1000)
        open.delete(id)
      } else if (state === 'failed') {
        failed.push({ name, reason: job!.failedReason })
        board.note(`${name}: ${job!.failedReason}`)
        board.end(name)
        open.delete(id)
      } else if (state === 'active') {
        board.begin(name)
        if (job!.progress.detail) board.pace(name, job!.progress)
      } else board.postpone(name)
    }
    // Redis may have been started again without what it knew.
    const lost = looked.filter(({ id, state }) => state === 'unknown' && open.has(id))
    if (lost.length > 0) await add(lost.map(({ id, order }) => [id, order] as [string, Order]))
  }
  return failed
}

async function hasEnded(job: QueuedRun): Promise<boolean> {
  const state = await job.getState()
  return state === 'completed' || state === 'failed'
}

async function look(queue: RunQueue, id: string): Promise<{ state: JobState | 'unknown'; job?: QueuedRun }> {
  const job = await queue.getJob(id)
  return job ? { state: await job.getState(), job } : { state: 'unknown' }
}
