import { existsSync, mkdtempSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis as Client } from 'ioredis'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { PassingError, UserError } from '../../../src/base/errors.ts'
import { NotWritten } from '../../../src/base/files.ts'
import { Lock } from '../../../src/base/lock.ts'
import {
  closeQueue,
  jobIdOf,
  openQueue,
  type RunQueue,
  runOnQueue,
} from '../../../src/study/execution/queue.ts'
import type { RunRequest } from '../../../src/study/execution/request.ts'
import { StudyProgress } from '../../../src/study/execution/studyProgress.ts'
import { type WorkerOptions, work } from '../../../src/study/execution/worker.ts'
import { type Notice, NoticeBoard, readNotices } from '../../../src/study/notices.ts'
import { type Plan, readPlan } from '../../../src/study/plan.ts'
import { files, runName } from '../../../src/study/record.ts'
import { statusOnQueue } from '../../../src/study/status.ts'
import { hasRedis, Redis } from '../../redis.ts'
import { writePlan } from '../tinyStudy.ts'

// A queue can be tested without real runs: these only wait, on a real Redis.

let redis: Redis
let queue: RunQueue
let plan: Plan
beforeAll(async () => {
  if (!hasRedis) return
  redis = await Redis.start()
  plan = readPlan(writePlan().plan)
})
afterAll(() => redis?.stop())
beforeEach(async () => {
  if (!hasRedis) return
  queue = await openQueue(redis.url)
  await queue.obliterate({ force: true })
  return () => queue.close()
})

/** This many runs of a study in this folder. */
function requests(count: number, out = '/study'): RunRequest[] {
  return Array.from({ length: count }, (_, fold) => {
    const run = {
      task: 'gender',
      network: 'adiencenet',
      letter: 'A',
      input: 51,
      width: 1,
      setting: { photos: 'r', start: 'random' },
      fold,
    } as const
    return { plan, run, hash: `hash of ${fold}`, out, threads: 1 }
  })
}

/** In its own folder. */
const board = () => new NoticeBoard(mkdtempSync(join(tmpdir(), 'regard-queue-')))

/** Put runs into the queue and wait for them. */
function wait(chosen: readonly RunRequest[], signal = new AbortController().signal, priority = 1) {
  const progress = new StudyProgress('test', [], { several: true })
  return runOnQueue(queue, chosen, { progress, board: board(), signal, priority, collect: async () => true })
}

/** A study that put this many runs into the queue, and no longer waits for them. */
async function leaveWaiting(count: number): Promise<void> {
  const control = new AbortController()
  const before = wait(requests(count), control.signal)
  while ((await queue.getJobCountByTypes('prioritized')) < count) await sleep(20)
  control.abort()
  await before
}

/** This many workers, until `stop`. Their notes go to `notes`. */
function workers(count: number, make: WorkerOptions['make']) {
  const control = new AbortController()
  const notes: string[] = []
  const ended = Array.from({ length: count }, () =>
    work({ url: redis.url, jobs: 1, make, signal: control.signal, note: (line) => notes.push(line) }),
  )
  const stop = async () => {
    control.abort()
    await Promise.all(ended)
  }
  return { notes, stop }
}

