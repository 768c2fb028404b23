import { expect, test } from 'vitest'
import { edges } from '../../../src/explanation/methods/edges.ts'
import { float32 } from '../../../src/graph/types.ts'
import { distance, randomInput } from './network.ts'

test('a slope is as steep as its rise per pixel, and half as steep at the edge where it ends', () => {
  // 3 across and 4 down for each pixel, in both channels.
  const [height, width] = [5, 6]
  const data = Float32Array.from({ length: 60 }, (_, k) => 3 * (k % 6) + 4 * (Math.floor(k / 6) % 5))
  const { shape, data: map } = edges(float32([1, 2, height, width], data))
  expect(shape).toEqual([1, height, width])
  for (const y of [1, 2, 3]) for (const x of [1, 2, 3, 4]) expect(map[y * width + x]).toBeCloseTo(5, 5)
  expect(map[2 * width]).toBeCloseTo(Math.hypot(1.5, 4), 5)
  expect(map[2]).toBeCloseTo(Math.hypot(3, 2), 5)
  expect(map[0]).toBeCloseTo(Math.hypot(1.5, 2), 5)
})

test('channels count by their mean: what one gains and the other loses is no edge', () => {
  const one = randomInput([1, 1, 7, 8], 'input')
  const against = float32([1, 2, 7, 8], Float32Array.of(...one.data, ...one.data.map((value) => 9 - value)))
  expect(Math.max(...edges(against).data)).toBeLessThan(1e-4)
  const twice = float32([1, 2, 7, 8], Float32Array.of(...one.data, ...one.data))
  expect(distance(edges(twice).data, edges(one).data)).toBeLessThan(1e-6)
})
