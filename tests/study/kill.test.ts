import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'
import { writeAtomic } from '../../src/base/files.ts'
import { holderOf } from '../../src/base/lock.ts'
import { Random } from '../../src/base/random.ts'
import { readMetrics } from '../../src/training/metrics.ts'
import { hasRedis, Redis } from '../redis.ts'
import { TINY_PLAN, writePlan } from './tinyStudy.ts'

// The program as a user runs it, in processes of its own, so that a kill is a real one. `npm test` builds it first.
const program = fileURLToPath(new URL('../../bin/regard.js', import.meta.url))
/** Two runs at a time. The number of threads affects a run's bits. */
const TWO = ['--jobs', '2', '--threads', '1']
const RUNS = ['gender-adiencenet-i-fold1', 'gender-adiencenet-r-fold1']

const plan = TINY_PLAN.replace('[age, gender]', '[gender]')
  .replace('[r, i, m]', '[r, i]')
  .replace('iterations: 6', 'iterations: 100')
  .replace('validateEvery: 3', 'validateEvery: 50')
  .replace('checkpointEvery: 3', 'checkpointEvery: 7\n  snapshotEvery: 50')

function regard(...args: string[]): ChildProcess {
  return spawn(process.execPath, [program, ...args], { stdio: 'ignore' })
}

