import { expect, it } from 'vitest'
import { rankAccuracy } from '../../src/explanation/rankAccuracy.ts'

const map = [0.1, 5, -3, 4, 0, 2, -9, 1]

it('is the share of the most relevant pixels that lie in the region, of as many as that has', () => {
  const within = (...pixels: number[]) => rankAccuracy(map, (pixel) => pixels.includes(pixel))
  expect(within(1, 3, 5)).toBe(1)
  expect(within(1, 3, 6)).toBe(2 / 3)
  expect(within(2, 6)).toBe(0)
  expect(within(0, 1, 2, 3, 4, 5, 6, 7)).toBe(1)
})

it('is unknown of a region without a pixel', () => {
  expect(rankAccuracy(map, () => false)).toBeUndefined()
})
