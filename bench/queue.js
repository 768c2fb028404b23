/**
 * The queue and its workers without the runs, which only wait, on a separate Redis (Debian: `redis-server`):
 *
 *   npm run bench -- queue
 *
 * Each worker is a process of its own, as on machines of their own. First, 64 runs of one second by one worker and by
 * eight. Then the paper's whole grid, `examples/adience-paper.yaml`, each run waiting a part of what it would take: the
 * time that workers spend on anything else, from a run's end to the beginning of the next.
 */

import { fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { openQueue, runOnQueue } from '../dist/study/execution/queue.js'
import { StudyProgress } from '../dist/study/execution/studyProgress.js'
import { work } from '../dist/study/execution/worker.js'
import { gridOf } from '../dist/study/grid.js'
import { readPlan } from '../dist/study/plan.js'
import { expectedRuns } from '../dist/study/prepareRuns.js'
import { roughSeconds } from '../dist/study/workload.js'
import { describeMachine } from './measure.js'

const PORT = 7411
const URL = `redis://127.0.0.1:${PORT}`
const WORKERS = 8
/** Seconds that the whole grid waits, all runs together. */
const GRID_SECONDS = 480

if (process.env.REGARD_BENCH_WORKER) {
  await work({
    url: URL,
    jobs: 1,
    signal: new AbortController().signal,
    note: () => {},
    make: async (order) => {
      process.send({ begun: order.run, at: Date.now() })
      await sleep(1000 * order.wait)
      process.send({ ended: order.run, at: Date.now() })
      return true
    },
  })
} else {
  describeMachine()
  const folder = mkdtempSync(join(tmpdir(), 'regard-bench-queue-'))
  const flags = ['--port', PORT, '--bind', '127.0.0.1', '--save', '', '--dir', folder]
  const redis = spawn('redis-server', flags, { stdio: ['ignore', 'pipe', 'ignore'] })
  try {
    for await (const text of redis.stdout) if (String(text).includes('eady to accept')) break
    const queue = await openQueue(URL)
    try {
      await bench(queue)
    } finally {
      await queue.close()
    }
  } finally {
    redis.kill()
    await once(redis, 'exit')
  }
}

async function bench(queue) {
  const plan = readPlan(fileURLToPath(new globalThis.URL('../examples/adience-paper.yaml', import.meta.url)))
  const grid = gridOf(plan)
  const seconds = new Map(expectedRuns(plan, grid, 17_500, 2).map((each) => [each.run, roughSeconds(each)]))

  const short = grid.slice(0, 64).map((run) => ({ run, wait: 1 }))
  const one = await made(queue, 'one', short, 1)
  const eight = await made(queue, 'eight', short, WORKERS)
  console.log(
    `64 runs of 1 s: ${one.wall.toFixed(1)} s by one worker, ${eight.wall.toFixed(1)} s by ${WORKERS}`,
  )
  console.log(`  ${(one.wall / eight.wall).toFixed(2)} times as fast`)

  const all = [...seconds.values()].reduce((sum, each) => sum + each)
  const scaled = grid.map((run) => ({ run, wait: (GRID_SECONDS * seconds.get(run)) / all }))
  scaled.sort((a, b) => b.wait - a.wait)
  const { wall, times, between } = await made(queue, 'grid', scaled, WORKERS)
  console.log(
    `the paper's grid, ${grid.length} runs of ${GRID_SECONDS} s in all: ${wall.toFixed(1)} s by ${WORKERS} workers`,
  )
  console.log(`  begun ${times.begun}, ended ${times.ended}: none lost and none done twice`)
  console.log(`  between two runs of a worker: ${between.toFixed(1)} ms in the mean`)
  const over = (WORKERS * wall) / GRID_SECONDS - 1
  console.log(
    `  more than the runs themselves, workers that are left without a run at the end included: ${(100 * over).toFixed(2)} %`,
  )
}

/** Let this many workers make runs. */
async function made(queue, out, runs, count) {
  const told = []
  const workers = Array.from({ length: count }, () => {
    const worker = fork(fileURLToPath(import.meta.url), [], {
      env: { ...process.env, REGARD_BENCH_WORKER: '1' },
    })
    const own = []
    worker.on('message', (message) => own.push(message))
    told.push(own)
    return worker
  })
  // Workers are there before the runs.
  while ((await queue.getWorkersCount()) < count) await sleep(50)
  const orders = runs.map(({ run, wait }) => ({ run, wait, hash: out, out, threads: 1 }))
  const progress = new StudyProgress('bench', [], true)
  const signal = new AbortController().signal
  await runOnQueue(queue, orders, { progress, signal, priority: 1, collect: async () => true })
  for (const worker of workers) worker.kill('SIGKILL')
  const all = told.flat()
  const at = (what) => all.filter((message) => message[what]).map((message) => message.at)
  const gaps = told.flatMap((own) =>
    own.flatMap((message, k) => (message.begun && k > 0 ? [message.at - own[k - 1].at] : [])),
  )
  const times = { begun: at('begun').length, ended: at('ended').length }
  if (times.begun !== runs.length || times.ended !== runs.length) throw new Error(JSON.stringify(times))
  return {
    wall: (Math.max(...at('ended')) - Math.min(...at('begun'))) / 1000,
    times,
    between: gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length,
  }
}
