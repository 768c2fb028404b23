import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { rankCorrelation } from '../../../src/explanation/measures/rankCorrelation.ts'
import { structuralSimilarity } from '../../../src/explanation/measures/structuralSimilarity.ts'
import { topKOverlap } from '../../../src/explanation/measures/topKOverlap.ts'
import { randomInput } from '../methods/network.ts'
import { anyMap, anyOrder, mapOf, permuted } from './maps.ts'

describe('the agreement of two maps, worked out by hand', () => {
  it('rank correlation is Spearman’s, equal relevance sharing its ranks', () => {
    // Ranks 1 2 3 4 and 2 1 4 3: 1 − 6 Σ d² / (n (n² − 1)) = 1 − 6 · 4 / 60.
    expect(rankCorrelation(mapOf([-9, 0, 1, 50]), mapOf([2, 1, 4, 3]))).toBeCloseTo(0.6, 12)
    // Ranks 1 2½ 2½ 4 and 1 2 3 4, less 2½: products 2.25 + 0 + 0 + 2.25, squares 4.5 and 5.
    expect(rankCorrelation(mapOf([0, 5, 5, 7]), mapOf([0, 1, 2, 3]))).toBeCloseTo(
      4.5 / Math.sqrt(4.5 * 5),
      12,
    )
    expect(rankCorrelation(mapOf([1, 1, 1]), mapOf([1, 2, 3]))).toBe(0)
  })

  it('structural similarity of flat maps is that of their means', () => {
    const flat = (value: number) => ({ width: 11, height: 11, data: new Float32Array(121).fill(value) })
    // Each over its greatest |R|: 1 and −1. (−2 + C₁) C₂ / ((2 + C₁) C₂) with C₁ = 0.0004.
    expect(structuralSimilarity(flat(3), flat(-7))).toBeCloseTo((-2 + 4e-4) / (2 + 4e-4), 6)
    // 1 and 0: C₁ / (1 + C₁).
    expect(structuralSimilarity(flat(3), flat(0))).toBeCloseTo(4e-4 / (1 + 4e-4), 6)
  })

  it('structural similarity of one window is what the formula gives, pixel by pixel', () => {
    const [x, y] = ['x', 'y'].map((seed) => randomInput([11, 11], seed, -1, 1).data) as [
      Float32Array,
      Float32Array,
    ]
    x[7] = y[9] = 1
    const weight = (k: number) =>
      Math.exp(-((Math.floor(k / 11) - 5) ** 2 + ((k % 11) - 5) ** 2) / (2 * 1.5 ** 2))
    const total = x.reduce((sum, _, k) => sum + weight(k), 0)
    const mean = (of: (k: number) => number) => x.reduce((sum, _, k) => sum + (weight(k) / total) * of(k), 0)
    const [m, n] = [mean((k) => x[k]!), mean((k) => y[k]!)]
    const [c1, c2] = [0.02 ** 2, 0.06 ** 2]
    const covariance = mean((k) => (x[k]! - m) * (y[k]! - n))
    const variances = mean((k) => (x[k]! - m) ** 2) + mean((k) => (y[k]! - n) ** 2)
    const expected = ((2 * m * n + c1) * (2 * covariance + c2)) / ((m * m + n * n + c1) * (variances + c2))
    const map = (data: Float32Array) => ({ width: 11, height: 11, data })
    expect(structuralSimilarity(map(x), map(y))).toBeCloseTo(expected, 5)
  })

  it('top-k overlap counts the pixels that both have', () => {
    // The two most relevant: pixels 0 and 1 of one, 1 and 3 of the other.
    expect(topKOverlap(mapOf([9, 8, 1, 2]), mapOf([1, 5, 2, 7]), { k: 2 })).toBe(1 / 2)
  })
})

describe.each([
  ['rank-correlation', rankCorrelation, -1],
  ['top-k-overlap', (one, other) => topKOverlap(one, other, { k: 9 }), 0],
  ['structural-similarity', (one, other) => structuralSimilarity(large(one), large(other)), -1],
] satisfies [string, typeof rankCorrelation, number][])('%s', (_, measure, least) => {
  it('is symmetric, within its range, and 1 for equal maps', () => {
    const varied = anyMap.filter(({ data }) => data.some((value) => value !== data[0]))
    fc.assert(
      fc.property(varied, varied, (one, other) => {
        const value = measure(one, other)
        expect(measure(other, one)).toBeCloseTo(value, 9)
        expect(value).toBeGreaterThanOrEqual(least - 1e-6)
        expect(value).toBeLessThanOrEqual(1 + 1e-6)
        expect(measure(one, one)).toBeCloseTo(1, 6)
      }),
      { numRuns: 50 },
    )
  })

  it('does not depend on the scale of a map', () => {
    fc.assert(
      fc.property(anyMap, anyMap, (one, other) => {
        const scaled = { ...one, data: one.data.map((value) => 4 * value) }
        expect(measure(scaled, other)).toBeCloseTo(measure(one, other), 6)
      }),
      { numRuns: 50 },
    )
  })

  it('refuses maps of different sizes', () => {
    const maps = [
      mapOf(...Array.from({ length: 12 }, () => new Array<number>(12).fill(1))),
      mapOf([1, 2]),
    ] as const
    expect(() => measure(maps[1], maps[0])).toThrow(/^second map: has \d+ × \d+ pixels/)
  })
})

it('rank correlation and overlap do not depend on the place of pixels', () => {
  fc.assert(
    fc.property(anyMap, anyMap, anyOrder, (one, other, keys) => {
      expect(rankCorrelation(permuted(one, keys), permuted(other, keys))).toBeCloseTo(
        rankCorrelation(one, other),
        9,
      )
    }),
  )
})

it('structural similarity needs a window', () => {
  expect(() => structuralSimilarity(mapOf([1, 2]), mapOf([1, 2]))).toThrow(
    /^map: has 2 × 1 pixels\. Give .* 11 × 11/,
  )
})

/** A map three times as large, so that a window fits into it. */
function large({ width, height, data }: ReturnType<typeof mapOf>): ReturnType<typeof mapOf> {
  const [w, h] = [3 * width, 3 * height]
  return {
    width: w,
    height: h,
    data: Float32Array.from(
      { length: w * h },
      (_, k) => data[Math.floor(Math.floor(k / w) / 3) * width + Math.floor((k % w) / 3)]!,
    ),
  }
}
