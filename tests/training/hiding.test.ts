import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { prepareFaces, prepareParts } from '../../src/datasets/prepared.ts'
import { readDataset } from '../../src/datasets/readers.ts'
import { alignment } from '../../src/faces/align.ts'
import { mainFace } from '../../src/faces/face.ts'
import { LANDMARKS } from '../../src/faces/landmarks.ts'
import { landmarks49 } from '../../src/faces/meshLandmarks.ts'
import { packagedFaceFinder } from '../../src/faces/node.ts'
import { FACE_PARTS } from '../../src/faces/parts.ts'
import { applyAffine, invertAffine } from '../../src/pictures/affine.ts'
import type { Point } from '../../src/pictures/image.ts'
import { readPhoto } from '../../src/pictures/node.ts'
import { Batches } from '../../src/training/batches.ts'
import { Cutter } from '../../src/training/cutter.ts'
import { HIDE_WAYS, type HideWay, hidePart, type Labelled } from '../../src/training/hiding.ts'
import type { Pictures } from '../../src/training/pictures.ts'
import { shared } from '../shared.ts'

const SIZE = 32
const [REST, PART] = [0, 7]

/** A picture of noise, with the part in a rectangle of one colour. */
function picture(seed: number, from: [number, number], to: [number, number]): Labelled {
  const random = new Random(seed)
  const pixels = Uint8Array.from({ length: 3 * SIZE ** 2 }, () => 100 + random.integer(20))
  const parts = new Uint8Array(SIZE ** 2).fill(REST)
  for (let y = from[1]; y < to[1]; y++) {
    for (let x = from[0]; x < to[0]; x++) {
      parts[y * SIZE + x] = PART
      pixels.set([250, 10, 200], 3 * (y * SIZE + x))
    }
  }
  return { pixels, parts }
}

const other = picture(2, [20, 20], [26, 26])

/** The picture with its part hidden. */
function hidden(how: HideWay, { pixels, parts }: Labelled, part = PART, seed = 1): Uint8Array {
  const copy = pixels.slice()
  const random = new Random(seed)
  const way =
    how === 'noise' ? { how, byte: () => random.integer(256) } : how === 'swap' ? { how, other } : { how }
  hidePart({ pixels: copy, parts }, SIZE, part, way)
  return copy
}

const pixelAt = (pixels: Uint8Array, x: number, y: number) =>
  pixels.subarray(3 * (y * SIZE + x), 3 * (y * SIZE + x + 1))

describe.each(HIDE_WAYS)('a part hidden by %s', (how) => {
  const shown = picture(1, [4, 6], [12, 14])

  it('disappears with its edges, and nothing else changes', () => {
    const pixels = hidden(how, shown)
    for (let y = 0; y < SIZE; y++) {
      for (let x = 0; x < SIZE; x++) {
        const [own, before] = [pixelAt(pixels, x, y), pixelAt(shown.pixels, x, y)]
        const inside = x >= 3 && x < 13 && y >= 5 && y < 15
        const theirs = how === 'swap' && x >= 19 && x < 27 && y >= 19 && y < 27
        if (inside) expect([...own]).not.toEqual([250, 10, 200])
        else if (!theirs) expect([...own]).toEqual([...before])
      }
    }
  })

  it('leaves a picture unchanged that does not show it', () => {
    // A swap brings what the other picture shows, even if it is that part.
    expect(hidden(how, shown, 3)).toEqual(shown.pixels)
  })

  it('may be the whole picture', () => {
    const pixels = hidden(how, picture(1, [0, 0], [SIZE, SIZE]))
    expect([...pixelAt(pixels, 16, 16)]).not.toEqual([250, 10, 200])
  })
})

describe('what replaces it', () => {
  const shown = picture(1, [4, 6], [12, 14])

  it.each(['mean', 'blur'] as const)('by %s has the colours around it', (how) => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 20 }), (x, y) => {
        const pixels = hidden(how, picture(3, [x, y], [x + 9, y + 7]))
        expect(Math.min(...pixels)).toBeGreaterThanOrEqual(100)
        expect(Math.max(...pixels)).toBeLessThan(120)
      }),
    )
  })

  it('is one colour by mean, and the surroundings by blur', () => {
    const steps = picture(1, [4, 6], [28, 14])
    for (let at = 0; at < SIZE ** 2; at++) {
      if (steps.parts[at] === REST) steps.pixels.fill(at % SIZE < 16 ? 40 : 200, 3 * at, 3 * at + 3)
    }
    const [mean, blur] = [hidden('mean', steps), hidden('blur', steps)]
    expect(pixelAt(mean, 6, 9)).toEqual(pixelAt(mean, 25, 9))
    expect(pixelAt(blur, 6, 9)[0]).toBe(40)
    expect(pixelAt(blur, 25, 9)[0]).toBe(200)
  })

  it('by noise differs for another seed', () => {
    const [one, same, another] = [1, 1, 2].map((seed) => hidden('noise', shown, PART, seed))
    expect(one).toEqual(same)
    expect(one).not.toEqual(another)
  })

  it('by swap is what the other picture has there, with its own part', () => {
    const pixels = hidden('swap', shown)
    expect(pixelAt(pixels, 8, 10)).toEqual(pixelAt(other.pixels, 8, 10))
    expect([...pixelAt(pixels, 22, 22)]).toEqual([250, 10, 200])
  })
})

