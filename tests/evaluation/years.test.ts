import fc from 'fast-check'
import { expect, it } from 'vitest'
import { constantError, expectedAge, medianAge } from '../../src/evaluation/years.ts'

it('the expected age is the mean of the ages by their probabilities', () => {
  expect(expectedAge([0.5, 0, 0, 0.25, 0.25])).toBe(1.75)
  expect(expectedAge(Float32Array.from({ length: 101 }, (_, age) => Number(age === 37)))).toBe(37)
})

it('no age is nearer to all in the mean than the median', () => {
  expect(medianAge([0, 2, 0, 1, 0])).toBe(1)
  expect(constantError([0, 2, 0, 1, 0], 1)).toBeCloseTo(2 / 3, 12)
  const counts = fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 1, maxLength: 101 })
  fc.assert(
    fc.property(counts, (ages) => {
      fc.pre(ages.some((n) => n > 0))
      const least = Math.min(...ages.map((_, age) => constantError(ages, age)))
      expect(constantError(ages, medianAge(ages))).toBeCloseTo(least, 9)
    }),
  )
})
