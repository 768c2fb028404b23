import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Image } from '../../src/pictures/image.ts'
import { painted } from '../../studio/worker/paint.ts'
import type { Stroke } from '../../studio/worker/protocol.ts'

const WIDTH = 40
const HEIGHT = 30

/** A picture that differs from pixel to pixel. */
const photo: Image = {
  width: WIDTH,
  height: HEIGHT,
  data: Uint8Array.from({ length: 3 * WIDTH * HEIGHT }, (_, k) => (k * 97 + (k >> 3) * 31) % 256),
}
/** A picture that goes from dark to light, from left to right. */
const slope: Image = {
  ...photo,
  data: Uint8Array.from({ length: 3 * WIDTH * HEIGHT }, (_, k) => 5 * (Math.floor(k / 3) % WIDTH)),
}

const colourAt = ({ data }: Image, x: number, y: number) => [
  ...data.subarray(3 * (y * WIDTH + x), 3 * (y * WIDTH + x) + 3),
]

/** Where pictures differ. */
function changes(after: Image, before = photo): { x: number; y: number }[] {
  return Array.from({ length: WIDTH * HEIGHT }, (_, k) => k)
    .filter((k) => [0, 1, 2].some((c) => before.data[3 * k + c] !== after.data[3 * k + c]))
    .map((k) => ({ x: k % WIDTH, y: Math.floor(k / WIDTH) }))
}

const brushes = fc.constantFrom<Stroke['brush'][]>('cover', 'blur', 'erase')
const point = fc.record({
  x: fc.double({ min: -10, max: WIDTH + 10, noNaN: true }),
  y: fc.double({ min: -10, max: HEIGHT + 10, noNaN: true }),
})

describe('paint', () => {
  test('changes nothing outside of the stroke, nor the photo itself', () => {
    const before = photo.data.slice()
    fc.assert(
      fc.property(
        brushes,
        fc.integer({ min: 4, max: 64 }),
        fc.array(point, { minLength: 1, maxLength: 4 }),
        (brush, size, points) => {
          const nearest = (x: number, y: number) =>
            Math.min(
              ...points.map((from, k) => {
                const to = points[k + 1] ?? from
                const [dx, dy] = [to.x - from.x, to.y - from.y]
                const share = ((x - from.x) * dx + (y - from.y) * dy) / (dx * dx + dy * dy || 1)
                const along = Math.min(1, Math.max(0, share))
                return Math.hypot(x - from.x - along * dx, y - from.y - along * dy)
              }),
            )
          for (const { x, y } of changes(painted(photo, [{ brush, size, points }])))
            expect(nearest(x + 0.5, y + 0.5)).toBeLessThanOrEqual(size / 2 + 1e-9)
          expect(photo.data).toEqual(before)
        },
      ),
    )
  })

  test('covers a disc of the size of the brush around a point', () => {
    const after = painted(photo, [{ brush: 'cover', size: 10, points: [{ x: 20, y: 15 }] }])
    for (let y = 0; y < HEIGHT; y++)
      for (let x = 0; x < WIDTH; x++) {
        const covered = Math.hypot(x + 0.5 - 20, y + 0.5 - 15) <= 5
        expect(colourAt(after, x, y)).toEqual(covered ? [118, 118, 118] : colourAt(photo, x, y))
      }
  })

  test('leaves no gap between points that are far apart', () => {
    const points = [
      { x: 2, y: 15 },
      { x: 38, y: 15 },
    ]
    const after = painted(photo, [{ brush: 'cover', size: 4, points }])
    for (let x = 2; x < 38; x++)
      for (const y of [13, 14, 15, 16]) expect(colourAt(after, x, y)).toEqual([118, 118, 118])
  })

  test('fills what an area holds and a later one does not leave out', () => {
    const square = (from: number, to: number) => [
      { x: from, y: from },
      { x: to, y: from },
      { x: to, y: to },
      { x: from, y: to },
    ]
    const areas = [
      { outline: square(5, 25), inside: true },
      { outline: square(10, 20), inside: false },
    ]
    const after = painted(photo, [{ brush: 'cover', size: 20, areas }])
    expect(colourAt(after, 7, 7)).toEqual([118, 118, 118])
    expect(colourAt(after, 15, 15)).toEqual(colourAt(photo, 15, 15))
    expect(changes(after)).toHaveLength(20 * 20 - 10 * 10)
  })

  test('blurs to the mean of the square around each pixel', () => {
    const after = painted(photo, [{ brush: 'blur', size: 5, points: [{ x: 1.5, y: 15.5 }] }])
    const mean = [0, 1, 2].map((c) => {
      let sum = 0
      // Beyond its edge the photo goes on as its edge.
      for (let y = 10; y <= 20; y++)
        for (let x = -4; x <= 6; x++) sum += colourAt(photo, Math.max(0, x), y)[c]!
      return Math.round(sum / 121)
    })
    expect(colourAt(after, 1, 15)).toEqual(mean)
  })

  test('blurs what was painted before', () => {
    const cover: Stroke = { brush: 'cover', size: 60, points: [{ x: 20, y: 15 }] }
    const blur: Stroke = { brush: 'blur', size: 4, points: [{ x: 20, y: 15 }] }
    expect(painted(photo, [cover, blur])).toEqual(painted(photo, [cover]))
  })

  test('erases to what is around, smoothly from side to side', () => {
    const after = painted(slope, [{ brush: 'erase', size: 12, points: [{ x: 20, y: 15 }] }])
    const row = Array.from({ length: 12 }, (_, k) => colourAt(after, 14 + k, 15)[0]!)
    for (const [k, value] of row.entries()) {
      expect(value).toBeGreaterThanOrEqual(row[k - 1] ?? 0)
      expect(Math.abs(value - 5 * (14 + k))).toBeLessThanOrEqual(15)
    }
  })

  test('erases nothing of a plain picture, and leaves none of a spot', () => {
    const plain = { ...photo, data: new Uint8Array(photo.data.length).fill(90) }
    const spotted = painted(plain, [{ brush: 'cover', size: 6, points: [{ x: 20, y: 15 }] }])
    const erase: Stroke = { brush: 'erase', size: 8, points: [{ x: 20, y: 15 }] }
    expect(changes(painted(plain, [erase]), plain)).toEqual([])
    expect(changes(painted(spotted, [erase]), plain)).toEqual([])
  })

  test('covers where there is nothing around to erase by', () => {
    const after = painted(photo, [
      {
        brush: 'erase',
        size: 64,
        points: [
          { x: 0, y: 15 },
          { x: 40, y: 15 },
        ],
      },
    ])
    expect(new Set(after.data)).toEqual(new Set([118]))
  })
})
