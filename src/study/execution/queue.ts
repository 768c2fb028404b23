/**
 * Runs made by workers on any number of machines, by a queue in Redis (BullMQ). The queue says only who makes what: all
 * that is made is in files, so that a queue that is lost costs nothing but the asking again.
 */

import { setTimeout as sleep } from 'node:timers/promises'
import { type Job, type JobState, Queue, type RedisOptions } from 'bullmq'
import { Redis } from 'ioredis'
import { messageOf, UserError } from '../../base/errors.ts'
import { NotWritten } from '../../base/files.ts'
import { sha256Of } from '../../base/hash.ts'
import type { Pace } from '../clock.ts'
import type { Notice, NoticeBoard } from '../notices.ts'
import { runName } from '../record.ts'
import { ATTEMPTS, type FailedRun } from './local.ts'
import { type RunRequest, type StoredRequest, storedRequest } from './request.ts'
import type { StudyProgress } from './studyProgress.ts'

/** The name of the queue in Redis: one for all studies, so that any worker makes runs of any. */
export const QUEUE_NAME = 'regard'

/** How far a run is, as its worker tells the queue. */
export interface RunProgress extends Pace {
  /** Who makes it: `host:pid`. */
  readonly worker: string
}

/** A run in the queue. */
export type QueuedRun = Job<StoredRequest, void, string, RunProgress>

/** The queue, as those see it who put runs into it or look at it. */
export type RunQueue = Queue<QueuedRun>

/** How Redis is reached: one that is gone is waited for, until the connection is to be closed. */
export type Connection = RedisOptions & { closing?: true }

/** Of a queue or a worker, which {@link closeQueue} closes. */
export function connectionTo(url: string): Connection {
  const connection: Connection = {
    url,
    maxRetriesPerRequest: null,
    connectTimeout: ANSWER,
    retryStrategy: (times) => (connection.closing ? null : Math.min(100 * times, 1000)),
  }
  return connection
}

/** Milliseconds in which Redis must answer at first. */
const ANSWER = 5_000

/**
 * Open the queue. Whoever does closes it by {@link closeQueue}.
 *
 * @param url `redis://[user:password@]host[:port][/database]`, or `rediss://` over TLS
 * @throws UserError when the URL is no such, nobody answers there, or a Redis that takes or keeps nothing
 */
export async function openQueue(url: string): Promise<RunQueue> {
  await mustAnswer(url)
  const queue: RunQueue = new Queue(QUEUE_NAME, { connection: connectionTo(url) })
  // Without a listener, a lost connection would end the process; it comes back by itself.
  queue.on('error', () => {})
  return queue
}

/** Milliseconds in which a connection is closed in order, which takes a Redis that answers. */
const CLOSING = 2000

/** Close the queue, or the connection of a worker, also where Redis is gone. */
export async function closeQueue(queue: Pick<RunQueue, 'close' | 'disconnect' | 'opts'>): Promise<void> {
  ;(queue.opts.connection as Connection).closing = true
  const closed = queue.close().catch(() => {})
  await Promise.race([closed, sleep(CLOSING, undefined, { ref: false })])
  queue.disconnect().catch(() => {})
}

/** Ask Redis once, by a connection that is given up where it is refused: the queue's own never is. */
async function mustAnswer(url: string): Promise<void> {
  if (!/^rediss?:\/\/./.test(url)) {
    throw new UserError('must be redis://[user:password@]host[:port]', withoutPassword(url))
  }
  const client = new Redis(url, { lazyConnect: true, connectTimeout: ANSWER, retryStrategy: () => null })
  let reason: Error | undefined
  client.on('error', (error) => {
    reason ??= error
  })
  try {
    await unlessSilent(
      client.connect().then(async () => {
        // Whether it takes anything.
        await client.set('bull:regard:asked', '', 'PX', 1)
        requireKeeping(await client.info('memory'), url)
      }),
    )
  } catch (error) {
    throw error instanceof UserError ? error : noAnswer(url, reason ?? error)
  } finally {
    client.disconnect()
  }
}

/** @throws Error where Redis takes a connection and then says nothing, as one does that is stopped or overwhelmed */
async function unlessSilent(answered: Promise<void>): Promise<void> {
  const given = new AbortController()
  const silence = sleep(ANSWER, undefined, { signal: given.signal }).then(() => {
    throw new Error(`no answer within ${ANSWER / 1000} s`)
  })
  // Whichever is later is nobody's any more.
  answered.catch(() => {})
  silence.catch(() => {})
  await Promise.race([answered, silence]).finally(() => given.abort())
}

/** The address of Redis without user and password. */
export function withoutPassword(url: string): string {
  return url.replace(/\/\/.*@/, '//')
}

