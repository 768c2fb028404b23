import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Lock } from '../../src/base/lock.ts'
import { readDataset } from '../../src/datasets/readers.ts'
import { nodeEngine } from '../../src/engine/node.ts'
import { Clock } from '../../src/study/clock.ts'
import { runFiles } from '../../src/study/record.ts'
import { type TrainingSpec, trainSingle } from '../../src/study/single.ts'
import { writePlan } from './tinyStudy.ts'

const spec: TrainingSpec = {
  task: 'gender',
  network: 'adiencenet',
  input: 51,
  width: 0.05,
  photos: 'r',
  fold: 1,
  folds: 3,
  seed: 1,
  schedule: { policy: 'quick' },
  overrides: { iterations: 10, batch: 8 },
}

describe('a single training', () => {
  it('resumes with its original threads and device, since its bits depend on them', async () => {
    const { folder, out } = writePlan()
    const dataset = await readDataset('synthetic', join(folder, 'faces'))
    const place = { folder: out, aligned: join(folder, 'data'), resume: true }
    const stop = new AbortController()
    const train = async (threads: number, { signal } = new AbortController()) => {
      const clock = new Clock(({ detail }) => detail.includes('training') && stop.abort())
      return trainSingle(spec, dataset, place, { engine: await nodeEngine({ threads }), clock, signal })
    }
    await expect(train(1, stop)).rejects.toMatchObject({ name: 'AbortError' })

    const config = runFiles.config(out)
    const recorded = readFileSync(config, 'utf8')
    expect(JSON.parse(recorded)).toMatchObject({ threads: 1, device: 'cpu' })
    writeFileSync(config, recorded.replace('"cpu"', '"wasm"'))
    await expect(train(2)).rejects.toThrow('was begun on the device wasm, but this machine has cpu')
    writeFileSync(config, recorded)
    expect((await train(2)).record.iterations).toBe(10)
    expect(readFileSync(config, 'utf8')).toBe(recorded)
  })

  it('names its folder when another process trains there', async () => {
    const { folder, out } = writePlan()
    const dataset = await readDataset('synthetic', join(folder, 'faces'))
    const other = Lock.take(runFiles.lock(out), 'the run')
    const context = {
      engine: await nodeEngine(),
      clock: new Clock(() => {}),
      signal: new AbortController().signal,
    }
    await expect(
      trainSingle(spec, dataset, { folder: out, aligned: folder, resume: true }, context),
    ).rejects.toThrow(`${out}: the run is held by process ${process.pid} on this machine`)
    other.release()
  })
})
