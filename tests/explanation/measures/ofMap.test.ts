import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { coherenceOf } from '../../../src/explanation/coherence.ts'
import { complexity } from '../../../src/explanation/measures/complexity.ts'
import { halfArea } from '../../../src/explanation/measures/halfArea.ts'
import { largestRegion } from '../../../src/explanation/measures/largestRegion.ts'
import { sparseness } from '../../../src/explanation/measures/sparseness.ts'
import { anyMap, anyOrder, mapOf, permuted } from './maps.ts'

describe('a measure of a map alone, worked out by hand', () => {
  it('sparseness is the Gini index of |R|', () => {
    // |R| in order 1, 2, 5: ((2 − 4) 1 + (4 − 4) 2 + (6 − 4) 5) / (3 · 8) = 8 / 24.
    expect(sparseness(mapOf([2, -5, 1]))).toBeCloseTo(8 / 24, 12)
    // By the form of the paper: 1 − 2 (1/8 · 2.5/3 + 2/8 · 1.5/3 + 5/8 · 0.5/3) = 1 − 2 · (2.5 + 3 + 2.5) / 24.
    expect(sparseness(mapOf([2, -5, 1]))).toBeCloseTo(1 - (2 * 8) / 24, 12)
    // One of four has all: (8 − 5) 7 / (4 · 7).
    expect(sparseness(mapOf([0, 7], [0, 0]))).toBeCloseTo(3 / 4, 12)
    expect(sparseness(mapOf([3, -3], [3, 3]))).toBe(0)
  })

  it('complexity is the entropy of the shares of |R|', () => {
    // Shares ½, ¼, ¼: ½ ln 2 + 2 · ¼ ln 4 = 1.5 ln 2.
    expect(complexity(mapOf([4, -2, 2]))).toBeCloseTo(1.5 * Math.LN2, 12)
    expect(complexity(mapOf([0, -9, 0]))).toBe(0)
    expect(complexity(mapOf([1, -1], [1, 1]))).toBeCloseTo(Math.log(4), 12)
  })

  it('half of the positive relevance is in the fewest pixels that carry it', () => {
    // 4 + 3 + 2 + 1 = 10: 4 is too little, 4 + 3 is 5 or more: 2 of 6 pixels.
    expect(halfArea(mapOf([1, 2, 3], [4, -8, 0]))).toBeCloseTo(2 / 6, 12)
    // 6 of 12 is half already.
    expect(halfArea(mapOf([6, 3, 3], [-1, -1, -1]))).toBeCloseTo(1 / 6, 12)
  })
})

test('a map without relevance for the class has no sparseness, complexity or concentration', () => {
  const nothing = mapOf([0, 0], [0, 0])
  expect([sparseness(nothing), complexity(nothing), halfArea(nothing), largestRegion(nothing)]).toEqual([
    0, 0, 0, 0,
  ])
  expect([halfArea(mapOf([-1, -2])), largestRegion(mapOf([-1, -2], [-3, -4]))]).toEqual([0, 0])
})

test('the largest region is that of coherence', () => {
  fc.assert(fc.property(anyMap, (map) => largestRegion(map) === coherenceOf(map).region))
})

describe.each([
  ['sparseness', sparseness, 1 - 1 / 30],
  ['complexity', complexity, Math.log(30)],
  ['half-area', halfArea, 0.5 + 1 / 30],
] as const)('%s', (_, measure, most) => {
  it('stays in its range, whatever the map', () => {
    fc.assert(
      fc.property(anyMap, (map) => {
        expect(measure(map)).toBeGreaterThanOrEqual(-1e-12)
        expect(measure(map)).toBeLessThanOrEqual(most + 1e-6)
      }),
    )
  })

  it('depends neither on the place of pixels nor on the scale', () => {
    fc.assert(
      fc.property(anyMap, anyOrder, (map, keys) => {
        expect(measure(permuted(map, keys))).toBeCloseTo(measure(map), 6)
        expect(measure({ ...map, data: map.data.map((value) => 8 * value) })).toBeCloseTo(measure(map), 6)
      }),
    )
  })
})