/** The same, with its exit code and all its output. */
async function told(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const child = spawn(process.execPath, [program, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr.on('data', (text) => {
    said += text
  })
  const [code] = await once(child, 'close')
  return { code, said }
}

/** How a process ended: by a signal, or null. */
async function end(process: ChildProcess): Promise<NodeJS.Signals | null> {
  if (process.exitCode === null && process.signalCode === null) await once(process, 'exit')
  return process.signalCode
}

/** The child processes of a process. */
function childrenOf({ pid }: ChildProcess): number[] {
  const file = `/proc/${pid}/task/${pid}/children`
  return existsSync(file) ? readFileSync(file, 'utf8').split(' ').filter(Boolean).map(Number) : []
}

/** An undisturbed study, and the milliseconds that it took. */
let out = ''
let taken = 0
beforeAll(async () => {
  const whole = writePlan(plan)
  const started = performance.now()
  expect(await end(regard('study', whole.plan, '--out', whole.out, ...TWO))).toBe(null)
  out = whole.out
  taken = performance.now() - started
})

/** Expect every file of the runs to be the same, except those that contain times. */
function expectSameBits(one: string, other: string): void {
  for (const run of RUNS) {
    const names = (out: string) =>
      readdirSync(join(out, 'runs', run), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && !/^(events|metrics|SHA256SUMS)/.test(entry.name))
        .map((entry) => join(entry.parentPath, entry.name).slice(join(out, 'runs', run).length + 1))
        .sort()
    expect(names(other)).toEqual(names(one))
    expect(names(one).length).toBeGreaterThan(10)
    for (const name of names(one)) {
      const [a, b] = [one, other].map((out) => readFileSync(join(out, 'runs', run, name)))
      expect(a!.equals(b!), `${run}/${name}`).toBe(true)
    }
  }
}

describe('a study whose processes are killed or stopped ends with the same bits as an undisturbed one:', () => {
  test('the one that the user started, and those that make runs', async () => {
    const killed = writePlan(plan)
    const random = new Random('kill')
    const kills = { parent: 0, stopped: 0, child: 0 }
    // By training progress, not by time: the machine's load may change.
    const trained = () =>
      RUNS.reduce((sum, run) => sum + readMetrics(join(killed.out, 'runs', run, 'metrics.jsonl')).length, 0)
    const wait = async (study: ChildProcess, most: number) => {
      const target = trained() + random.uniform(-2, most)
      while (trained() < target && study.exitCode === null && study.signalCode === null) await sleep(5)
    }
    for (let attempt = 0; attempt < 4; attempt++) {
      const study = regard('study', killed.plan, '--out', killed.out, ...TWO)
      if (attempt % 2 === 0) await wait(study, 30)
      else {
        while (childrenOf(study).length === 0 && study.exitCode === null) await sleep(5)
        await wait(study, 12)
        for (const child of childrenOf(study)) {
          process.kill(child, 'SIGKILL')
          kills.child++
        }
        // It restarts; then the other one is killed too.
        await wait(study, 12)
      }
      const stops = attempt % 4 === 2
      if (study.exitCode === null && study.kill(stops ? 'SIGTERM' : 'SIGKILL'))
        kills[stops ? 'stopped' : 'parent']++
      await end(study)
      // Before it listens for signals, one ends it like any program.
      if (stops) expect([0, 143, null]).toContain(study.exitCode)
    }
    expect(kills.parent).toBeGreaterThan(1)
    expect(kills.stopped).toBeGreaterThan(0)
    expect(kills.child).toBeGreaterThan(1)
    const { code, said } = await told(['study', killed.plan, '--out', killed.out, ...TWO])
    expect(code, said).toBe(0)
    expectSameBits(out, killed.out)
  })

  test.each([
    ['killed', 'SIGKILL', 'its process was killed (SIGKILL), probably because memory ran out'],
    [
      'stopped',
      'SIGTERM',
      'its process was stopped from outside (SIGTERM), perhaps because memory ran short',
    ],
  ] as const)(
    'a run whose process is %s every time, as if out of memory, is set aside, and the other is made',
    async (_, signal, what) => {
      const killed = writePlan(plan)
      const args = ['study', killed.plan, '--out', killed.out, ...TWO]
      const [name] = RUNS
      const lock = join(killed.out, 'runs', `${name}.lock`)
      const seen = new Set<number>()
      const watch = setInterval(() => {
        const pid = holderOf(lock)?.pid
        if (pid === undefined || seen.has(pid)) return
        seen.add(pid)
        process.kill(pid, signal)
      }, 5)
      const { code, said } = await told(args)
      clearInterval(watch)
      expect(seen.size).toBe(3)
      expect(code).toBe(1)
      const why = `${what}. Make fewer runs at a time (a smaller --jobs), or train with a smaller batch`
      expect(said.split(`${name} is tried again: ${why}\n`)).toHaveLength(3)
      expect(said).toContain(`regard: 1 run failed:\n  ${name}: ${why}\n`)
      const again = await told(args)
      expect(again.code, again.said).toBe(0)
      expectSameBits(out, killed.out)
    },
  )

  test.skipIf(!hasRedis)('one of two workers, on a queue in a real Redis', async () => {
    const redis = await Redis.start()
    const killed = writePlan(plan)
    const random = new Random('kill a worker')
    const worker = () => regard('worker', '--queue', redis.url)
    const workers = [worker(), worker()]
    const study = regard('study', killed.plan, '--out', killed.out, '--queue', redis.url, '--threads', '1')
    for (let kill = 0; kill < 2; kill++) {
      while (childrenOf(workers[kill]!).length === 0 && study.exitCode === null) await sleep(20)
      await sleep(random.uniform(0, 0.4) * taken)
      workers[kill]!.kill('SIGKILL')
      workers[kill] = worker()
    }
    expect(await end(study)).toBe(null)
    expect(study.exitCode).toBe(0)
    for (const each of workers) each.kill('SIGTERM')
    for (const each of workers) await end(each)
    await redis.stop()
    expectSameBits(out, killed.out)
  })

  const faketime = jumpingClock()
  test.skipIf(!hasRedis || !faketime)(
    'a worker and a study whose clocks jump by days, back and forth',
    async () => {
      const redis = await Redis.start()
      const [queued, local] = [writePlan(plan), writePlan(plan)]
      const { env, jump } = faketime!
      const days = [30, -30, 1, 0]
      const jumping = setInterval(() => jump(days[Math.floor(performance.now() / 1000) % 4]!), 250)
      const worker = spawn(process.execPath, [program, 'worker', '--queue', redis.url], {
        env: { ...process.env, ...env },
        stdio: 'ignore',
      })
      const byQueue = await told(
        ['study', queued.plan, '--out', queued.out, '--queue', redis.url, '--threads', '1'],
        env,
      )
      worker.kill('SIGTERM')
      await end(worker)
      expect(worker.exitCode).toBe(0)
      await redis.stop()
      const here = await told(['study', local.plan, '--out', local.out, ...TWO], env)
      clearInterval(jumping)
      for (const [{ code, said }, folder] of [
        [byQueue, queued.out],
        [here, local.out],
      ] as const) {
        expect(code, said).toBe(0)
        expect(said).not.toMatch(/NaN|Infinity|-\d+ (s|min|h|d)|\d{3,} d /)
        expectSameBits(out, folder)
      }
    },
  )
})

/** Debian's libfaketime, if installed: the environment for programs whose clock it sets, and how to set it. */
function jumpingClock(): { env: NodeJS.ProcessEnv; jump: (days: number) => void } | undefined {
  const library = ['x86_64', 'aarch64']
    .map((processor) => `/usr/lib/${processor}-linux-gnu/faketime/libfaketimeMT.so.1`)
    .find(existsSync)
  if (!library) {
    console.warn('SKIPPED: libfaketime is not installed, which lets a clock jump')
    return undefined
  }
  const file = join(mkdtempSync(join(tmpdir(), 'regard-clock-')), 'clock')
  const jump = (days: number) => writeAtomic(file, `${days < 0 ? '' : '+'}${24 * 3600 * days}\n`)
  jump(0)
  const env = {
    LD_PRELOAD: library,
    FAKETIME_TIMESTAMP_FILE: file,
    FAKETIME_NO_CACHE: '1',
    // Only the time of day jumps. File times come from the disk.
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
    NO_FAKE_STAT: '1',
  }
  return { env, jump }
}
