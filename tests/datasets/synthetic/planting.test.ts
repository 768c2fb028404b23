import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { alignFaces } from '../../../src/datasets/alignFaces.ts'
import { drawCast, type Sitting } from '../../../src/datasets/synthetic/cast.ts'
import { CUE_NAMES, CUES } from '../../../src/datasets/synthetic/cues.ts'
import { PARTS } from '../../../src/datasets/synthetic/parts.ts'
import { FEATURES, type Feature, onlyCues, SHOWING } from '../../../src/datasets/synthetic/planting.ts'
import { readSynthetic } from '../../../src/datasets/synthetic/read.ts'
import { render } from '../../../src/datasets/synthetic/render.ts'
import { synthesize } from '../../../src/datasets/synthetic/synthesize.ts'
import { centreCrop } from '../../../src/pictures/crop.ts'

const home = mkdtempSync(join(tmpdir(), 'planting-'))
afterAll(() => rmSync(home, { recursive: true }))

const MARK = PARTS.indexOf('mark')
const byGender = (sittings: readonly Sitting[], gender: string) =>
  sittings.filter(({ person }) => person.gender === gender)
const shareMarked = (sittings: readonly Sitting[]) =>
  sittings.filter(({ marked }) => marked).length / sittings.length

it('without anything planted a seed draws what it always drew', () => {
  const cast = drawCast(200, 'pinned')
  const digits = JSON.stringify(cast, (_, value) =>
    typeof value === 'number' ? Number(value.toPrecision(6)) : value,
  )
  expect(createHash('sha256').update(digits).digest('hex')).toBe(
    '5a304cdc14348cc6aaf04a8315c2255416e4ddfc0eed7dde061153925931a5d4',
  )
})

describe('a single cue that shows a label', () => {
  it('appears on every face, without the other cues of its task; faces are otherwise the same', () => {
    const [plain, only] = [drawCast(300, 1), drawCast(300, 1, { only: 'mouth' })]
    for (const [k, { person, shot }] of only.entries()) {
      expect(person.carriers.gender).toEqual(['mouth'])
      expect(person.carriers.age).toEqual(plain[k]!.person.carriers.age)
      expect([person.looks, shot]).toEqual([plain[k]!.person.looks, plain[k]!.shot])
    }
    const mean = (gender: string, cue: 'lip_fullness' | 'brow_thickness') => {
      const values = byGender(only, gender).map(({ person }) => person.cues[cue])
      return values.reduce((sum, value) => sum + value, 0) / values.length
    }
    expect(mean('f', 'lip_fullness') - mean('m', 'lip_fullness')).toBeGreaterThan(0.5)
    expect(Math.abs(mean('f', 'brow_thickness') - mean('m', 'brow_thickness'))).toBeLessThan(0.08)
  })

  it.each(SHOWING)('may be %s: cues that change only that part', (showing) => {
    const only = onlyCues(showing)
    expect(Object.keys(only).length).toBeGreaterThan(0)
    for (const [task, cues] of Object.entries(only)) {
      for (const cue of cues) {
        expect(CUES[cue].task).toBe(task)
        if (!CUE_NAMES.includes(showing as never)) expect(CUES[cue].parts).toEqual([showing])
      }
    }
  })

  it('may be the mark if there is one', async () => {
    const carriers = drawCast(40, 1, { only: 'mark', mark: { gender: 'f', probability: 1 } }).map(
      ({ person }) => person.carriers.gender,
    )
    expect(carriers.flat()).toEqual([])
    await expect(synthesize(join(home, 'none'), { count: 1, seed: 1, only: 'mark' })).rejects.toThrow(
      /only the mark/,
    )
  })
})

