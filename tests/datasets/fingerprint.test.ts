import sharp, { type Sharp } from 'sharp'
import { beforeAll, describe, expect, it } from 'vitest'
import { Random } from '../../src/base/random.ts'
import {
  bitsApart,
  DETAIL_SIDE,
  detail,
  fingerprint,
  likeness,
  MIRRORED,
} from '../../src/datasets/fingerprint.ts'
import { fitted } from '../../src/pictures/fit.ts'
import type { Image } from '../../src/pictures/image.ts'
import { decodePhoto } from '../../src/pictures/node.ts'

/** A picture of soft blobs, with waves of many lengths, like photos. */
async function blobs(seed: string): Promise<Buffer> {
  const random = new Random(seed)
  const circles = Array.from(
    { length: 40 },
    () =>
      `<circle cx="${random.integer(240)}" cy="${random.integer(240)}" r="${5 + random.integer(40)}" fill="rgb(${random.integer(256)},${random.integer(256)},${random.integer(256)})"/>`,
  )
  return sharp(
    Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" width="240" height="240">${circles.join('')}</svg>`),
  )
    .flatten({ background: 'white' })
    .blur(1.5)
    .png()
    .toBuffer()
}

async function pictureOf(bytes: Uint8Array): Promise<Image> {
  const image = await decodePhoto(bytes, 'drawn')
  return fitted(image, { width: DETAIL_SIDE, height: DETAIL_SIDE }, 'stretch')
}

let file: Buffer
let picture: Image
beforeAll(async () => {
  file = await blobs('one')
  picture = await pictureOf(file)
})

const changes: Record<string, (from: Sharp) => Sharp> = {
  'compressed hard': (from) => from.jpeg({ quality: 30 }),
  'scaled to a third': (from) => from.resize(80, 80),
  brighter: (from) => from.modulate({ brightness: 1.2 }),
  'of less contrast': (from) => from.linear(0.6, 50),
  'without colour': (from) => from.greyscale(),
}

describe('a fingerprint', () => {
  for (const [name, change] of Object.entries(changes)) {
    it(`stays near, and the detail alike, when a picture is ${name}`, async () => {
      const other = await pictureOf(await change(sharp(file)).toBuffer())
      expect(bitsApart(fingerprint(picture), fingerprint(other))).toBeLessThan(30)
      expect(likeness(detail(picture), detail(other), false)).toBeGreaterThan(0.9)
    })
  }

  it('of the mirror image differs in the bits that MIRRORED names', async () => {
    const mirrored = await pictureOf(await sharp(file).flop().toBuffer())
    const print = fingerprint(picture).map((word, k) => word ^ MIRRORED[k]!)
    // Rounding decides where a wave nearly vanishes.
    expect(bitsApart(print, fingerprint(mirrored))).toBeLessThan(3)
    expect(likeness(detail(picture), detail(mirrored), true)).toBeGreaterThan(0.99)
    expect(likeness(detail(picture), detail(mirrored), false)).toBeLessThan(0.7)
  })

  it('of another picture is far away, and its detail differs', async () => {
    for (const seed of ['two', 'three', 'four']) {
      const other = await pictureOf(await blobs(seed))
      expect(bitsApart(fingerprint(picture), fingerprint(other))).toBeGreaterThan(80)
      expect(likeness(detail(picture), detail(other), false)).toBeLessThan(0.5)
    }
  })

  it('of a single colour has no bit set, and its detail resembles nothing', () => {
    const grey = { width: 64, height: 64, data: new Uint8Array(3 * 64 * 64).fill(90) }
    expect([...fingerprint(grey)].slice(1)).toEqual([0, 0, 0, 0, 0, 0, 0])
    expect(likeness(detail(grey), detail(picture), false)).toBe(0)
  })
})
