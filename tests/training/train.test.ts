import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { nodeEngine } from '../../src/engine/node.ts'
import type { HideWay } from '../../src/training/hiding.ts'
import { type TrainedNetwork, type TrainingOptions, train } from '../../src/training/train.ts'
import { trainableWeights } from '../../src/training/trainableWeights.ts'
import { smallDisk } from '../smallDisk.ts'
import { labelMaps, patches } from './pictures.ts'

const engine = await nodeEngine({ threads: 2 })
const folder = () => mkdtempSync(join(tmpdir(), 'regard-train-'))

function options(changes: Partial<TrainingOptions> = {}): TrainingOptions {
  return {
    engine,
    network: 'adiencenet',
    width: 0.125,
    input: 51,
    classes: 2,
    train: patches(64, 58, 'train'),
    validation: patches(20, 58, 'validation'),
    schedule: {
      batch: 16,
      iterations: 60,
      rate: 0.01,
      gamma: 0.1,
      steps: [55],
      momentum: 0.9,
      decay: 0.0005,
      validateEvery: 15,
      checkpointEvery: 7,
    },
    seed: 'train',
    folder: folder(),
    ...changes,
  }
}

/** A digest of every bit of the weights. */
function bits({ network }: TrainedNetwork): string {
  const hash = createHash('sha256')
  for (const [name, { data }] of network.initializers) {
    hash.update(name).update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
  }
  return hash.digest('hex')
}

function linesOf(run: TrainingOptions) {
  const text = readFileSync(join(run.folder, 'metrics.jsonl'), 'utf8')
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
}

test('a network learns, reports progress, and the same seed gives the same bits', async () => {
  const first = options()
  const trained = await train(first)
  expect(trained.finished).toBe(true)
  const lines = linesOf(first)
  const steps = lines.filter((line) => 'loss' in line)
  expect(steps.map(({ iteration }) => iteration)).toEqual(Array.from({ length: 60 }, (_, k) => k + 1))
  const losses = steps.map((line) => line.loss)
  expect(losses.at(-1)).toBeLessThan(0.7 * losses[0])
  expect(lines.filter((line) => line.validation).map((line) => line.iteration)).toEqual([15, 30, 45, 60])
  expect(lines.at(-1).validation.accuracy).toBeGreaterThan(0.9)
  // The rate drops at iteration 55.
  expect(lines.filter((line) => line.rate < 0.005).map((line) => line.iteration)).toEqual([
    56, 57, 58, 59, 60,
  ])

  expect(bits(await train(options()))).toBe(bits(trained))
  expect(bits(await train(options({ seed: 'another' })))).not.toBe(bits(trained))
})

test('a run stopped by a signal at any point resumes and ends with the same bits', async () => {
  const whole = bits(await train(options()))
  for (const stopAt of [1, 20, 33]) {
    const run = options()
    const controller = new AbortController()
    const stopped = await train({
      ...run,
      signal: controller.signal,
      progress: ({ iteration }) => iteration >= stopAt && controller.abort(),
    })
    expect(stopped.finished).toBe(false)
    expect(stopped.iterations).toBeLessThan(60)
    const resumed = await train(run)
    expect(bits(resumed)).toBe(whole)
    const iterations = linesOf(run)
      .filter((line) => 'loss' in line)
      .map((line) => line.iteration)
    expect(iterations).toEqual([...new Set(iterations)].sort((a, b) => a - b))
  }
})

