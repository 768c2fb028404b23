import { type ChildProcess, spawn } from 'node:child_process'
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { beforeAll, expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { main } from '../../src/cli/main.ts'
import { readMetrics, type StepMetrics } from '../../src/training/metrics.ts'

// The program as a user runs it, in a process of its own, so that a kill is a real one. `npm test` builds it first.
const program = fileURLToPath(new URL('../../bin/regard.js', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'regard-kill-'))
const ITERATIONS = 300
const CHECKPOINTS = 7

beforeAll(async () => {
  await main(['dataset', 'synthesize', join(folder, 'faces'), '--count', '120', '--seed', '5'])
  writeFileSync(
    join(folder, 'schedule.yaml'),
    `rate: 0.01\ngamma: 0.1\nsteps: [250]\nbatch: 32\niterations: ${ITERATIONS}\n` +
      `validateEvery: 60\ncheckpointEvery: ${CHECKPOINTS}\nsnapshotEvery: 120\n`,
  )
})

/** A training in its own process, and its standard error so far. */
interface Training {
  readonly child: ChildProcess
  readonly said: () => string
}

function start(out: string, ...flags: string[]): Training {
  const args = ['train', '--data', 'synthetic:faces', '--task', 'gender', '--network', 'adiencenet']
  const size = ['--input', '51', '--width', '0.1', '--fold', '0/3', '--schedule', 'schedule.yaml']
  const child = spawn(
    process.execPath,
    [program, ...args, ...size, '--aligned', 'aligned', '--out', out, ...flags],
    { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] },
  )
  let said = ''
  child.stderr!.on('data', (text) => {
    said += text
  })
  return { child, said: () => said }
}

/** @returns the exit code, or the signal that ended it */
function ended(child: ChildProcess): Promise<number | NodeJS.Signals> {
  return new Promise((resolve) => child.on('close', (code, signal) => resolve(code ?? signal!)))
}

const lines = (out: string) => readMetrics(join(folder, out, 'metrics.jsonl'))
const lastOf = (out: string) => lines(out).at(-1)?.iteration ?? 0
const inode = (path: string) => statSync(path, { throwIfNoEntry: false })?.ino

/**
 * Wait until the training that was just started has done an iteration; those of an earlier training do not count.
 *
 * @param before the inode of its metrics before the start, which writes them anew
 * @returns the iteration that it continued from, or a few more
 */
async function reached(
  { child, said }: Training,
  out: string,
  iteration: number,
  before: number | undefined,
): Promise<number> {
  const until = async (condition: () => boolean) => {
    while (!condition()) {
      if (child.exitCode !== null) throw new Error(`it ended before iteration ${iteration}: ${said()}`)
      await setTimeout(1)
    }
  }
  await until(() => inode(join(folder, out, 'metrics.jsonl')) !== before)
  const from = lastOf(out)
  await until(() => lastOf(out) > Math.max(iteration, from))
  return from
}

test('a training that is killed at 20 random moments, also on damaged checkpoints, gives the same bits', async () => {
  expect(await ended(start('whole').child)).toBe(0)

  const random = new Random('kill')
  const out = 'killed'
  const metrics = join(folder, out, 'metrics.jsonl')
  const checkpoint = join(folder, out, 'checkpoint.safetensors')
  const targets = Array.from({ length: 20 }, () => 1 + random.integer(0.75 * ITERATIONS)).sort(
    (a, b) => a - b,
  )
  let expected = 0
  let complaint: RegExp | undefined
  for (const [moment, target] of targets.entries()) {
    const before = inode(metrics)
    const training = start(out, '--resume')
    const end = ended(training.child)
    const from = await reached(training, out, target, before)
    // Anywhere within an iteration, a checkpoint or a snapshot.
    await setTimeout(random.uniform(0, 30))
    training.child.kill('SIGKILL')
    expect(await end).toBe('SIGKILL')
    expect(from, `moment ${moment}`).toBeGreaterThanOrEqual(expected)
    if (complaint) expect(training.said()).toMatch(complaint)

    // An unfinished checkpoint is lost; a damaged one costs another interval.
    expected = lastOf(out) - 2 * CHECKPOINTS
    complaint = undefined
    if ((moment !== 8 && moment !== 14) || !existsSync(checkpoint)) continue
    expected -= CHECKPOINTS
    complaint = /checkpoint\.safetensors: .*; using the one before it/
    if (moment === 8) {
      const bytes = readFileSync(checkpoint)
      bytes[random.integer(bytes.length)]! ^= 1
      writeFileSync(checkpoint, bytes)
    } else {
      truncateSync(checkpoint, random.integer(statSync(checkpoint).size))
    }
  }
  expect(await ended(start(out, '--resume').child)).toBe(0)

  const kept = ['model.onnx', 'model.mean.npy', 'model.card.yaml', 'predictions.csv', 'result.json']
  const snapshots = readdirSync(join(folder, 'whole', 'snapshots')).map((name) => join('snapshots', name))
  expect(snapshots.length).toBe(3 * 2)
  for (const file of [...kept, ...snapshots]) {
    const [a, b] = ['whole', out].map((run) => readFileSync(join(folder, run, file)))
    expect(a!.equals(b!), file).toBe(true)
  }
  const [a, b] = ['whole', out].map((run) =>
    lines(run).map(({ time: _, ...metric }) => ({ ...metric, seconds: 0 })),
  )
  expect(a).toEqual(b)
  expect(readdirSync(join(folder, out)).sort()).toEqual([
    'SHA256SUMS',
    'config.json',
    expect.stringMatching(/^events\.out\.tfevents\.\d+\.regard$/),
    'metrics.jsonl',
    'model.card.yaml',
    'model.mean.npy',
    'model.onnx',
    'model.photos.npy',
    'predictions.csv',
    'result.json',
    'snapshots',
  ])
})

test('Ctrl-C leaves a checkpoint and says how to resume, and resuming gives the same bits', async () => {
  const out = 'stopped'
  const first = start(out)
  const end = ended(first.child)
  await reached(first, out, 50, undefined)
  first.child.kill('SIGINT')
  expect(await end).toBe(130)
  expect(first.said()).toContain('Nothing is lost: the same command with --resume continues from here.')
  // The metrics end at the checkpoint.
  const stoppedAt = lastOf(out)

  const again = start(out)
  expect(await ended(again.child)).toBe(1)
  expect(again.said()).toMatch(
    /stopped: already holds a run, which is not finished\. Resume it with --resume/,
  )

  const resumed = start(out, '--resume')
  const finished = ended(resumed.child)
  const from = await reached(resumed, out, 0, inode(join(folder, out, 'metrics.jsonl')))
  expect(from).toBeGreaterThanOrEqual(stoppedAt)
  expect(await finished).toBe(0)
  const [a, b] = ['whole', out].map((run) => readFileSync(join(folder, run, 'model.onnx')))
  expect(a!.equals(b!)).toBe(true)
  const steps = lines(out).filter((line): line is StepMetrics => 'loss' in line)
  expect(steps.map(({ iteration }) => iteration)).toEqual(Array.from({ length: ITERATIONS }, (_, k) => k + 1))
})
