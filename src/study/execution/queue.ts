/**
 * Runs made by workers on any number of machines, through a queue in Redis (BullMQ). The queue only holds who makes
 * what: all results are in files, so losing the queue only means adding the runs again.
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

/** The progress of a run, as its worker reports it to the queue. */
export interface RunProgress extends Pace {
  /** The worker that makes it: `host:pid`. */
  readonly worker: string
}

/** A run in the queue. */
export type QueuedRun = Job<StoredRequest, void, string, RunProgress>

/** The queue, for those who add runs or look at it. */
export type RunQueue = Queue<QueuedRun>

/** The connection to Redis: if Redis is gone, it waits until the connection is closed. */
export type Connection = RedisOptions & { closing?: true }

/** The connection of a queue or a worker; {@link closeQueue} closes it. */
export function connectionTo(url: string): Connection {
  const connection: Connection = {
    url,
    maxRetriesPerRequest: null,
    connectTimeout: ANSWER,
    retryStrategy: (times) => (connection.closing ? null : Math.min(100 * times, 1000)),
  }
  return connection
}

/** Milliseconds in which Redis must first answer. */
const ANSWER = 5_000

/**
 * Open the queue. The caller closes it by {@link closeQueue}.
 *
 * @param url `redis://[user:password@]host[:port][/database]`, or `rediss://` over TLS
 * @throws UserError when the URL is not of this form, nothing answers there, or Redis does not accept or keep data
 */
export async function openQueue(url: string): Promise<RunQueue> {
  await mustAnswer(url)
  const queue: RunQueue = new Queue(QUEUE_NAME, { connection: connectionTo(url) })
  // Without a listener, a lost connection would end the process; it comes back by itself.
  queue.on('error', () => {})
  return queue
}

/** Milliseconds to close a connection properly, for which Redis must answer. */
const CLOSING = 2000

/** Close the queue, or the connection of a worker, even where Redis is gone. */
export async function closeQueue(queue: Pick<RunQueue, 'close' | 'disconnect' | 'opts'>): Promise<void> {
  ;(queue.opts.connection as Connection).closing = true
  const closed = queue.close().catch(() => {})
  await Promise.race([closed, sleep(CLOSING, undefined, { ref: false })])
  queue.disconnect().catch(() => {})
}

/** Ask Redis once, through a connection that gives up when refused, which the queue's own never does. */
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

/** @throws UserError when Redis may evict data: runs would be lost, and made by two workers at a time */
function requireKeeping(info: string, url: string): void {
  const policy = /^maxmemory_policy:(\S+)/m.exec(info)?.[1]
  if (policy === undefined || policy === 'noeviction') return
  throw new UserError(
    `this Redis evicts keys (its maxmemory-policy is ${policy})`,
    withoutPassword(url),
    'Set that to noeviction (`redis-cli CONFIG SET maxmemory-policy noeviction`), or use another Redis',
  )
}

/** Redis's error answers, by their first word, and what can be done. */
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

/** Whether an error is an answer of Redis, not a bug in regard. */
export function isAnswer(error: unknown): boolean {
  return (error as Error).name === 'ReplyError' || answerOf(error) !== undefined
}

/**
 * What is wrong with Redis, as a sentence without its full stop, and what to do; undefined where the error is not one
 * of its answers.
 */
function answerOf(error: unknown): readonly [what: string, remedy: string] | undefined {
  const [word] = messageOf(error).split(' ')
  // An error inside a script has its message first and its code after it.
  const code =
    Object.keys(ANSWERS).find((each) => each === word) ??
    /(?:^|\W)(OOM|READONLY|MISCONF) /.exec(messageOf(error))?.[1]
  return code === undefined ? undefined : ANSWERS[code]
}

/** What Redis answered, or why it did not answer, in words. */
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

/** A run's id in the queue: it occurs there once, whichever version of the study's plan it belongs to. */
export function jobIdOf(request: RunRequest): string {
  return `${studyIdOf(request)}/${runName(request.run)}`
}

/** What the ids of a study's runs share. */
function studyIdOf({ out, store }: RunRequest): string {
  return sha256Of(store ?? out).slice(0, 12)
}

/** How to put runs into the queue. */
export interface QueueOptions {
  readonly progress: StudyProgress
  /** Where the states of the runs are written. */
  readonly board: NoticeBoard
  readonly signal: AbortSignal
  /** The priority of this study's runs: 1 goes before 2. */
  readonly priority: number
  /** Get the files of a run that a worker has made; false where they cannot be found. */
  readonly collect: (request: RunRequest) => Promise<boolean>
}

/** Milliseconds between two looks at the queue. */
const LOOK = 1000
/** Milliseconds before a run that failed is tried again; twice as many before the next time. */
const BACK_OFF = 5000

/**
 * Put runs into the queue, unless they are already there, and wait until workers have made them. Runs that failed
 * before are tried again; those of an earlier version of the plan are replaced by the new ones, except one that is
 * underway, which is waited for. On the signal, the runs stay in the queue: workers go on without this process.
 * Requests that fail in Redis are repeated.
 *
 * @param requests in the order in which they should start
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
  // Redis may be gone, and Ctrl-C must not wait for it.
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
        // Redis was restarted without its data.
        again.push(request)
        progress.postpone(name)
      } else if (job.data.hash !== request.hash) {
        if (state === 'active') continue
        if (await asked(() => removeIfIdle(queue, id))) again.push(request)
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

/** Remove a study's earlier runs from the queue: those that ended, and those that its plan no longer contains. */
async function clear(queue: RunQueue, study: string, open: ReadonlyMap<string, RunRequest>): Promise<void> {
  for (const id of open.keys()) {
    const job = await queue.getJob(id)
    // How it ended says nothing about the files as they are now.
    if (job && ENDED.has(await job.getState())) await removeIfIdle(queue, id)
  }
  for (const job of await queue.getJobs(['prioritized', 'waiting', 'delayed'])) {
    if (job.id!.startsWith(`${study}/`) && !open.has(job.id!)) await removeIfIdle(queue, job.id!)
  }
}

/** Remove a run from the queue; false where a worker has taken it since it was looked at. */
async function removeIfIdle(queue: RunQueue, id: string): Promise<boolean> {
  // A job's own `remove` throws an error that tells nothing apart.
  return (await queue.remove(id)) === 1
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
        // Kept for `regard study status`.
        removeOnComplete: { age: 7 * 24 * 3600 },
      },
    })),
  )
}

/** The state of each run; without a job where the queue does not know it. */
function lookAt(queue: RunQueue, open: ReadonlyMap<string, RunRequest>) {
  return Promise.all(
    [...open].map(async ([id, request]) => {
      const job: QueuedRun | undefined = await queue.getJob(id)
      return { id, request, job, state: await job?.getState() }
    }),
  )
}

/** The result of a promise; undefined where the signal comes first. */
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