test('a damaged checkpoint is noticed, and the previous one used', async () => {
  const run = options()
  const whole = bits(await train({ ...run, folder: folder() }))
  const controller = new AbortController()
  await train({
    ...run,
    signal: controller.signal,
    progress: ({ iteration }) => iteration >= 20 && controller.abort(),
  })
  const latest = join(run.folder, 'checkpoint.safetensors')
  const bytes = readFileSync(latest)
  bytes[bytes.length >> 1]! ^= 1
  writeFileSync(latest, bytes)
  expect(bits(await train(run))).toBe(whole)

  truncateSync(latest, 1000)
  const previous = join(run.folder, 'checkpoint.previous.safetensors')
  expect(existsSync(previous)).toBe(true)
  expect(bits(await train(run))).toBe(whole)

  // A kill can come after the good one was made, and before it replaces the damaged one.
  const next = join(run.folder, 'checkpoint.next.safetensors')
  renameSync(latest, next)
  truncateSync(previous, 1000)
  const quiet = vi.spyOn(console, 'error')
  expect(bits(await train(run))).toBe(whole)
  expect(quiet).not.toHaveBeenCalled()
  renameSync(next, latest)

  // If neither is usable, the training is lost, and the run says so.
  for (const path of [latest, previous]) truncateSync(path, 1000)
  const said = vi.spyOn(console, 'error').mockImplementation(() => {})
  expect(bits(await train(run))).toBe(whole)
  expect(said.mock.calls.flat()).toEqual([
    expect.stringMatching(/checkpoint\.safetensors: .*; using the one before it$/),
    expect.stringMatching(/previous\.safetensors: .*; there is no earlier one: training from the beginning$/),
  ])
  said.mockRestore()
})

test('snapshots are the network after that many iterations, whether or not it was interrupted', async () => {
  const run = options({ schedule: { ...options().schedule, snapshotEvery: 25 } })
  const snapshots = new Map<number, string>()
  const keep = (one: TrainedNetwork) => snapshots.set(one.iterations, bits(one))
  const whole = await train({ ...run, snapshot: keep })
  expect([...snapshots.keys()]).toEqual([25, 50])
  const shorter = { ...options().schedule, iterations: 50 }
  expect(bits(await train(options({ schedule: shorter })))).toBe(snapshots.get(50))
  // Neither their number nor their presence changes the training.
  expect(bits(await train(options()))).toBe(bits(whole))

  const first = snapshots.get(25)
  snapshots.clear()
  const controller = new AbortController()
  const again = { ...run, folder: folder(), snapshot: keep }
  await train({
    ...again,
    signal: controller.signal,
    progress: ({ iteration }) => iteration >= 20 && controller.abort(),
  })
  await train(again)
  expect(snapshots.get(25)).toBe(first)
})

const disk = smallDisk('1000k')

test.skipIf(!disk)(
  'a full disk stops the run with a clear message, and it resumes once there is space',
  async () => {
    const whole = bits(await train(options()))
    const run = options({ folder: join(disk!, 'run') })
    // One checkpoint of this network takes 270 kB: with the ballast, a second one does not fit.
    writeFileSync(join(disk!, 'ballast'), Buffer.alloc(500_000))
    await expect(train(run)).rejects.toThrow(
      /checkpoint.*could not be written.*disk is full: free some space/s,
    )
    expect(readdirSync(run.folder).filter((name) => name.endsWith('.tmp'))).toEqual([])
    rmSync(join(disk!, 'ballast'))
    expect(bits(await train(run))).toBe(whole)
  },
)

test('a folder that holds another run is refused', async () => {
  const run = options({ schedule: { ...options().schedule, iterations: 7 } })
  await train(run)
  await expect(train({ ...run, seed: 'another' })).rejects.toThrow(/belongs to a run with other settings/)
})

test('starting weights say which layers took them, and belong to the run', async () => {
  const first = await train(options())
  const start = { weights: trainableWeights(first.network), where: 'first.onnx', freshRate: 10 }
  const schedule = { ...options().schedule, iterations: 7 }
  const three = patches(60, 58, 'three')
  const run = options({
    start,
    schedule,
    classes: 3,
    train: { ...three, labels: three.labels.map((_, k) => k % 3) },
  })
  const second = await train(run)
  expect(second.start).toEqual({ taken: ['conv1', 'conv2', 'conv3', 'fc6', 'fc7'], fresh: ['fc8'] })
  await expect(train({ ...run, start: { ...start, freshRate: 1 } })).rejects.toThrow(
    /belongs to a run with other settings/,
  )
  expect(first.start).toBeUndefined()
})

