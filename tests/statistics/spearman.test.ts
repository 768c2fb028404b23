import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { spearman } from '../../src/statistics/spearman.ts'

describe("Spearman's rank correlation", () => {
  it('is 1 for any rising function of the values, −1 for any falling one', () => {
    const values = fc.uniqueArray(fc.double({ noNaN: true, min: -5, max: 5 }), { minLength: 2 })
    fc.assert(
      fc.property(values, (row) => {
        const ranked = row.map((value) => row.filter((other) => other < value).length)
        expect(spearman(row, ranked)).toBeCloseTo(1, 12)
        expect(
          spearman(
            row,
            ranked.map((rank) => -(rank ** 3)),
          ),
        ).toBeCloseTo(-1, 12)
      }),
    )
  })

  it('is 1 − 6 Σd² / n(n² − 1) if no values are equal', () => {
    // IQ and hours of television of ten people, an example in many textbooks: Σd² = 194.
    const iq = [106, 86, 100, 101, 99, 103, 97, 113, 112, 110]
    const hours = [7, 0, 27, 50, 28, 29, 20, 12, 6, 17]
    expect(spearman(iq, hours)).toBeCloseTo(1 - (6 * 194) / (10 * 99), 12)
  })

  it('gives equal values the mean of their ranks', () => {
    // Ranks 1, 2.5, 2.5, 4 and 1, 2, 3, 4.
    expect(spearman([1, 2, 2, 3], [1, 2, 3, 4])).toBeCloseTo(4.5 / Math.sqrt(4.5 * 5), 12)
  })

  it('is NaN if a row is constant', () => {
    expect(spearman([1, 1, 1], [1, 2, 3])).toBeNaN()
    expect(spearman([1], [1])).toBeNaN()
  })
})
