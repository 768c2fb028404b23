import { expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'

const draws = (random: Random) => Array.from({ length: 50 }, () => random.uint32())

test('the same seed gives the same draws, another seed gives others', () => {
  expect(draws(new Random('faces'))).toEqual(draws(new Random('faces')))
  expect(draws(new Random('faces'))).not.toEqual(draws(new Random('face')))
})

test('a saved state continues where it was', () => {
  const random = new Random(7)
  draws(random)
  const restored = Random.from(JSON.parse(JSON.stringify(random.state)))
  expect(draws(restored)).toEqual(draws(random))
})

test('draws have the requested distribution', () => {
  const random = new Random('distribution')
  const n = 100_000
  const normal = Array.from({ length: n }, () => random.normal(3, 2))
  const mean = normal.reduce((a, b) => a + b) / n
  const variance = normal.reduce((a, b) => a + (b - mean) ** 2, 0) / n
  expect(mean).toBeCloseTo(3, 1)
  expect(variance).toBeCloseTo(4, 0)
  const counts = Array(6).fill(0)
  for (let k = 0; k < n; k++) counts[random.integer(6)]++
  // Five degrees of freedom: beyond 20.5 once in a thousand seeds.
  expect(counts.reduce((chi, count) => chi + (count - n / 6) ** 2 / (n / 6), 0)).toBeLessThan(20.5)
})

test('a shuffle keeps every item', () => {
  const items = Array.from({ length: 100 }, (_, k) => k)
  const shuffled = new Random(1).shuffle(items)
  expect(shuffled).not.toEqual(items)
  expect([...shuffled].sort((a, b) => a - b)).toEqual(items)
})
