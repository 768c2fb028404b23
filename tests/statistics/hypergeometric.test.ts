import { describe, expect, it } from 'vitest'
import { atLeast } from '../../src/statistics/hypergeometric.ts'

/** By binomial coefficients, as whole numbers. */
function counted(found: number, drawn: number, marked: number, all: number): number {
  const choose = (n: number, k: number): bigint => {
    if (k < 0 || k > n) return 0n
    let result = 1n
    for (let m = 1; m <= k; m++) result = (result * BigInt(n - k + m)) / BigInt(m)
    return result
  }
  let ways = 0n
  for (let x = found; x <= drawn; x++) ways += choose(marked, x) * choose(all - marked, drawn - x)
  return Number((ways * 10n ** 15n) / choose(all, drawn)) / 1e15
}

describe('drawing without replacement', () => {
  it('is Fisher’s lady: all four cups right by chance once in seventy', () => {
    expect(atLeast(4, 4, 4, 8)).toBeCloseTo(1 / 70, 15)
    expect(atLeast(3, 4, 4, 8)).toBeCloseTo(17 / 70, 15)
  })

  it('agrees with counting all ways', () => {
    for (const [drawn, marked, all] of [
      [5, 7, 20],
      [12, 15, 20],
      [20, 30, 90],
    ] as const)
      for (let found = 0; found <= Math.min(drawn, marked); found++)
        expect(atLeast(found, drawn, marked, all)).toBeCloseTo(counted(found, drawn, marked, all), 12)
  })

  it('is sure of what cannot be otherwise, and handles small values of large numbers', () => {
    expect(atLeast(0, 5, 3, 10)).toBe(1)
    expect(atLeast(2, 9, 3, 10)).toBe(1)
    const rare = atLeast(900, 1000, 1000, 5000)
    expect(rare).toBeGreaterThanOrEqual(0)
    expect(rare).toBeLessThan(1e-300)
  })
})