describe('the mark', () => {
  it('shows the right gender as often as requested, on the faces of the plain set', () => {
    for (const probability of [0.5, 0.8, 1]) {
      const cast = drawCast(1500, 3, { mark: { gender: 'f', probability } })
      expect(shareMarked(byGender(cast, 'f'))).toBeCloseTo(probability, 1)
      expect(shareMarked(byGender(cast, 'm'))).toBeCloseTo(1 - probability, 1)
      expect(cast.map(({ marked: _, ...rest }) => rest)).toEqual(drawCast(1500, 3))
    }
  })

  it('changes the photo only where the mask shows it', async () => {
    const { person, shot } = drawCast(1, 4)[0]!
    const still = { ...shot, blur: 0 }
    const [plain, marked] = [await render(person, still), await render(person, still, true)]
    expect(plain.mask).not.toContain(MARK)
    for (let i = 0; i < plain.mask.length; i++) {
      if (marked.mask[i] === MARK) continue
      expect(marked.mask[i]).toBe(plain.mask[i])
      // Its soft edge.
      const near = [-257, -256, -255, -1, 1, 255, 256, 257].some((by) => marked.mask[i + by] === MARK)
      if (!near)
        expect(marked.photo.data.subarray(3 * i, 3 * i + 3)).toEqual(
          plain.photo.data.subarray(3 * i, 3 * i + 3),
        )
    }
  })

  it('lies entirely in what networks see of every aligned picture, however the head is tilted', async () => {
    const root = join(home, 'marked')
    await synthesize(root, { count: 24, seed: 5, mark: { gender: 'm', probability: 1 } })
    const faces = readSynthetic(root).faces.filter(({ gender }) => gender === 'm')
    for (const as of ['r', 'i'] as const) {
      for await (const aligned of alignFaces(faces, as, 256, { parts: true })) {
        const { parts } = aligned as { parts: Uint8Array }
        const { left } = centreCrop(256, 227)
        const places = [...parts.keys()].filter((at) => parts[at] === MARK)
        for (const at of places) {
          for (const way of [at % 256, Math.floor(at / 256)]) {
            expect(way).toBeGreaterThan(left)
            expect(way).toBeLessThan(left + 227 - 1)
          }
        }
        expect(places.length / 227 ** 2).toBeGreaterThan(0.006)
        expect(places.length / 227 ** 2).toBeLessThan(0.03)
      }
    }
  })
})

describe('pairs', () => {
  it.each(Object.keys(FEATURES) as Feature[])(
    'are one person in one photo, with and without %s, and differ only in its parts',
    async (pairs) => {
      const cast = drawCast(6, 2, { pairs })
      expect(cast).toHaveLength(12)
      for (let k = 0; k < cast.length; k += 2) {
        const [shown, without] = [cast[k]!, cast[k + 1]!]
        expect(without.id).toBe(`${shown.id}-without`)
        expect([without.subject, without.fold]).toEqual([shown.subject, shown.fold])
        expect(shown.pair).toEqual({ feature: pairs, shown: true, of: shown.id })
        expect(without.pair).toEqual({ feature: pairs, shown: false, of: shown.id })
      }
      const [shown, without] = await Promise.all(
        cast
          .slice(0, 2)
          .map(({ person, shot, marked }) => render(person, { ...shot, blur: 0, noise: 0 }, marked)),
      )
      const parts = FEATURES[pairs].parts.map((part) => PARTS.indexOf(part))
      const isIn = (at: number) =>
        [shown!, without!].some(({ mask }) => parts.some((part) => part === mask[at]))
      let [inside, outside] = [0, 0]
      for (let i = 0; i < shown!.mask.length; i++) {
        const difference = Math.abs(shown!.photo.data[3 * i]! - without!.photo.data[3 * i]!)
        const near = [-258, -257, -256, -2, -1, 0, 1, 2, 256, 257, 258].some((by) => isIn(i + by))
        if (near) inside += difference
        else outside += difference
      }
      expect(inside).toBeGreaterThan(1000)
      // Glasses tint what is behind their lenses, and lines on the skin reach slightly into the next part.
      expect(outside / (inside + outside)).toBeLessThan(pairs === 'glasses' ? 0.5 : 0.1)
    },
  )

  it('are listed with the parts in which they differ, and are read like any faces', async () => {
    const root = join(home, 'pairs')
    await synthesize(root, { count: 2, seed: 2, pairs: 'wrinkles' })
    const lines = readFileSync(join(root, 'truth', 'faces.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines.map(({ pair }) => pair)).toEqual(
      ['s0001_1', 's0001_2'].flatMap((of) =>
        [true, false].map((shown) => ({
          feature: 'wrinkles',
          shown,
          of,
          parts: ['forehead', 'around_eyes', 'cheeks'],
        })),
      ),
    )
    expect(readSynthetic(root).faces.map(({ id }) => id)).toEqual([
      's0001_1',
      's0001_1-without',
      's0001_2',
      's0001_2-without',
    ])
  })

  it('with the mark contradict a mark by gender', async () => {
    const mark = { gender: 'f', probability: 1 } as const
    await expect(synthesize(join(home, 'both'), { count: 1, seed: 1, mark, pairs: 'mark' })).rejects.toThrow(
      /leave out either the mark/,
    )
  })
})

it('a folder of faces that were planted differently is refused', async () => {
  const root = join(home, 'other')
  await synthesize(root, { count: 1, seed: 1 })
  await expect(synthesize(root, { count: 1, seed: 1, only: 'mouth' })).rejects.toThrow(
    /drawing version or planting/,
  )
})
