import { expect, test } from 'vitest'
import { predictionDifference } from '../../../src/explanation/methods/predictionDifference.ts'
import { float32 } from '../../../src/graph/types.ts'
import { distance, randomInput, scoring } from './network.ts'

const target = Float32Array.of(1, 0)

test('a bright square on a flat background counts by how much brighter it is', async () => {
  // 10 × 10 of 2, and in the middle 2 × 2 of 10.
  const isBright = (pixel: number) => [44, 45, 54, 55].includes(pixel)
  const input = float32(
    [1, 1, 10, 10],
    Float32Array.from({ length: 100 }, (_, k) => (isBright(k) ? 10 : 2)),
  )
  const sum = scoring((picture) => picture.reduce((total, value) => total + value, 0))
  const options = { window: 2, stride: 2, ring: 1, samples: 3 }
  const { shape, data } = await predictionDifference(sum, input, target, options)
  expect(shape).toEqual([1, 10, 10])
  // Four pixels, each dropping from 10 to 2.
  for (const pixel of [44, 45, 54, 55]) expect(data[pixel]).toBe(32)
  // The outer squares, which are 2 like their rings.
  for (const pixel of [0, 9, 11, 18, 40, 50, 94, 99]) expect(data[pixel]).toBe(0)
  const against = await predictionDifference(sum, input, Float32Array.of(-1, 0), options)
  expect(against.data[44]).toBe(-32)
})

test('for a linear score it gives the difference from the mean of the ring, over the squares around a pixel', async () => {
  const [height, width] = [8, 9]
  const area = height * width
  const input = randomInput([1, 2, height, width], 'input', -10, 10)
  const weights = randomInput([2 * area], 'weights', -1, 1).data
  const linear = scoring((picture) => picture.reduce((sum, value, k) => sum + weights[k]! * value, 4))
  const [window, stride, ring] = [4, 3, 2]
  const map = await predictionDifference(linear, input, target, {
    window,
    stride,
    ring,
    samples: 5000,
    batch: 500,
  })
  const sums = Array.from({ length: area }, () => ({ sum: 0, count: 0 }))
  for (const top of [0, 3, 6])
    for (const left of [0, 3, 6]) {
      const within = (pixel: number, by: number) => {
        const [y, x] = [Math.floor(pixel / width), pixel % width]
        return (
          y >= top - by &&
          y < Math.min(top + window, height) + by &&
          x >= left - by &&
          x < Math.min(left + window, width) + by
        )
      }
      const pixels = [...sums.keys()]
      const inside = pixels.filter((pixel) => within(pixel, 0))
      const around = pixels.filter((pixel) => within(pixel, ring) && !within(pixel, 0))
      let fall = 0
      for (const from of [0, area]) {
        const mean = around.reduce((sum, pixel) => sum + input.data[from + pixel]!, 0) / around.length
        for (const pixel of inside) fall += weights[from + pixel]! * (input.data[from + pixel]! - mean)
      }
      for (const pixel of inside) {
        sums[pixel]!.sum += fall
        sums[pixel]!.count++
      }
    }
  const expected = sums.map(({ sum, count }) => sum / count)
  expect(distance(map.data, expected)).toBeLessThan(0.03)
})

test('the same seed gives the same bits, another seed other draws, whatever the batch size', async () => {
  const input = randomInput([1, 3, 30, 20], 'input')
  const of = (picture: Float32Array) =>
    picture.reduce((sum, value, k) => sum + Math.max(0, value) * (k % 5), 0)
  const run = (options: object) => predictionDifference(scoring(of), input, target, { window: 6, ...options })
  const map = await run({ seed: 'a' })
  expect(await run({ seed: 'a' })).toEqual(map)
  expect(await run({ seed: 'a', batch: 7 })).toEqual(map)
  expect(distance((await run({ seed: 'b' })).data, map.data)).toBeGreaterThan(0.01)
  expect(distance((await run({ seed: 'a', ring: 6 })).data, map.data)).toBeGreaterThan(0.01)
})

test('a signal stops it at once, and it refuses senseless numbers by name', async () => {
  const input = randomInput([1, 3, 30, 20], 'input')
  const controller = new AbortController()
  const told: number[] = []
  const progress = (done: number) => {
    told.push(done)
    controller.abort(new Error('enough'))
  }
  const run = (options: object) =>
    predictionDifference(
      scoring((picture) => picture[0]!),
      input,
      target,
      options,
    )
  await expect(run({ progress, signal: controller.signal })).rejects.toThrow('enough')
  expect(told).toEqual([8])
  await expect(run({ window: 30 })).rejects.toThrow(/^window: covers the whole picture\. Make it smaller/)
  await expect(run({ window: 4, stride: 5 })).rejects.toThrow(/^stride: is 5\. Give at most 4/)
  await expect(run({ samples: 0 })).rejects.toThrow(/^samples: is 0/)
})