/** @throws UserError when Redis forgets what it knows as it likes: runs would be lost, and made by two workers at a time */
function requireKeeping(info: string, url: string): void {
  const policy = /^maxmemory_policy:(\S+)/m.exec(info)?.[1]
  if (policy === undefined || policy === 'noeviction') return
  throw new UserError(
    `this Redis evicts keys (its maxmemory-policy is ${policy})`,
    withoutPassword(url),
    'Set that to noeviction (`redis-cli CONFIG SET maxmemory-policy noeviction`), or use another Redis',
  )
}

/** What Redis answers where it cannot do as it is asked, by the first word of it, and what can be done. */
const ANSWERS: Readonly<Record<string, readonly [what: string, remedy: string]>> = {
  OOM: [
    'Redis is full',
    'Give it more memory (`redis-cli CONFIG SET maxmemory …`), or remove other data from it',
  ],
  READONLY: ['this Redis is a read-only replica', 'Give the address of its primary'],
  MISCONF: [
    'Redis cannot save its data and accepts none until it can',
    'Its log says why: the disk may be full, or Redis may lack permission to write there',
  ],
  WRONGPASS: ['Redis does not know this user and password', 'Give them as redis://user:password@host'],
  NOAUTH: ['Redis asks for a password', 'Give it as redis://:password@host'],
  NOPERM: [
    'this Redis user lacks permissions that a queue needs',
    'Grant it all commands on the keys `bull:*`, and INFO',
  ],
  LOADING: ['Redis is loading its data', 'Wait until it is done'],
}

/** Whether Redis said so, rather than a fault of our own. */
export function isAnswer(error: unknown): boolean {
  return (error as Error).name === 'ReplyError' || answerOf(error) !== undefined
}

/** What is wrong with Redis, as a sentence without its full stop, and what to do; undefined where it is none of its answers. */
function answerOf(error: unknown): readonly [what: string, remedy: string] | undefined {
  const [word] = messageOf(error).split(' ')
  // An error inside a script has its words first and its code behind them.
  const code =
    Object.keys(ANSWERS).find((each) => each === word) ??
    /(?:^|\W)(OOM|READONLY|MISCONF) /.exec(messageOf(error))?.[1]
  return code === undefined ? undefined : ANSWERS[code]
}

/** What Redis answered, or why it did not, in words. */
export function redisInWords(error: unknown): string {
  const [what, remedy] = answerOf(error) ?? []
  if (what) return `${what}. ${remedy}`
  return messageOf(error) || (error as NodeJS.ErrnoException).code || 'the connection is lost'
}

function noAnswer(url: string, error: unknown): UserError {
  const [what, remedy] = answerOf(error) ?? [
    `Redis cannot be reached (${redisInWords(error)})`,
    'Start it (`redis-server`), or give the address of one that is running, with its user and password',
  ]
  return new UserError(what, withoutPassword(url), remedy)
}

/** What a run is called in the queue: there it is once, whatever plan of its study it is of. */
export function jobIdOf(request: RunRequest): string {
  return `${studyIdOf(request)}/${runName(request.run)}`
}

/** What the runs of a study have in common. */
function studyIdOf({ out, store }: RunRequest): string {
  return sha256Of(store ?? out).slice(0, 12)
}

/** How runs are put into the queue. */
export interface QueueOptions {
  readonly progress: StudyProgress
  /** Where it is written how the runs are. */
  readonly board: NoticeBoard
  readonly signal: AbortSignal
  /** Of this study's runs: 1 goes before 2. */
  readonly priority: number
  /** Have the files of a run that a worker has made; false where they are not to be found. */
  readonly collect: (request: RunRequest) => Promise<boolean>
}

/** Milliseconds between two looks at the queue. */
const LOOK = 1000
/** Milliseconds before a run that failed is tried again; twice as many before the next time. */
const BACK_OFF = 5000

/**
 * Put runs into the queue, unless they are there, and wait until workers have made them. Runs that failed before are
 * tried again; those of a plan that has changed since give way to the new ones, but for one that is underway, which is
 * waited for. When the signal comes, the runs stay in the queue: workers go on without this process. What Redis does not
 * do now, it is asked for again.
 *
 * @param requests in the order in which they should be begun
 * @returns the runs that failed
 */
