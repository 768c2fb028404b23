import { expect, test } from 'vitest'
import { descending, ranksOf } from '../../src/statistics/ranks.ts'

test('places go from the greatest number to the least, equal ones in their order', () => {
  expect([...descending([3, 9, -1, 9, 3])]).toEqual([1, 3, 0, 4, 2])
})

test('ranks start at 1, and equal numbers share theirs', () => {
  // In order −1, 3, 3, 9, 9: ranks 1, (2 + 3) / 2, (4 + 5) / 2.
  expect([...ranksOf([3, 9, -1, 9, 3])]).toEqual([2.5, 4.5, 1, 4.5, 2.5])
})
