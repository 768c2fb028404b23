import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { hostname } from 'node:os'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Folders } from '../../src/server/folders.ts'
import { type Listening, listen } from '../../src/server/listen.ts'
import { hasRedis, Redis } from '../redis.ts'
import { TINY_PLAN, writePlan } from '../study/tinyStudy.ts'
import { seriousFaults } from './axe.ts'
import { hasChromium, type Opened, openStudio } from './open.ts'

const PROGRAM = fileURLToPath(new URL('../../bin/regard.js', import.meta.url))

// Runs of some seconds, so that the page shows who makes them before they end.
const PLAN = TINY_PLAN.replace('[r, i, m]', '[r, i]')
  .replace('[age, gender]', '[gender]')
  .replace('iterations: 6', 'iterations: 2500')
  .replace('validateEvery: 3', 'validateEvery: 500')
  .replace('checkpointEvery: 3', 'checkpointEvery: 500')

describe.skipIf(!hasRedis || !hasChromium)('a study that workers of a queue make', () => {
  let redis: Redis
  let server: Listening
  let studio: Opened
  let begun: ChildProcess[] = []
  const { folder, plan, out } = writePlan(PLAN)
  beforeAll(async () => {
    redis = await Redis.start()
    server = await listen({ port: 0, folders: new Folders(folder) })
    studio = await openStudio({ url: server.url, hash: '#/study' })
  })
  afterAll(async () => {
    for (const child of begun) child.kill()
    await studio?.close()
    await server?.close()
    await redis?.stop()
  })

  function regard(...args: string[]): ChildProcess {
    const child = spawn(process.execPath, [PROGRAM, ...args, '--queue', redis.url], { stdio: 'ignore' })
    begun = [...begun, child]
    return child
  }

  test('is watched: what waits, who makes what, and what is made', async () => {
    const { page } = studio
    const study = regard('study', plan, '--out', out, '--threads', '1')
    const ended = once(study, 'exit')
    await page.getByRole('link', { name: 'tiny' }).click()
    const waiting = page.getByRole('row', { name: /^gender A.*Waiting.*in the queue/ })
    await waiting.nth(1).waitFor()

    const worker = regard('worker')
    const self = `${hostname()}:${worker.pid}`
    const made = page.getByRole('row', { name: /^gender A.*Training/ })
    await made.filter({ hasText: `by ${self}` }).waitFor()
    expect(await made.count()).toBe(1)
    expect(await waiting.count()).toBe(1)

    // It puts its run back, and another goes on with it.
    worker.kill('SIGTERM')
    await once(worker, 'exit')
    await waiting.nth(1).waitFor()
    const other = regard('worker')
    await made.filter({ hasText: `by ${hostname()}:${other.pid}` }).waitFor()
    expect(await seriousFaults(page)).toEqual([])
    await page.getByText('2 of 2 runs finished.').waitFor()
    expect((await ended)[0]).toBe(0)
    expect(studio.faults).toEqual([])
  })
})