export async function runOnQueue(
  queue: RunQueue,
  requests: readonly RunRequest[],
  { progress, board, signal, priority, collect }: QueueOptions,
): Promise<FailedRun[]> {
  const open = new Map(requests.map((request) => [jobIdOf(request), request]))
  const failed: FailedRun[] = []
  const fail = (name: string, reason: string) => {
    failed.push({ name, reason })
    board.put(name, { state: 'failed', reason })
    progress.note(`${name}: ${reason}`)
    progress.end(name)
  }
  // Redis may be away, and Ctrl-C must not have to wait for it.
  let trouble = ''
  const asked = async <T>(ask: () => Promise<T>): Promise<T | undefined> => {
    while (!signal.aborted) {
      try {
        const answer = await unlessStopped(signal, ask())
        trouble = ''
        return answer
      } catch (error) {
        if (!isAnswer(error)) throw error
        const words = redisInWords(error)
        if (words !== trouble) progress.note(`${words}; waiting for it`)
        trouble = words
        await sleep(LOOK, undefined, { signal }).catch(() => {})
      }
    }
    return undefined
  }
  await asked(async () => {
    if (requests.length > 0) await clear(queue, studyIdOf(requests[0]!), open)
    await add(queue, [...open.values()], priority)
  })
  while (open.size > 0) {
    await sleep(LOOK, undefined, { signal }).catch(() => {})
    const looked = await asked(() => lookAt(queue, open))
    if (!looked) break
    const again: RunRequest[] = []
    for (const { id, request, state, job } of looked) {
      const name = runName(request.run)
      board.put(name, noticeOf(state, job))
      if (!job) {
        // Redis was started again without what it knew.
        again.push(request)
        progress.postpone(name)
      } else if (job.data.hash !== request.hash) {
        if (state === 'active') continue
        await asked(() => job.remove())
        again.push(request)
      } else if (state === 'active') {
        progress.begin(name)
        if (job.progress.detail) progress.pace(name, job.progress)
      } else if (state === 'completed' || state === 'failed') {
        open.delete(id)
        if (state === 'failed') {
          fail(name, job.failedReason)
          continue
        }
        const there = await collected(collect(request))
        if (signal.aborted) break
        if (there === true) progress.end(name, Math.max(0, job.finishedOn! - job.processedOn!) / 1000)
        else fail(name, there || misplaced(request, job.progress.worker))
      } else progress.postpone(name)
    }
    board.write()
    await asked(() => add(queue, again, priority))
  }
  return failed
}

/** Whether a run is there; the reason why it cannot be fetched, where a store does not give it. */
async function collected(there: Promise<boolean>): Promise<boolean | string> {
  try {
    return await there
  } catch (error) {
    if (error instanceof UserError && !(error instanceof NotWritten)) return error.message
    throw error
  }
}

/** What the queue knows of a run that is not over. */
function noticeOf(state: JobState | 'unknown' | undefined, job: QueuedRun | undefined): Notice | undefined {
  if (!job) return { state: 'waiting' }
  if (state === 'completed' || state === 'failed') return undefined
  const attempt = job.attemptsMade > 0 ? { attempt: job.attemptsMade + 1 } : {}
  if (state !== 'active') return { state: 'waiting', ...attempt, reason: job.failedReason || undefined }
  const { worker, detail, left } = job.progress
  return { state: 'underway', worker: job.processedBy ?? worker, detail, left, ...attempt }
}

/** Take out of the queue what a study has there of earlier: runs that ended, and those that its plan has no more. */
async function clear(queue: RunQueue, study: string, open: ReadonlyMap<string, RunRequest>): Promise<void> {
  for (const id of open.keys()) {
    const job = await queue.getJob(id)
    // How it ended says nothing of the files as they are now.
    if (job && ENDED.has(await job.getState())) await job.remove()
  }
  for (const job of await queue.getJobs(['prioritized', 'waiting', 'delayed'])) {
    if (job.id!.startsWith(`${study}/`) && !open.has(job.id!)) await job.remove()
  }
}

const ENDED: ReadonlySet<string> = new Set<JobState>(['completed', 'failed'])

async function add(queue: RunQueue, requests: readonly RunRequest[], priority: number): Promise<void> {
  if (requests.length === 0) return
  await queue.addBulk(
    requests.map((request) => ({
      name: runName(request.run),
      data: storedRequest(request),
      opts: {
        jobId: jobIdOf(request),
        priority,
        attempts: ATTEMPTS,
        backoff: { type: 'exponential', delay: BACK_OFF },
        // For `regard study status`.
        removeOnComplete: { age: 7 * 24 * 3600 },
      },
    })),
  )
}

/** How far each run is; without a job where the queue does not know it. */
function lookAt(queue: RunQueue, open: ReadonlyMap<string, RunRequest>) {
  return Promise.all(
    [...open].map(async ([id, request]) => {
      const job: QueuedRun | undefined = await queue.getJob(id)
      return { id, request, job, state: await job?.getState() }
    }),
  )
}

/** What comes of a promise; undefined where the signal comes first. */
function unlessStopped<T>(signal: AbortSignal, promise: Promise<T>): Promise<T | undefined> {
  if (signal.aborted) return Promise.resolve(undefined)
  return new Promise((resolve, reject) => {
    const stop = () => resolve(undefined)
    signal.addEventListener('abort', stop)
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
  })
}

function misplaced({ store, out }: RunRequest, worker = 'a worker'): string {
  return `${worker} has completed it, but not in ${store ?? out}: do all machines see the same folder?`
}