describe.skipIf(!hasRedis)('a queue of runs', () => {
  it('makes each of 64 runs once, with eight workers', async () => {
    const made: string[] = []
    const { stop } = workers(8, async ({ run }) => {
      await sleep(50)
      made.push(runName(run))
      return true
    })
    expect(await wait(requests(64))).toEqual([])
    await stop()
    expect(made.toSorted()).toEqual(
      requests(64)
        .map(({ run }) => runName(run))
        .toSorted(),
    )
  })

  it('sets aside a run that fails each time, with its error, and makes the others', async () => {
    const tries: number[] = []
    const { stop } = workers(2, async ({ run: { fold } }) => {
      tries.push(fold)
      if (fold === 1) throw new UserError('the photos are others', 'here')
      return true
    })
    expect(await wait(requests(4))).toEqual([
      { name: 'gender-adiencenet-r-fold1', reason: 'here: the photos are others' },
    ])
    // What only its user can fix is not retried automatically, but on the user's request.
    expect(tries.filter((fold) => fold === 1)).toHaveLength(1)
    await wait(requests(4).slice(1, 2))
    await stop()
    expect(tries.filter((fold) => fold === 1)).toHaveLength(2)
  })

  it('retries a run whose process was lost', async () => {
    let tries = 0
    const { stop, notes } = workers(1, async () => {
      if (++tries === 1) throw new Error('the process has ended: SIGKILL')
      return true
    })
    expect(await wait(requests(1))).toEqual([])
    await stop()
    expect(notes).toContain('gender-adiencenet-r-fold0: the process has ended: SIGKILL')
  })

  it('sets aside a run whose process alone is stopped each time', async () => {
    const { stop, notes } = workers(1, async () => false)
    const [failed] = await wait(requests(1))
    await stop()
    expect(failed!.reason).toMatch(/^its process was stopped from outside \(SIGTERM\)/)
    expect(notes.filter((note) => note.includes('stopped from outside'))).toHaveLength(3)
  })

  it('loses nothing if Redis restarts, even empty', async () => {
    const made = new Set<number>()
    const { stop, notes } = workers(2, async ({ run }) => {
      await sleep(400)
      made.add(run.fold)
      return true
    })
    const waiting = wait(requests(10))
    while (made.size < 2) await sleep(50)
    await redis.stop()
    await sleep(1000)
    await redis.begin()
    expect(await waiting).toEqual([])
    await stop()
    expect(made.size).toBe(10)
    expect(notes.filter((note) => note.startsWith('Redis: '))).toHaveLength(2)
  })

  it('waits for a Redis that is slow', async () => {
    const made: number[] = []
    const { stop, notes } = workers(2, async ({ run }) => {
      made.push(run.fold)
      return true
    })
    const waiting = wait(requests(10))
    while (made.length < 2) await sleep(10)
    redis.pause()
    await sleep(1500)
    redis.goOn()
    expect(await waiting).toEqual([])
    await stop()
    expect(made.toSorted()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    expect(notes.filter((note) => note.startsWith('Redis: '))).toEqual([])
  })

  it('retries a run if the disk is full or the store is gone: another machine may do better', async () => {
    const tries: number[] = []
    const { stop } = workers(1, async ({ run: { fold } }) => {
      tries.push(fold)
      const first = tries.filter((each) => each === fold).length === 1
      if (first && fold === 0) throw new NotWritten('could not be written (ENOSPC)', 'here')
      if (first && fold === 1) throw new PassingError('could not get it', 's3://bucket')
      return true
    })
    expect(await wait(requests(2))).toEqual([])
    await stop()
    expect(tries.toSorted()).toEqual([0, 0, 1, 1])
  })

  it('takes back a run from a stopped worker, and gives it to another', async () => {
    const seen: string[] = []
    const first = workers(1, async (_, { signal }) => {
      seen.push('first')
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
      return false
    })
    const waiting = wait(requests(1))
    while (seen.length === 0) await sleep(20)
    await first.stop()
    const second = workers(1, async () => {
      seen.push('second')
      return true
    })
    expect(await waiting).toEqual([])
    await second.stop()
    expect(seen).toEqual(['first', 'second'])
  })

  it('keeps the runs of a study whose process was stopped, each once however often requested', async () => {
    const control = new AbortController()
    const waiting = wait(requests(3), control.signal)
    while ((await queue.getJobCountByTypes('prioritized')) < 3) await sleep(20)
    control.abort()
    await waiting
    let made = 0
    const { stop } = workers(1, async () => {
      made++
      return true
    })
    expect(await wait(requests(3))).toEqual([])
    await stop()
    expect(made).toBe(3)
  })

  it('serves studies of a higher priority first', async () => {
    const control = new AbortController()
    const [late, early] = [
      wait(requests(2, '/late'), control.signal, 2),
      wait(requests(2, '/early'), control.signal, 1),
    ]
    while ((await queue.getJobCountByTypes('prioritized')) < 4) await sleep(20)
    const made: string[] = []
    const { stop } = workers(1, async ({ out }) => {
      made.push(out)
      return true
    })
    await Promise.all([late, early])
    await stop()
    expect(made).toEqual(['/early', '/early', '/late', '/late'])
  })

  it('reports the progress of each run from anywhere', async () => {
    let go = () => {}
    const asked = new Promise<void>((resolve) => {
      go = resolve
    })
    const { stop } = workers(1, async ({ run }, { pace }) => {
      if (run.fold === 0) return true
      pace({ share: 0.5, left: 90, detail: 'training 3/6' })
      await asked
      return true
    })
    const waiting = wait(requests(3))
    const states = async () =>
      Object.fromEntries((await statusOnQueue(queue)).map(({ run, ...rest }) => [run, rest]))
    let now = await states()
    while (!now['gender-adiencenet-r-fold1']?.detail.includes('training')) now = await states()
    expect(now).toMatchObject({
      'gender-adiencenet-r-fold0': { study: '/study', state: 'finished' },
      'gender-adiencenet-r-fold1': {
        state: 'underway',
        detail: expect.stringMatching(/^training 3\/6, 1 min 30 s left, by /),
      },
      'gender-adiencenet-r-fold2': { state: 'waiting' },
    })
    go()
    await waiting
    await stop()
  })

  it('records in the study’s folder what waits, who makes what, and what was set aside', async () => {
    const out = mkdtempSync(join(tmpdir(), 'regard-queue-'))
    const lock = Lock.take(files.lock(out), 'the study')
    const own = new NoticeBoard(out)
    let go = () => {}
    const asked = new Promise<void>((resolve) => {
      go = resolve
    })
    let tries = 0
    const { stop } = workers(1, async ({ run }, { pace }) => {
      if (run.fold === 0) throw new UserError('the photos are others', 'here')
      if (run.fold === 1 && tries++ === 0) throw new Error('its process has ended: SIGKILL')
      if (run.fold > 1) return true
      pace({ share: 0.5, left: 90, detail: 'training 3/6' })
      await asked
      return true
    })
    const progress = new StudyProgress('test', [], { several: true })
    const { signal } = new AbortController()
    const options = { progress, board: own, signal, priority: 1, collect: async () => true }
    const seen = new Map<string, Notice>()
    const waiting = runOnQueue(queue, requests(3, out), options)
    const [first, second] = requests(2).map(({ run }) => runName(run)) as [string, string]
    while (seen.get(second)?.detail === undefined) {
      await sleep(20)
      for (const [run, notice] of Object.entries(readNotices(out)))
        seen.set(notice.state === 'waiting' ? `${run} waits` : run, notice)
    }
    expect(seen.get(`${second} waits`)?.reason).toBe('its process has ended: SIGKILL')
    expect(seen.get(second)).toEqual({
      state: 'underway',
      worker: `${hostname()}:${process.pid}`,
      detail: 'training 3/6',
      left: 90,
      attempt: 2,
    })
    go()
    await waiting
    await stop()
    own.close()
    lock.release()
    expect(readNotices(out)).toEqual({ [first]: { state: 'failed', reason: 'here: the photos are others' } })
    // What a killed process left about runs underway no longer holds.
    writeFileSync(files.notices(out), JSON.stringify({ [second]: seen.get(second) }))
    expect(readNotices(out)).toEqual({})
    // The next attempt starts from scratch.
    new NoticeBoard(out)
    expect(existsSync(files.notices(out))).toBe(false)
  })

  it('says if a run was made in a folder other than the study’s', async () => {
    const { stop } = workers(1, async () => true)
    const progress = new StudyProgress('test', [], { several: true })
    const options = {
      progress,
      board: board(),
      signal: new AbortController().signal,
      priority: 1,
      collect: async () => false,
    }
    const [failed] = await runOnQueue(queue, requests(1), options)
    await stop()
    expect(failed!.reason).toMatch(
      /has completed it, but not in \/study: do all machines see the same folder\?$/,
    )
  })

  it('replaces waiting runs by those of a changed plan, and drops what the plan no longer has', async () => {
    await leaveWaiting(3)
    const waiting = wait(requests(2).map((request) => ({ ...request, hash: 'changed' })))
    const isNew = async () =>
      (await queue.getJobs(['prioritized'])).every(({ data }) => data.hash === 'changed')
    while (!(await isNew())) await sleep(20)
    const made: string[] = []
    const { stop } = workers(1, async ({ run, hash }) => {
      made.push(`${run.fold} ${hash}`)
      return true
    })
    expect(await waiting).toEqual([])
    await stop()
    expect(made.toSorted()).toEqual(['0 changed', '1 changed'])
  })

  it('waits for a running run of the old plan, and then has it made again', async () => {
    const made: string[] = []
    let go = () => {}
    const asked = new Promise<void>((resolve) => {
      go = resolve
    })
    const { stop } = workers(1, async ({ hash }) => {
      made.push(hash)
      if (made.length === 1) await asked
      return true
    })
    const control = new AbortController()
    const before = wait(requests(1), control.signal)
    while (made.length === 0) await sleep(20)
    control.abort()
    await before
    const waiting = wait([{ ...requests(1)[0]!, hash: 'changed' }])
    await sleep(1500)
    go()
    expect(await waiting).toEqual([])
    await stop()
    expect(made).toEqual(['hash of 0', 'changed'])
  })

  it('waits for a run of the old plan that a worker takes just as it is to be replaced', async () => {
    await leaveWaiting(2)
    // What a worker leaves in Redis as soon as it takes a run.
    const client = new Client(redis.url)
    for (const request of requests(2))
      await client.set(`${queue.toKey(jobIdOf(request))}:lock`, 'a worker', 'PX', 3000)
    client.disconnect()
    const waiting = wait([{ ...requests(2)[0]!, hash: 'changed' }])
    const isNew = async () => (await queue.getJob(jobIdOf(requests(1)[0]!)))?.data.hash === 'changed'
    while (!(await isNew())) await sleep(20)
    const made: string[] = []
    const { stop } = workers(1, async ({ run, hash }) => {
      made.push(`${run.fold} ${hash}`)
      return true
    })
    expect(await waiting).toEqual([])
    await stop()
    expect(made).toContain('0 changed')
  })

  it('stops at once when told to, even if Redis is gone', async () => {
    const control = new AbortController()
    const waiting = wait(requests(1), control.signal)
    while ((await queue.getJobCountByTypes('prioritized')) < 1) await sleep(20)
    await redis.stop()
    await sleep(1500)
    control.abort()
    expect(await waiting).toEqual([])
    await redis.begin()
  })

  it('identifies a run by its study, whatever its plan', () => {
    const [one, two] = requests(2)
    expect(jobIdOf(one!)).toBe(jobIdOf({ ...one!, threads: 4, hash: 'other' }))
    const others = [two!, { ...one!, out: '/other' }, { ...one!, store: 's3://b/p' }]
    expect(new Set([one!, ...others].map(jobIdOf)).size).toBe(4)
  })
})

it.skipIf(!hasRedis)('names the address of a Redis that does not answer', async () => {
  await expect(openQueue('redis://me:secret@127.0.0.1:1')).rejects.toThrow(
    /^redis:\/\/127\.0\.0\.1:1: Redis cannot be reached \(.*ECONNREFUSED.*\)\. Start it/,
  )
})

it.skipIf(!hasRedis)('says so if Redis accepts a connection and then stays silent', async () => {
  const own = await Redis.start()
  own.pause()
  await expect(openQueue(own.url)).rejects.toThrow(
    `${own.url}: Redis cannot be reached (no answer within 5 s). Start it`,
  )
  await own.stop()
})

describe.skipIf(!hasRedis)('a Redis that accepts or stores nothing gives one line with the remedy:', () => {
  it.each([
    [['--requirepass', 'secret'], 'Redis asks for a password. Give it as redis://:password@host'],
    [['--maxmemory', '1mb'], 'Redis is full. Give it more memory'],
    [
      ['--maxmemory', '100mb', '--maxmemory-policy', 'allkeys-lru'],
      'this Redis evicts keys (its maxmemory-policy is allkeys-lru). Set that to noeviction',
    ],
    [['--replicaof', '127.0.0.1 1'], 'this Redis is a read-only replica. Give the address of its primary'],
  ])('%j', async (flags, message) => {
    const own = await Redis.start(...flags)
    if (flags.includes('1mb')) await fill(own.url)
    await expect(openQueue(own.url)).rejects.toThrow(`${own.url}: ${message}`)
    await own.stop()
  })

  it('a wrong password', async () => {
    const own = await Redis.start('--requirepass', 'secret')
    const url = own.url.replace('//', '//:wrong@')
    await expect(openQueue(url)).rejects.toThrow(`${own.url}: Redis does not know this user and password`)
    await own.stop()
  })
})

async function fill(url: string): Promise<void> {
  const client = new Client(url)
  await client.config('SET', 'maxmemory', '1')
  client.disconnect()
}

it.skipIf(!hasRedis)('a worker that is stopped while Redis is gone ends', async () => {
  const own = await Redis.start()
  const asking = await openQueue(own.url)
  const stop = new AbortController()
  const control = new AbortController()
  const progress = new StudyProgress('test', [], { several: true })
  const collect = async () => true
  const options = { progress, board: board(), signal: stop.signal, priority: 1, collect }
  const waiting = runOnQueue(asking, requests(1), options)
  const gone = resolvable()
  const ended = work({
    url: own.url,
    jobs: 1,
    make: async () => true,
    signal: control.signal,
    note: (line) => line.startsWith('Redis: ') && gone.resolve(),
  })
  await waiting
  await own.stop()
  await gone.promise
  control.abort()
  await ended
  await closeQueue(asking)
})

function resolvable() {
  let resolve = () => {}
  const promise = new Promise<void>((done) => {
    resolve = done
  })
  return { promise, resolve }
}
