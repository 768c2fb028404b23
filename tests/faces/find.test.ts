import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { FaceFinder, FoundFace } from '../../src/faces/face.ts'
import { packagedFaceFinder } from '../../src/faces/node.ts'
import type { Image, Point } from '../../src/pictures/image.ts'
import { readPhoto } from '../../src/pictures/node.ts'
import { warpAffine } from '../../src/pictures/warp.ts'
import { shared } from '../shared.ts'

let finder: FaceFinder
beforeAll(async () => {
  finder = await packagedFaceFinder()
})
afterAll(() => finder.release())

test('a photo without a face has none', async () => {
  const data = new Uint8Array(3 * 60 * 40).fill(128)
  expect(await finder.find({ width: 60, height: 40, data })).toEqual([])
})

test('the search stops for the given reason', async () => {
  const data = new Uint8Array(3 * 60 * 40).fill(128)
  const signal = AbortSignal.abort(new Error('enough'))
  await expect(finder.find({ width: 60, height: 40, data }, { signal })).rejects.toThrow('enough')
})

/** A photo turned clockwise on grey, and where its points end up. */
async function turned(
  { data, ...size }: Image,
  angle: number,
): Promise<{ photo: Image; to: (point: Point) => Point }> {
  const { data: pixels, info } = await sharp(data, { raw: { ...size, channels: 3 } })
    .rotate(angle, { background: '#808080' })
    .raw()
    .toBuffer({ resolveWithObject: true })
  const [cosine, sine] = [Math.cos((angle * Math.PI) / 180), Math.sin((angle * Math.PI) / 180)]
  return {
    photo: { width: info.width, height: info.height, data: new Uint8Array(pixels) },
    to: (point) => {
      const [x, y] = [point.x - size.width / 2, point.y - size.height / 2]
      return { x: info.width / 2 + cosine * x - sine * y, y: info.height / 2 + sine * x + cosine * y }
    },
  }
}

describe.skipIf(!shared)('in a portrait', () => {
  const portrait = () => readPhoto(join(shared!, 'data/photos/astronaut.png'))

  test('its one face is found, with its points in place', async () => {
    const faces = await finder.find(await portrait())
    expect(faces).toHaveLength(1)
    const [{ box, score, presence, mesh }] = faces as [(typeof faces)[0]]
    expect(score).toBeGreaterThan(0.8)
    expect(presence).toBeGreaterThan(0.9)
    expect(mesh).toHaveLength(468)
    // Read off the photo by eye: outer corners of the eyes, tip of the nose, chin.
    const seen = { 33: [194, 101], 263: [257, 104], 1: [222, 130], 152: [221, 176] }
    for (const [index, [x, y]] of Object.entries(seen) as unknown as [number, [number, number]][]) {
      expect(Math.hypot(mesh[index]!.x - x, mesh[index]!.y - y), `point ${index}`).toBeLessThan(6)
    }
    for (const { x, y } of [mesh[33]!, mesh[263]!, mesh[1]!]) {
      expect(x > box.left && x < box.left + box.width).toBe(true)
      expect(y > box.top && y < box.top + box.height).toBe(true)
    }
  })

  test('the same photo gives the same numbers', async () => {
    const [once, again] = [await finder.find(await portrait()), await finder.find(await portrait())]
    expect(again).toEqual(once)
  })

  test.each([45, 90, 135, 180, 225, 270, 315])(
    'it is found the right way up in a photo turned by %i°, without EXIF data',
    async (angle) => {
      const upright = await portrait()
      const [{ mesh }] = (await finder.find(upright)) as [FoundFace]
      const { photo, to } = await turned(upright, angle)
      const faces = await finder.find(photo)
      expect(faces).toHaveLength(1)
      // The corners of the eyes, which lie 63 pixels apart, the nose and the chin.
      for (const index of [33, 263, 1, 152]) {
        const [is, should] = [faces[0]!.mesh[index]!, to(mesh[index]!)]
        expect(Math.hypot(is.x - should.x, is.y - should.y), `point ${index}`).toBeLessThan(10)
      }
    },
  )

  test('both faces in a photo are found', async () => {
    const { width, height, data } = await portrait()
    const twice = warpAffine({ width, height, data }, [1, 0, 0, 0, 1, 0], 2 * width, height)
    for (let row = 0; row < height; row++) {
      twice.data.set(data.subarray(3 * width * row, 3 * width * (row + 1)), 3 * width * (2 * row + 1))
    }
    const faces = await finder.find(twice)
    expect(faces).toHaveLength(2)
    const [left, right] = faces.sort((a, b) => a.box.left - b.box.left).map(({ mesh }) => mesh[1]!)
    expect(right!.x - left!.x).toBeCloseTo(width, -1)
    expect(right!.y - left!.y).toBeCloseTo(0, -1)
  })
})
