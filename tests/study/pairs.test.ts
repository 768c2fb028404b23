import { existsSync, mkdtempSync, readFileSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import sharp from 'sharp'
import { beforeAll, describe, expect, it } from 'vitest'
import { readPicture } from '../../src/datasets/pack.ts'
import { readDataset } from '../../src/datasets/readers.ts'
import { readLandmarks } from '../../src/datasets/readLandmarks.ts'
import { synthesize } from '../../src/datasets/synthetic/synthesize.ts'
import { alignment } from '../../src/faces/align.ts'
import { stretchOf } from '../../src/faces/stretch.ts'
import { Clock } from '../../src/study/clock.ts'
import { writePairs } from '../../src/study/pairs.ts'
import { type PreparedData, prepare } from '../../src/study/preparedData.ts'
import { files, type PairsRecord, readRecord } from '../../src/study/record.ts'

const folder = mkdtempSync(join(tmpdir(), 'regard-pairs-'))
let data: PreparedData

beforeAll(async () => {
  const faces = join(folder, 'faces')
  await synthesize(faces, { count: 40, seed: 3 }, () => {})
  const clock = new Clock(() => {})
  clock.expect('preparing', 80, 0.01)
  data = await prepare(
    await readDataset('synthetic', faces),
    { size: 32, alignments: ['r', 'i'], folds: 2, seed: 1, folder: join(folder, 'data') },
    { clock, signal: new AbortController().signal },
  )
})

describe('the pairs of a study', () => {
  it('are the most stretched test faces, the worst first, with the pictures that networks see', async () => {
    const out = join(folder, 'out')
    await writePairs(out, data, [1])
    const { pairs } = readRecord<PairsRecord>(files.pairs(out))
    const ratios = data.faces
      .flatMap(({ landmarks }, k) =>
        data.folds[k] === 1 ? [stretchOf(alignment(readLandmarks(landmarks!), 'i', data.size)).ratio] : [],
      )
      .sort((a, b) => b - a)
    expect(pairs).toHaveLength(8)
    pairs.forEach(({ stretch }, k) => {
      expect(stretch.ratio).toBeCloseTo(ratios[k]!, 9)
    })
    for (const { face, ...names } of pairs) {
      const index = data.faces.findIndex(({ id }) => id === face)
      for (const as of ['r', 'i'] as const) {
        const file = join(dirname(files.pairs(out)), names[as])
        const pixels = await sharp(file).raw().toBuffer()
        expect(pixels.equals(readPicture(data.pictures[as]![index]!))).toBe(true)
      }
    }
  })

  it('stay as they are for the same faces, and are remade for others', async () => {
    const path = files.pairs(join(folder, 'out'))
    const before = { text: readFileSync(path, 'utf8'), inode: statSync(path).ino }
    await writePairs(join(folder, 'out'), data, [1])
    expect(statSync(path).ino).toBe(before.inode)
    await writePairs(join(folder, 'out'), data, [0])
    expect(readFileSync(path, 'utf8')).not.toBe(before.text)
  })

  it('are not written if the stretch is unknown', async () => {
    const out = join(folder, 'none')
    const { i: _, ...pictures } = data.pictures
    await writePairs(out, { ...data, pictures }, [1])
    const faces = data.faces.map(({ landmarks: _, ...face }) => face)
    await writePairs(out, { ...data, faces }, [1])
    expect(existsSync(files.pairs(out))).toBe(false)
  })
})
