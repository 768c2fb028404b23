import { expect, it } from 'vitest'
import { silhouettes } from '../../src/statistics/silhouette.ts'

const points = (...values: number[]) => values.map((value) => Float64Array.of(value))

it('a silhouette compares the mean distance to one’s own group with that to the nearest other', () => {
  // a and b of 0: 1 and 9.5; of 1: 1 and 8.5; of 9: 1 and 8.5; of 10: 1 and 9.5.
  const found = silhouettes(points(0, 1, 9, 10), [0, 0, 1, 1])
  for (const [k, value] of [8.5 / 9.5, 7.5 / 8.5, 7.5 / 8.5, 8.5 / 9.5].entries())
    expect(found[k]).toBeCloseTo(value, 14)
  expect(silhouettes(points(0, 9, 10, 11), [0, 0, 1, 1])[1]).toBeLessThan(0)
})

it('the silhouette of a lone point, of a single group, and of coinciding points is 0', () => {
  expect([...silhouettes(points(0, 5, 6), [0, 1, 1])][0]).toBe(0)
  expect([...silhouettes(points(0, 5, 6), [0, 0, 0])]).toEqual([0, 0, 0])
  expect([...silhouettes(points(1, 1, 1, 1), [0, 0, 1, 1])]).toEqual([0, 0, 0, 0])
})
