import fc from 'fast-check'
import { expect, it } from 'vitest'
import { constantError, deviationOf, expectedAge, medianAge, overYears } from '../../src/evaluation/years.ts'

it('the expected age is the mean of the ages by their probabilities', () => {
  expect(expectedAge([0.5, 0, 0, 0.25, 0.25])).toBe(1.75)
  expect(expectedAge(Float32Array.from({ length: 101 }, (_, age) => Number(age === 37)))).toBe(37)
})

it('for classes that stand for ages, the expected age is their mean', () => {
  expect(expectedAge([0.5, 0.5], [20, 31])).toBe(25.5)
  expect(deviationOf([0.5, 0.5], [20, 31])).toBe(5.5)
  expect(deviationOf([0, 1], [20, 31])).toBe(0)
})

it('a distribution over any ages is one over years of the same expected age', () => {
  expect([...overYears([1], [35.5])].flatMap((p, age) => (p > 0 ? [[age, p]] : []))).toEqual([
    [35, 0.5],
    [36, 0.5],
  ])
  const classes = fc.array(
    fc.tuple(fc.double({ min: 0, max: 100, noNaN: true }), fc.integer({ min: 1, max: 9 })),
    {
      minLength: 1,
      maxLength: 12,
    },
  )
  fc.assert(
    fc.property(classes, (some) => {
      const whole = some.reduce((sum, [, weight]) => sum + weight, 0)
      const [ages, p] = [some.map(([age]) => age), some.map(([, weight]) => weight / whole)]
      const years = overYears(p, ages)
      expect(years).toHaveLength(101)
      expect(expectedAge(years)).toBeCloseTo(expectedAge(p, ages), 6)
    }),
  )
})

it('no age has a smaller mean distance than the median', () => {
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
