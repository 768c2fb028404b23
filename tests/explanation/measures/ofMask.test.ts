import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { pointingGame } from '../../../src/explanation/measures/pointingGame.ts'
import { relevanceMassAccuracy } from '../../../src/explanation/measures/relevanceMassAccuracy.ts'
import { relevanceRankAccuracy } from '../../../src/explanation/measures/relevanceRankAccuracy.ts'
import { rocArea } from '../../../src/explanation/measures/rocArea.ts'
import { topKIntersection } from '../../../src/explanation/measures/topKIntersection.ts'
import { anyMap, anyMask, anyOrder, mapOf, maskOf, permuted } from './maps.ts'

// The three pixels on the left are inside.
const map = mapOf([5, 2, 0], [1, 4, -2])
const mask = maskOf([1, 1, 0], [1, 0, 0])

describe('a measure of a map and a mask, worked out by hand', () => {
  it('relevance mass accuracy is the share of the relevance inside, with its sign or without', () => {
    // Inside 5 + 2 + 1 = 8, all 5 + 2 + 0 + 1 + 4 − 2 = 10.
    expect(relevanceMassAccuracy(map, mask)).toBeCloseTo(8 / 10, 12)
    // Without signs all are 5 + 2 + 0 + 1 + 4 + 2 = 14.
    expect(relevanceMassAccuracy(map, mask, { absolute: true })).toBeCloseTo(8 / 14, 12)
  })

  it('relevance rank accuracy looks at as many pixels as the mask has', () => {
    // Three inside; the three most relevant are 5 (inside), 4 (outside), 2 (inside).
    expect(relevanceRankAccuracy(map, mask)).toBeCloseTo(2 / 3, 12)
  })

  it('the pointing game looks at the most relevant pixel; of several, any counts', () => {
    expect(pointingGame(map, mask)).toBe(1)
    expect(pointingGame(mapOf([1, 1, 7], [1, 1, 1]), mask)).toBe(0)
    expect(pointingGame(mapOf([1, 7, 7], [1, 1, 7]), mask)).toBe(1)
  })

  it('top-k intersection is divided by k', () => {
    // The four most relevant: 5, 2, 1 inside, 4 outside.
    expect(topKIntersection(map, mask, { k: 4 })).toBe(3 / 4)
    expect(topKIntersection(map, mask, { k: 1 })).toBe(1)
  })

  it('pixels that are equal share the last places among the most relevant, wherever they are', () => {
    // Three places: 5 (inside), and two of the five that are 0, of which two are inside.
    const ties = mapOf([5, 0, 0], [0, 0, 0])
    expect(relevanceRankAccuracy(ties, mask)).toBeCloseTo((1 + (2 * 2) / 5) / 3, 12)
    expect(topKIntersection(ties, mask, { k: 3 })).toBeCloseTo((1 + (2 * 2) / 5) / 3, 12)
  })

  it('the area under the ROC curve counts pairs, equal ones half', () => {
    // Inside 5, 2, 1; outside 0, 4, −2. Of 9 pairs 5 wins 3, 2 wins 2 (not over 4), 1 wins 2: 7.
    expect(rocArea(map, mask)).toBeCloseTo(7 / 9, 12)
    // Inside 5, 2, 1; outside 2, 4, −2: 5 wins 3, 2 wins 1 and a half, 1 wins 1: 5½.
    expect(rocArea(mapOf([5, 2, 2], [1, 4, -2]), mask)).toBeCloseTo(5.5 / 9, 12)
  })
})

describe('measures of a map and a mask', () => {
  const ALL = {
    'mass-accuracy': (m: typeof map, n: typeof mask) => relevanceMassAccuracy(m, n, { absolute: true }),
    'rank-accuracy': relevanceRankAccuracy,
    'pointing-game': pointingGame,
    'top-k-intersection': (m: typeof map, n: typeof mask) => topKIntersection(m, n, { k: 7 }),
    'roc-area': rocArea,
  }
  const some = anyMap.filter(({ data }) => data.some((value) => value !== 0))

  it.each(Object.entries(ALL))('%s is 0 to 1, and 1 if relevance is the mask', (_, measure) => {
    fc.assert(
      fc.property(some, anyMask, (m, n) => {
        const value = measure(m, n)
        expect(value).toBeGreaterThanOrEqual(0)
        expect(value).toBeLessThanOrEqual(1 + 1e-12)
      }),
    )
    const right = { width: 6, height: 5, data: Float32Array.from({ length: 30 }, (_, k) => (k < 10 ? 1 : 0)) }
    expect(measure(right, right)).toBeCloseTo(1, 12)
  })

  it.each(['mass-accuracy', 'roc-area', 'pointing-game'] as const)(
    '%s does not depend on the place of pixels',
    (name) => {
      fc.assert(
        fc.property(some, anyMask, anyOrder, (m, n, keys) => {
          expect(ALL[name](permuted(m, keys), permuted(n, keys))).toBeCloseTo(ALL[name](m, n), 6)
        }),
      )
    },
  )

  it('roc-area of the negated map is one minus that of the map', () => {
    fc.assert(
      fc.property(anyMap, anyMask, (m, n) => {
        const turned = { ...m, data: m.data.map((value) => -value) }
        expect(rocArea(m, n) + rocArea(turned, n)).toBeCloseTo(1, 12)
      }),
    )
  })

  it('refuse what does not fit, and say what does', () => {
    for (const measure of Object.values(ALL)) {
      expect(() => measure(map, maskOf([1, 0]))).toThrow(
        /^mask: has 2 × 1 pixels, and the map 3 × 2 pixels\. Give one of the same picture/,
      )
      expect(() => measure(map, maskOf([0, 0, 0], [0, 0, 0]))).toThrow(/^mask: no pixel is inside\. Mark/)
    }
    expect(() => rocArea(map, maskOf([1, 1, 1], [1, 1, 1]))).toThrow(/^mask: all pixels are inside\. Leave/)
    expect(() => topKIntersection(map, mask)).toThrow(/^k: is 1000\. Give at most 6/)
    expect(() => topKIntersection(map, mask, { k: 0 })).toThrow(/^k: is 0\. Give a whole number from 1/)
    expect(() => relevanceMassAccuracy(mapOf([1, -1, 0], [0, 0, 0]), mask)).toThrow(
      /^map: its relevance adds up to 0/,
    )
  })
})
