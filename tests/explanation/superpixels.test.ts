import { describe, expect, it } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { type Superpixels, superpixels } from '../../src/explanation/superpixels.ts'
import { float32 } from '../../src/graph/types.ts'
import { randomInput } from './methods/network.ts'

/** The number of pieces, connected by sides, that the pixels of one label form. */
function piecesOf({ labels }: Superpixels, label: number, width: number): number {
  const left = new Set([...labels.keys()].filter((pixel) => labels[pixel] === label))
  let pieces = 0
  for (const start of left) {
    pieces++
    const stack = [start]
    while (stack.length > 0) {
      const pixel = stack.pop()!
      if (!left.delete(pixel)) continue
      const x = pixel % width
      stack.push(
        pixel - width,
        pixel + width,
        ...(x > 0 ? [pixel - 1] : []),
        ...(x < width - 1 ? [pixel + 1] : []),
      )
    }
  }
  return pieces
}

/** A picture of two colours, the border of which winds from top to bottom, with some noise. */
function twoColours(height: number, width: number) {
  const random = new Random('noise')
  const isRight = (pixel: number) => pixel % width > width / 2 + 5 * Math.sin(Math.floor(pixel / width) / 4)
  const area = height * width
  const data = Float32Array.from({ length: 3 * area }, (_, k) => {
    const bright = isRight(k % area) ? [90, -20, 60] : [-100, 30, 0]
    return bright[Math.floor(k / area)]! + random.uniform(-5, 5)
  })
  return { picture: float32([1, 3, height, width], data), isRight }
}

describe('superpixels', () => {
  it.each([
    [1, 48, 64, 50, 10],
    [3, 60, 40, 30, 1],
    [3, 33, 17, 200, 40],
    [2, 6, 5, 50, 10],
    [1, 1, 9, 4, 10],
    [3, 20, 20, 1, 10],
  ])(
    'of %i channels, %i × %i, cover the picture, and each is connected',
    (channels, height, width, segments, compactness) => {
      const picture = randomInput([1, channels, height, width], 'picture')
      const cut = superpixels(picture, { segments, compactness })
      expect(cut.labels.length).toBe(height * width)
      expect(new Set(cut.labels)).toEqual(new Set(Array.from({ length: cut.count }, (_, k) => k)))
      for (let k = 0; k < cut.count; k++) expect(piecesOf(cut, k, width), `${k}`).toBe(1)
    },
  )

  it('are squares in a picture of one colour, about as many as requested', () => {
    for (const segments of [1, 2, 11, 16, 50]) {
      const cut = superpixels(float32([1, 3, 40, 40]), { segments, compactness: 10 })
      expect(cut.count).toBeLessThanOrEqual(segments)
      expect(cut.count).toBeGreaterThanOrEqual(0.8 * segments)
    }
    const { labels } = superpixels(float32([1, 1, 40, 40]), { segments: 16, compactness: 10 })
    expect([...labels]).toEqual(
      Array.from({ length: 1600 }, (_, pixel) => 4 * Math.floor(pixel / 400) + Math.floor((pixel % 40) / 10)),
    )
  })

  it('follow a sharp edge: none lies on both sides of it', () => {
    const { picture, isRight } = twoColours(60, 80)
    for (const [segments, compactness] of [
      [20, 10],
      [50, 5],
      [80, 20],
    ] as const) {
      const { count, labels } = superpixels(picture, { segments, compactness })
      expect(count).toBeGreaterThan(segments / 2)
      for (let k = 0; k < count; k++) {
        const sides = new Set([...labels.keys()].filter((pixel) => labels[pixel] === k).map(isRight))
        expect(sides.size, `${k} of ${segments}`).toBe(1)
      }
    }
  })

  it('depend neither on the unit of the colours nor on what is subtracted from them', () => {
    const { picture } = twoColours(40, 40)
    const scaled = { ...picture, data: picture.data.map((value) => value / 128 + 3) }
    const how = { segments: 20, compactness: 10 }
    expect(superpixels(scaled, how)).toEqual(superpixels(picture, how))
  })
})
