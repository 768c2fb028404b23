import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { hasRedis, Redis } from '../redis.ts'
import { TINY_PLAN, writePlan } from './tinyStudy.ts'

// The program as a user runs it, in processes of its own, so that a kill is a real one. `npm test` builds it first.
const program = fileURLToPath(new URL('../../bin/regard.js', import.meta.url))
const RUNS = ['gender-adiencenet-i-fold1', 'gender-adiencenet-r-fold1']

const plan = TINY_PLAN.replace('[age, gender]', '[gender]')
  .replace('[r, i, m]', '[r, i]')
  .replace('iterations: 6', 'iterations: 200')
  .replace('validateEvery: 3', 'validateEvery: 100')
  .replace('checkpointEvery: 3', 'checkpointEvery: 7\n  snapshotEvery: 100')

function regard(...args: string[]): ChildProcess {
  return spawn(process.execPath, [program, ...args], { stdio: 'ignore' })
}

/** How a process ended: by a signal, or null. */
async function end(process: ChildProcess): Promise<NodeJS.Signals | null> {
  if (process.exitCode === null && process.signalCode === null) await once(process, 'exit')
  return process.signalCode
}

/** The processes that a process has begun. */
function childrenOf({ pid }: ChildProcess): number[] {
  const file = `/proc/${pid}/task/${pid}/children`
  return existsSync(file) ? readFileSync(file, 'utf8').split(' ').filter(Boolean).map(Number) : []
}

/** A study that was not disturbed, and the seconds that it took. */
async function undisturbed(): Promise<{ out: string; taken: number }> {
  const whole = writePlan(plan)
  const started = performance.now()
  expect(await end(regard('study', whole.plan, '--out', whole.out))).toBe(null)
  return { out: whole.out, taken: performance.now() - started }
}

/** Expect every file of the runs to be the same, except for those with times in them. */
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

describe('a study whose processes are killed with SIGKILL ends with the same bits as one that was not disturbed:', () => {
  test('the one that the user started, and those that make runs', { timeout: 240_000 }, async () => {
    const { out, taken } = await undisturbed()
    const killed = writePlan(plan)
    const random = new Random('kill')
    const kills = { parent: 0, child: 0 }
    // So early, however fast the machine is, that most of them come before the study can have ended.
    const wait = (study: ChildProcess, most: number) =>
      Promise.race([sleep(random.uniform(0.05, most) * taken), end(study)])
    for (let attempt = 0; attempt < 8; attempt++) {
      const study = regard('study', killed.plan, '--out', killed.out)
      if (attempt % 2 === 0) await wait(study, 0.4)
      else {
        while (childrenOf(study).length === 0 && study.exitCode === null) await sleep(5)
        await wait(study, 0.15)
        for (const child of childrenOf(study)) {
          process.kill(child, 'SIGKILL')
          kills.child++
        }
        // It is begun again; then the other one is killed too.
        await wait(study, 0.15)
      }
      if (study.exitCode === null && study.kill('SIGKILL')) kills.parent++
      await end(study)
    }
    expect(kills.parent).toBeGreaterThan(2)
    expect(kills.child).toBeGreaterThan(1)
    expect(await end(regard('study', killed.plan, '--out', killed.out))).toBe(null)
    expectSameBits(out, killed.out)
  })

  test.skipIf(!hasRedis)('one of two workers, on a queue in a real Redis', { timeout: 240_000 }, async () => {
    const { out, taken } = await undisturbed()
    const redis = await Redis.start()
    const killed = writePlan(plan)
    const random = new Random('kill a worker')
    const worker = () => regard('worker', '--queue', redis.url)
    const workers = [worker(), worker()]
    const study = regard('study', killed.plan, '--out', killed.out, '--queue', redis.url)
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
})
