import { describe, expect, it, test } from 'vitest'
import { Random } from '../../../src/base/random.ts'
import { interpolating } from '../../../src/explanation/measures/linearInterpolation.ts'
import { float32, type TensorOf } from '../../../src/graph/types.ts'
import { randomInput } from '../methods/network.ts'

const without = (picture: TensorOf<'float32'>) =>
  interpolating(picture, new Float32Array(picture.data.length))

/** The equations of the removed pixels, as written, solved by elimination. */
function slowly({ shape, data }: TensorOf<'float32'>, gone: readonly number[]): Map<number, number> {
  const [height, width] = shape.slice(2) as [number, number]
  const rows = gone.map((pixel) => {
    const row = new Float64Array(gone.length + 1)
    for (const dy of [-1, 0, 1])
      for (const dx of [-1, 0, 1]) {
        const [x, y] = [(pixel % width) + dx, Math.floor(pixel / width) + dy]
        if ((dx === 0 && dy === 0) || x < 0 || x >= width || y < 0 || y >= height) continue
        const weight = dx && dy ? 1 / 12 : 1 / 6
        const other = gone.indexOf(y * width + x)
        row[gone.indexOf(pixel)]! += weight
        if (other < 0) row[gone.length]! += weight * data[y * width + x]!
        else row[other]! -= weight
      }
    return row
  })
  rows.forEach((pivot, k) => {
    for (const row of rows) {
      const factor = row === pivot ? 0 : row[k]! / pivot[k]!
      if (factor !== 0) for (let j = k; j < row.length; j++) row[j]! -= factor * pivot[j]!
    }
  })
  return new Map(gone.map((pixel, k) => [pixel, rows[k]![gone.length]! / rows[k]![k]!]))
}

/** The largest error, in deviations of the picture. */
function wrong(picture: TensorOf<'float32'>, values: Float32Array, gone: readonly number[]): number {
  const { data } = picture
  const mean = data.reduce((sum, value) => sum + value / data.length, 0)
  const deviation = Math.sqrt(data.reduce((sum, value) => sum + (value - mean) ** 2 / data.length, 0))
  const right = slowly(picture, gone)
  return Math.max(...gone.map((pixel) => Math.abs(values[pixel]! - right.get(pixel)!))) / deviation
}

/** A fifth of the deviation of the noise. */
const EXACTNESS = 2e-3

describe('linear interpolation is the solution of its equations', () => {
  const random = new Random('which')
  const scattered = Array.from({ length: 500 }, () => random.uniform())
  const shapes = [
    [20, 25],
    [1, 300],
    [2, 129],
    [17, 16],
    [6, 7],
  ] as const
  const masks: Record<string, (x: number, y: number, width: number, height: number) => boolean> = {
    'all but a corner': (x, y) => x + y > 0,
    'all but the middle': (x, y, width, height) => x !== width >> 1 || y !== height >> 1,
    'all but walls': (x, y) => x % 6 !== 3 || y % 8 === 5,
    'all but a diagonal': (x, y) => x % 9 !== y % 9,
    'one half': (x, _, width) => x >= width / 2,
    'every second column': (x) => x % 2 === 1,
    'a chequerboard': (x, y) => (x + y) % 2 === 0,
    'half, scattered': (x, y, width) => scattered[(y * width + x) % 500]! < 0.5,
    'nearly all, scattered': (x, y, width) => scattered[(y * width + x) % 500]! < 0.95,
  }

  it.each(Object.keys(masks))('if %s is removed', (name) => {
    for (const [height, width] of shapes) {
      const picture = randomInput([1, 1, height, width], 'picture', 100, 200)
      const gone = [...picture.data.keys()].filter((k) =>
        masks[name]!(k % width, Math.floor(k / width), width, height),
      )
      const { data, replace } = without(picture)
      replace(Uint32Array.from(gone))
      expect(wrong(picture, data, gone), `${height} × ${width}`).toBeLessThan(EXACTNESS)
    }
  })

  it('at every step towards the last pixel', () => {
    const picture = randomInput([1, 1, 16, 20], 'picture', 100, 200)
    const order = [...picture.data.keys()].sort((a, b) => scattered[a]! - scattered[b]!)
    const { data, replace } = without(picture)
    for (let from = 0; from < 319; from += 29) {
      replace(Uint32Array.from(order.slice(from, from + 29)))
      expect(wrong(picture, data, order.slice(0, from + 29))).toBeLessThan(EXACTNESS)
    }
  })
})

test('channels are independent', () => {
  const both = randomInput([1, 2, 12, 15], 'picture')
  const gone = Uint32Array.from({ length: 150 }, (_, k) => k)
  const { data, replace } = without(both)
  replace(gone)
  for (const channel of [0, 1]) {
    const part = (from: Float32Array) => from.slice(channel * 180, (channel + 1) * 180)
    const alone = without(float32([1, 1, 12, 15], part(both.data)))
    alone.replace(gone)
    expect(part(data)).toEqual(alone.data)
  }
})

test('a flat picture stays as it is', () => {
  const picture = float32([1, 1, 9, 14], new Float32Array(126).fill(0.3))
  const { data, replace } = without(picture)
  replace(Uint32Array.from({ length: 100 }, (_, k) => k))
  expect(data).toEqual(picture.data)
})

test('it is the same to the bit every time', () => {
  const picture = randomInput([1, 3, 30, 31], 'picture')
  const [once, again] = [0, 1].map(() => {
    const { data, replace } = without(picture)
    for (let from = 0; from < 900; from += 90) replace(Uint32Array.from({ length: 90 }, (_, k) => from + k))
    return data
  })
  expect(again).toEqual(once)
})
