import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Dataset } from '../../src/datasets/dataset.ts'
import { readPicture } from '../../src/datasets/pack.ts'
import { readDataset } from '../../src/datasets/readers.ts'
import { PARTS } from '../../src/datasets/synthetic/parts.ts'
import { synthesize } from '../../src/datasets/synthetic/synthesize.ts'
import { nodeEngine } from '../../src/engine/node.ts'
import { Clock } from '../../src/study/clock.ts'
import { readConfig } from '../../src/study/config.ts'
import { type Preparation, prepare } from '../../src/study/preparedData.ts'
import { runFiles } from '../../src/study/record.ts'
import { type TrainingSpec, trainSingle } from '../../src/study/single.ts'

const folder = mkdtempSync(join(tmpdir(), 'regard-hide-'))
const signal = new AbortController().signal
let dataset: Dataset

beforeAll(async () => {
  const root = join(folder, 'faces')
  await synthesize(root, { count: 60, seed: 5, mark: { gender: 'f', probability: 1 } })
  dataset = await readDataset('synthetic', root)
})

function prepared(faces: Dataset, hidden?: readonly string[]) {
  const clock = new Clock(() => {})
  clock.expect('preparing', 120, 0.01)
  const asked: Preparation = {
    size: 58,
    alignments: ['r', 'i'],
    folds: 3,
    seed: 1,
    folder: join(folder, 'data'),
  }
  return prepare(faces, { ...asked, hidden }, { clock, signal })
}

const spec: TrainingSpec = {
  task: 'gender',
  network: 'adiencenet',
  input: 51,
  width: 0.05,
  photos: 'm',
  fold: 0,
  folds: 3,
  seed: 1,
  overrides: {},
  schedule: {
    policy: 'cosine',
    ...{
      rate: 0.001,
      batch: 8,
      iterations: 4,
      validateEvery: 2,
      checkpointEvery: 2,
      momentum: 0.9,
      decay: 0,
    },
    augmentation: { hide: { part: 'mark', probability: 0.5, how: 'swap' } },
  },
}

async function trained(changes: Partial<TrainingSpec>, name: string) {
  const place = { folder: join(folder, name), aligned: join(folder, 'data'), resume: false }
  const context = { engine: await nodeEngine({ threads: 2 }), clock: new Clock(() => {}), signal }
  await trainSingle({ ...spec, ...changes }, dataset, place, context)
  return readConfig(place.folder)!.settings
}

describe('a study that hides a part', () => {
  it('knows where the parts are in each picture, while one that hides none does not ask', async () => {
    const [hides, plain] = [await prepared(dataset, ['mark']), await prepared(dataset)]
    expect(hides.digest).toBe(plain.digest)
    expect(plain.parts).toBeUndefined()
    const mark = PARTS.indexOf('mark')
    for (const as of ['r', 'i'] as const) {
      for (const [k, { gender }] of hides.faces.entries()) {
        expect(readPicture(hides.parts!.maps[as]![k]!).includes(mark)).toBe(gender === 'f')
      }
    }
  })

  it('refuses a part that its faces lack', async () => {
    const photos = { ...dataset, faces: dataset.faces.map(({ mask: _, ...face }) => face) }
    await expect(prepared(photos, ['mark'])).rejects.toThrow(
      /its faces have no part 'mark' to hide.*They have background, hair, ears/s,
    )
  })

  it('trains with it, also from its own network’s weights', async () => {
    const first = await trained({}, 'first')
    expect(first.parts).toMatch(/^[0-9a-f]{64}$/)
    const weights = runFiles.model(join(folder, 'first'))
    const start = { weights, kind: 'other', freshRate: 10, published: undefined } as const
    await trained({ start }, 'again')
    const { augmentation: _, ...schedule } = spec.schedule as Extract<
      TrainingSpec['schedule'],
      { policy: 'cosine' }
    >
    expect((await trained({ schedule }, 'plain')).parts).toBeUndefined()
  })
})
