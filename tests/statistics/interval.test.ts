import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { normal, sumsOf, together, wilson } from '../../src/statistics/interval.ts'

describe("Wilson's interval", () => {
  // Newcombe, Statistics in Medicine 17, 1998, table I, method 3.
  it.each([
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ])('of %i in %i', (correct, n, low, high) => {
    expect(wilson(correct, n).low).toBeCloseTo(low, 4)
    expect(wilson(correct, n).high).toBeCloseTo(high, 4)
  })

  it('ends where the share is 1.96 standard errors off, the definition of a score interval', () => {
    const samples = fc
      .integer({ min: 1, max: 5000 })
      .chain((n) => fc.tuple(fc.integer({ min: 0, max: n }), fc.constant(n)))
    fc.assert(
      fc.property(samples, ([correct, n]) => {
        const { low, high } = wilson(correct, n)
        const share = correct / n
        expect(low).toBeLessThanOrEqual(share)
        expect(high).toBeGreaterThanOrEqual(share)
        for (const end of [low, high]) {
          if (end === 0 || end === 1) continue
          const errors = Math.abs(share - end) / Math.sqrt((end * (1 - end)) / n)
          expect(errors).toBeCloseTo(1.959964, 4)
        }
      }),
    )
  })

  it('of nothing says nothing', () => {
    expect(wilson(0, 0)).toEqual({ low: 0, high: 1 })
  })
})

describe('the interval of a mean', () => {
  it('is 1.96 standard errors either way, and never below 0', () => {
    const values = [2, 4, 4, 4, 5, 5, 7, 9]
    // Variance 32 / 7.
    const half = 1.959963984540054 * Math.sqrt(32 / 7 / 8)
    const { low, high } = normal(sumsOf(values))
    expect(low).toBeCloseTo(5 - half, 12)
    expect(high).toBeCloseTo(5 + half, 12)
    expect(normal(sumsOf([0, 0, 0, 9])).low).toBe(0)
    expect(normal(sumsOf([3, 3, 3]))).toEqual({ low: 3, high: 3 })
  })

  it('of two sets together is that of all their values', () => {
    const [a, b] = [
      [1, 2.5, 8],
      [0, 3],
    ]
    expect(together(sumsOf(a!), sumsOf(b!))).toEqual(sumsOf([...a!, ...b!]))
  })

  it('of fewer than two values says nothing', () => {
    expect(normal(sumsOf([4]))).toEqual({ low: 0, high: Number.POSITIVE_INFINITY })
  })
})