describe.skipIf(!shared)('a part that training hides in real photos', () => {
  const SIDE = 96
  /** How far a part may reach beyond its landmarks, which lie on lids and lips, including its edge of 2 pixels. */
  const BEYOND = 8
  const GROUPS = {
    eyes: [LANDMARKS.rightEye, LANDMARKS.leftEye],
    mouth: [LANDMARKS.outerLips],
  } as const
  let pictures: Pictures
  /** The landmarks of each picture, in its pixels, as found in the photo. */
  const landmarks: Point[][] = []

  beforeAll(async () => {
    const dataset = await readDataset('utkface', join(shared!, 'data/utkface'))
    const grown = dataset.faces.filter(({ years }) => years! > 20)
    const faces = ['m', 'f'].flatMap((wanted) => grown.filter(({ gender }) => gender === wanted).slice(0, 3))
    const few = { ...dataset, faces }
    const folder = mkdtempSync(join(tmpdir(), 'regard-hiding-'))
    const { pictures: pixels } = await prepareFaces(few, 'i', SIDE, folder)
    const { pictures: maps } = await prepareParts(few, 'i', SIDE, folder)
    const labels = faces.map(({ gender }) => Number(gender === 'f'))
    pictures = { size: SIDE, pixels, labels, parts: { names: FACE_PARTS, maps } }
    const finder = await packagedFaceFinder()
    for (const { photo } of faces) {
      const image = await readPhoto(photo)
      const points = landmarks49(mainFace(await finder.find(image), image)!.mesh)
      const toPicture = invertAffine(alignment(points, 'i', SIDE))
      landmarks.push(points.map((point) => applyAffine(toPicture, point)))
    }
    await finder.release()
  })

  /** What training sees of each picture, with and without the part hidden, and the other picture of a swap. */
  async function cutOut(part: keyof typeof GROUPS, how: HideWay) {
    const { pixels } = pictures
    const hide = { part, probability: 1, how }
    const options = { pictures, crop: SIDE, batch: pixels.length, masks: [], augmentation: { hide } }
    const drawn = new Batches({ ...options, seed: how }).draw(1).windows
    const windows = pixels.map((picture) => ({
      ...drawn.find((window) => window.picture === picture)!,
      mirrored: false,
    }))
    const cutter = new Cutter(SIDE, SIDE)
    try {
      await cutter.average(pixels)
      const cut = async (some: Parameters<Cutter['cut']>[0]) => {
        const { data } = await cutter.cut(some, [some.length])
        const values = 3 * SIDE ** 2
        return some.map((_, k) => data.slice(k * values, (k + 1) * values))
      }
      const whole = await cut(windows.map(({ hidden: _, ...window }) => window))
      const others = windows.map(({ hidden }) => pixels.indexOf(hidden!.other.picture))
      return { whole, without: await cut(windows), others }
    } finally {
      await cutter.close()
    }
  }

  const everywhere = Array.from({ length: SIDE ** 2 }, (_, at) => [at % SIDE, Math.floor(at / SIDE)] as const)

  /** Blue, green and red. */
  const colourAt = (data: Float32Array, x: number, y: number) =>
    [0, 1, 2].map((plane) => data[(plane * SIDE + y) * SIDE + x]!)

  /** The difference of a pixel, averaged over its colours. */
  const change = (one: Float32Array, other: Float32Array, x: number, y: number) => {
    const theirs = colourAt(other, x, y)
    return colourAt(one, x, y).reduce((sum, value, k) => sum + Math.abs(value - theirs[k]!) / 3, 0)
  }

  const groupsOf = (k: number, part: keyof typeof GROUPS) =>
    GROUPS[part].map((group) => landmarks[k]!.slice(...group))

  const isNear = (group: readonly Point[], x: number, y: number) => {
    const [xs, ys] = [group.map((point) => point.x), group.map((point) => point.y)]
    const across = x + 1 > Math.min(...xs) - BEYOND && x < Math.max(...xs) + BEYOND
    return across && y + 1 > Math.min(...ys) - BEYOND && y < Math.max(...ys) + BEYOND
  }

  it.each((['eyes', 'mouth'] as const).flatMap((part) => HIDE_WAYS.map((how) => [part, how] as const)))(
    'changes only at its landmarks: %s, by %s',
    async (part, how) => {
      const { whole, without, others } = await cutOut(part, how)
      for (const [k, before] of whole.entries()) {
        const [after, other] = [without[k]!, others[k]!]
        const own = groupsOf(k, part)
        const places = own.flat().map(({ x, y }) => [Math.floor(x), Math.floor(y)] as const)
        const changes = places.map(([x, y]) => change(after, before, x, y))
        expect(Math.min(...changes), `picture ${k}`).toBeGreaterThan(0)
        expect(changes.reduce((sum, each) => sum + each) / changes.length).toBeGreaterThan(5)
        if (how === 'swap')
          for (const [x, y] of places) expect(change(after, whole[other]!, x, y)).toBeLessThan(1e-3)
        const groups = how === 'swap' ? [...own, ...groupsOf(other, part)] : own
        const strays = everywhere.filter(
          ([x, y]) => change(after, before, x, y) > 0 && !groups.some((group) => isNear(group, x, y)),
        )
        expect(strays, `picture ${k}`).toEqual([])
      }
    },
  )
})
