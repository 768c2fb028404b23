import { expect, test } from 'vitest'
import { Random } from '../../../src/base/random.ts'
import { drawInto, surroundingsOf } from '../../../src/explanation/methods/surroundings.ts'
import { float32 } from '../../../src/graph/types.ts'

const [HEIGHT, WIDTH] = [9, 12]
const AREA = HEIGHT * WIDTH
const square = { top: 3, left: 4, bottom: 6, right: 8 }
/** Waves, so that neighbours are alike, and two channels that partly correlate. */
const picture = float32(
  [1, 2, HEIGHT, WIDTH],
  Float32Array.from({ length: 2 * AREA }, (_, k) => {
    const [y, x] = [Math.floor((k % AREA) / WIDTH), k % WIDTH]
    const wave = 10 * Math.sin(y / 2 + x / 3)
    return k < AREA ? wave + 5 : 3 * Math.cos(x + y) - wave / 2
  }),
)
const inSquare = (pixel: number) => {
  const [y, x] = [Math.floor((pixel % AREA) / WIDTH), pixel % WIDTH]
  return y >= 3 && y < 6 && x >= 4 && x < 8
}

/** The ring of two pixels around the square: rows 1 to 7, columns 2 to 9. */
const ring = Array.from({ length: AREA }, (_, pixel) => pixel).filter((pixel) => {
  const [y, x] = [Math.floor(pixel / WIDTH), pixel % WIDTH]
  return y >= 1 && y < 8 && x >= 2 && x < 10 && !inSquare(pixel)
})
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
const at = (channel: number, pixel: number) => picture.data[channel * AREA + pixel]!

test('the Gaussian has the mean and the covariance of the ring, and the correlation of its neighbours', () => {
  const { mean: means, deviation, likeness } = surroundingsOf(picture, square, 2)!
  expect(ring.length).toBe(7 * 8 - 12)
  const expected = [0, 1].map((channel) => mean(ring.map((pixel) => at(channel, pixel))))
  for (const channel of [0, 1]) expect(means[channel]).toBeCloseTo(expected[channel]!, 9)
  const covariance = (a: number, b: number, pairs: readonly (readonly [number, number])[]) =>
    mean(pairs.map(([one, other]) => (at(a, one) - expected[a]!) * (at(b, other) - expected[b]!)))
  const same = ring.map((pixel) => [pixel, pixel] as const)
  for (const a of [0, 1])
    for (const b of [0, 1]) {
      const product = deviation[a]!.reduce((sum, each, k) => sum + each * (deviation[b]![k] ?? 0), 0)
      expect(product).toBeCloseTo(covariance(a, b, same), 9)
    }
  const beside = ring.flatMap((pixel) =>
    [pixel + 1, pixel + WIDTH]
      .filter((other) => ring.includes(other))
      .map((other) => [pixel, other] as const),
  )
  const ofNeighbours = covariance(0, 0, beside) + covariance(1, 1, beside)
  expect(likeness).toBeCloseTo(ofNeighbours / (covariance(0, 0, same) + covariance(1, 1, same)), 9)
  expect(likeness).toBeGreaterThan(0.5)
})

test('draws follow this distribution, and nothing outside the square changes', () => {
  const around = surroundingsOf(picture, square, 2)!
  const random = new Random('draws')
  const draws = Array.from({ length: 20_000 }, () => {
    const data = picture.data.slice()
    drawInto(data, [HEIGHT, WIDTH], square, around, random)
    return data
  })
  for (const [k, value] of picture.data.entries()) {
    if (!inSquare(k)) expect(draws[0]![k]).toBe(value)
  }
  // Two pixels of the square, in the same row, three apart; and the one below the first.
  const [one, far, below] = [4 * WIDTH + 4, 4 * WIDTH + 7, 5 * WIDTH + 4]
  const [a, b] = around.mean as [number, number]
  const [[deviation], [shared, own]] = around.deviation as [[number], [number, number]]
  const product = (i: number, j: number, less: number, from: number) =>
    mean(draws.map((data) => (data[i]! - less) * (data[j]! - from)))
  const variance = deviation ** 2
  for (const pixel of [one, far, below]) {
    expect(mean(draws.map((data) => data[pixel]!))).toBeCloseTo(a, 0)
    expect(product(pixel, pixel, a, a) / variance).toBeCloseTo(1, 1)
    expect(product(AREA + pixel, AREA + pixel, b, b) / (shared ** 2 + own ** 2)).toBeCloseTo(1, 1)
    expect(product(pixel, AREA + pixel, a, b) / (deviation * shared)).toBeCloseTo(1, 1)
  }
  expect(product(one, below, a, a) / variance).toBeCloseTo(around.likeness, 1)
  expect(product(one, far, a, a) / variance).toBeCloseTo(around.likeness ** 3, 1)
})

test('channels that are the same stay the same, and a ring of one colour gives that colour', () => {
  const grey = float32(
    [1, 2, HEIGHT, WIDTH],
    Float32Array.from(picture.data, (_, k) => at(0, k % AREA)),
  )
  const data = grey.data.slice()
  drawInto(data, [HEIGHT, WIDTH], square, surroundingsOf(grey, square, 2)!, new Random(1))
  expect(data.subarray(0, AREA)).toEqual(data.subarray(AREA))
  expect(data).not.toEqual(grey.data)
  const even = { ...grey, data: grey.data.map((_, k) => (inSquare(k) ? 50 : 3)) }
  const filled = even.data.slice()
  drawInto(filled, [HEIGHT, WIDTH], square, surroundingsOf(even, square, 1)!, new Random(1))
  expect(new Set(filled)).toEqual(new Set([3]))
})

test('at an edge the ring is cut off, and around the whole picture there is none', () => {
  const corner = { top: 6, left: 9, bottom: 9, right: 12 }
  const { mean: means } = surroundingsOf(picture, corner, 1)!
  const expected = [5 * 12 + 8, 5 * 12 + 9, 5 * 12 + 10, 5 * 12 + 11, 6 * 12 + 8, 7 * 12 + 8, 8 * 12 + 8]
  expect(means[0]).toBeCloseTo(mean(expected.map((pixel) => at(0, pixel))), 9)
  expect(surroundingsOf(picture, { top: 0, left: 0, bottom: HEIGHT, right: WIDTH }, 3)).toBeUndefined()
})
