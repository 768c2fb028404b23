import { describe, expect, it, test } from 'vitest'
import { type Fill, fadingPicture } from '../../../src/explanation/measures/fills.ts'
import { float32, type TensorOf } from '../../../src/graph/types.ts'
import { randomInput } from '../methods/network.ts'

const filled = (picture: TensorOf<'float32'>, fill: Fill, pixels: readonly number[], seed = 'seed') => {
  const fading = fadingPicture(picture, { fill, baseline: 7, seed })()
  fading.replace(Uint32Array.from(pixels))
  return fading.data
}

describe('what replaces pixels', () => {
  const picture = randomInput([1, 2, 40, 50], 'picture', 10, 30)
  const all = Array.from({ length: 2000 }, (_, k) => k)

  it.each(['constant', 'normal', 'uniform', 'blur', 'linear'] as const)(
    '%s changes only those pixels, in all channels',
    (fill) => {
      const data = filled(picture, fill, [3, 60, 61])
      const changed = [...data.keys()].filter((k) => data[k] !== picture.data[k])
      expect(changed).toEqual([3, 60, 61, 2003, 2060, 2061])
      expect(picture.data).toEqual(randomInput([1, 2, 40, 50], 'picture', 10, 30).data)
    },
  )

  it('constant is the baseline', () => {
    expect(new Set(filled(picture, 'constant', all))).toEqual(new Set([7]))
  })

  it('noise resembles the channel, depends on the seed, and not on the order of removal', () => {
    for (const fill of ['normal', 'uniform'] as const) {
      const data = filled(picture, fill, all).subarray(2000)
      const mean = data.reduce((sum, value) => sum + value / 2000, 0)
      const deviation = Math.sqrt(data.reduce((sum, value) => sum + (value - mean) ** 2 / 2000, 0))
      // Even numbers from 10 to 30: mean 20, deviation 20 / √12.
      expect(mean).toBeCloseTo(20, 0)
      expect(deviation / (20 / Math.sqrt(12))).toBeCloseTo(1, 1)
      expect(filled(picture, fill, all.toReversed())).toEqual(filled(picture, fill, all))
      expect(filled(picture, fill, all, 'other')).not.toEqual(filled(picture, fill, all))
    }
    const uniform = filled(picture, 'uniform', all)
    expect(Math.min(...uniform)).toBeGreaterThanOrEqual(10)
    expect(Math.max(...uniform)).toBeLessThanOrEqual(30)
  })

  it('blur leaves a flat plane as it is, up to its edges, and spreads a point', () => {
    const flat = float32([1, 1, 40, 50], new Float32Array(2000).fill(3))
    for (const value of filled(flat, 'blur', all)) expect(value).toBeCloseTo(3, 5)
    const point = float32([1, 1, 40, 50])
    point.data[20 * 50 + 25] = 1
    const blurred = filled(point, 'blur', all)
    // 1 / (2π σ²) in the middle, σ = 10/224 of 40 pixels; a discrete and cut-off Gaussian is a little more.
    expect(blurred[20 * 50 + 25]).toBeCloseTo(1 / (2 * Math.PI * (400 / 224) ** 2), 3)
    expect(blurred.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 4)
  })
})

/** The noise of `linear` is a hundredth of the deviation; the mean of many seeds has less. */
function linear(picture: TensorOf<'float32'>, pixels: readonly number[]): number[] {
  const runs = Array.from({ length: 200 }, (_, seed) => filled(picture, 'linear', pixels, String(seed)))
  return pixels.map((pixel) => runs.reduce((sum, data) => sum + data[pixel]! / runs.length, 0))
}

describe('linear imputation', () => {
  it('is the weighted mean of the neighbours of a pixel, worked out by hand', () => {
    const picture = float32([1, 1, 3, 3], [12, 6, 0, 18, -99, 24, 36, 0, 60])
    // (6 + 18 + 24 + 0) / 6 + (12 + 0 + 36 + 60) / 12 = 8 + 9.
    expect(linear(picture, [4])[0]).toBeCloseTo(17, 0)
    // A corner has three neighbours, 1/6, 1/6 and 1/12 of 5/12: (6 · 2 + 18 · 2 − 99) / 5.
    expect(linear(picture, [0])[0]).toBeCloseTo((2 * 6 + 2 * 18 - 99) / 5, 0)
  })

  it('solves adjacent pixels together', () => {
    // In one row, each neighbour of two counts a half: x = (0 + y) / 2 and y = (x + 9) / 2, so x = 3 and y = 6.
    const picture = float32([1, 1, 1, 4], [0, 50, -50, 9])
    const [x, y] = linear(picture, [1, 2])
    expect(x).toBeCloseTo(3, 0)
    expect(y).toBeCloseTo(6, 0)
  })

  it('gives each removed pixel the mean of its neighbours, whichever went and in how many steps', () => {
    const picture = randomInput([1, 1, 37, 50], 'picture', 0, 100)
    const order = [...picture.data.keys()].sort((a, b) => Math.sin(a * a) - Math.sin(b * b))
    // A large hole and single pixels.
    const hole = order.filter((k) => k % 50 < 30 && k > 200)
    const gone = [...hole, ...order.filter((k) => !(k % 50 < 30 && k > 200)).slice(0, 100)]
    const fading = fadingPicture(picture, { fill: 'linear', baseline: 0, seed: 0 })()
    for (let from = 0; from < gone.length; from += 300)
      fading.replace(Uint32Array.from(gone.slice(from, from + 300)))
    // The same in one step, with the same noise.
    const once = filled(picture, 'linear', gone, '0')
    const deviation = 100 / Math.sqrt(12)
    for (const pixel of gone)
      expect(Math.abs(once[pixel]! - fading.data[pixel]!) / deviation).toBeLessThan(5e-3)
    for (const pixel of gone) {
      const [x, y] = [pixel % 50, Math.floor(pixel / 50)]
      let [sum, weights] = [0, 0]
      for (const dy of [-1, 0, 1])
        for (const dx of [-1, 0, 1]) {
          if ((dx === 0 && dy === 0) || x + dx < 0 || x + dx > 49 || y + dy < 0 || y + dy > 36) continue
          const weight = dx && dy ? 1 / 12 : 1 / 6
          sum += weight * fading.data[(y + dy) * 50 + x + dx]!
          weights += weight
        }
      // Within a few deviations of the noise of a pixel and its neighbours.
      expect(Math.abs(fading.data[pixel]! - sum / weights)).toBeLessThan(6 * 0.01 * deviation)
    }
  })

  it('is the mean of the channel if nothing is left', () => {
    const picture = float32([1, 2, 1, 2], [1, 3, 10, 30])
    const data = filled(picture, 'linear', [0, 1])
    for (const [k, mean] of [2, 2, 20, 20].entries()) expect(Math.abs(data[k]! / mean - 1)).toBeLessThan(0.05)
  })
})

test('a filled picture is whole again next time', () => {
  const picture = randomInput([1, 1, 3, 3], 'picture')
  const make = fadingPicture(picture, { fill: 'linear', baseline: 0, seed: 0 })
  make().replace(Uint32Array.of(4))
  expect(make().data).toEqual(picture.data)
})