test('a network with heads is returned without them', async () => {
  const schedule = { ...options().schedule, iterations: 2, batch: 4 }
  const pictures = { train: patches(8, 90, 'train'), validation: patches(4, 90, 'validation') }
  const run = options({ network: 'googlenet', input: 79, width: 1 / 16, schedule, ...pictures })
  const { network } = await train(run)
  expect(network.outputs.map(({ name }) => name)).toEqual(['logits'])
  expect([...network.initializers.keys()].filter((name) => /^loss[12]/.test(name))).toEqual([])
  expect(network.nodes.some(({ name }) => name === 'loss3/classifier' || name === 'pool5/7x7_s1')).toBe(true)
})

test('a loss that became NaN stops the run and names the iteration and the last good checkpoint', async () => {
  const { schedule } = options()
  await expect(train(options({ schedule: { ...schedule, rate: 1e6 } }))).rejects.toThrow(
    /became NaN or infinite after iteration \d+\. There is no checkpoint yet/,
  )
  // Good until the rate rises with the iterations.
  const rising = { ...schedule, gamma: 1e9, steps: [20] }
  const run = options({ schedule: rising })
  const failure = await train(run).catch((error) => error.message)
  const [, iteration, kept] = /after iteration (\d+).*last good checkpoint, of iteration (\d+)/
    .exec(failure)!
    .map(Number)
  expect(iteration).toBeGreaterThan(20)
  expect(iteration).toBeLessThan(28)
  expect(kept! % 7 === 0 && kept! < iteration!).toBe(true)
})

test('training that runs out of patience stops early, even if it was interrupted', async () => {
  // A tiny rate brings no new best accuracy.
  const schedule = { ...options().schedule, rate: 1e-9, validateEvery: 4, patience: 2 }
  const whole = await train(options({ schedule }))
  expect(whole).toMatchObject({ iterations: 12, finished: true })
  const run = options({ schedule })
  const controller = new AbortController()
  await train({ ...run, signal: controller.signal, progress: () => controller.abort() })
  const again = await train(run)
  expect(again.iterations).toBe(12)
  expect(bits(again)).toBe(bits(whole))
  expect(bits(await train(run))).toBe(bits(whole))
})

test('a metrics file that lost its end in a crash changes nothing but the curves, and is reported', async () => {
  const schedule = { ...options().schedule, rate: 1e-9, validateEvery: 4, patience: 2 }
  const whole = await train(options({ schedule }))
  const run = options({ schedule })
  const controller = new AbortController()
  const progress = ({ iteration }: { iteration: number }) => iteration >= 9 && controller.abort()
  await train({ ...run, signal: controller.signal, progress })
  truncateSync(join(run.folder, 'metrics.jsonl'), 300)
  const said = vi.spyOn(console, 'error').mockImplementation(() => {})
  const again = await train(run)
  expect(said.mock.calls.flat().join()).toMatch(/\d of the \d+ iterations before the checkpoint are missing/)
  said.mockRestore()
  expect(again.iterations).toBe(whole.iterations)
  expect(bits(again)).toBe(bits(whole))
})

test('training does not learn from a hidden part, and gives the same bits each time', async () => {
  const size = 58
  const shown = patches(64, size, 'train')
  // The patch that shows the class is at one of two places: the part covers both.
  const label = Uint8Array.from({ length: size * size }, (_, at) =>
    Number(at % size >= size >> 2 && at % size < size >> 1),
  )
  const maps = labelMaps(shown.labels.length, size, label)
  const train64 = { ...shown, parts: { names: ['rest', 'patch'], maps } }
  const hiding = (how: HideWay, probability = 1) =>
    options({
      train: train64,
      schedule: { ...options().schedule, augmentation: { hide: { part: 'patch', probability, how } } },
    })
  const mean = hiding('mean')
  const trained = bits(await train(mean))
  expect(linesOf(mean).at(-1).validation.accuracy).toBeLessThan(0.9)
  expect(bits(await train(hiding('mean')))).toBe(trained)
  expect(bits(await train(hiding('noise')))).not.toBe(trained)
  const swapped = hiding('swap')
  await train(swapped)
  // Every picture has the patch of the other class: learning it is wrong.
  expect(linesOf(swapped).at(-1).validation.accuracy).toBeLessThan(0.1)
})
