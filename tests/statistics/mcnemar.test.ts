import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { mcnemar, signFlip } from '../../src/statistics/mcnemar.ts'

describe('McNemar’s exact test', () => {
  // SciPy 1.10.1: scipy.stats.binomtest(a, a + b, .5).pvalue
  it.each([
    [3, 11, 0.057373046875],
    [0, 5, 0.0625],
    [59, 33, 0.008780930806975229],
    [1, 0, 1],
    [8, 8, 1],
    [612, 741, 0.0004972319920626805],
    [9100, 10450, 4.829008803728849e-22],
    [400, 2600, 0],
  ])('of %i and %i faces gives SciPy’s p', (a, b, p) => {
    expect(Math.abs(mcnemar(a, b) - p)).toBeLessThanOrEqual(1e-10 * p)
  })

  it('says nothing if the two never differ', () => {
    expect(mcnemar(0, 0)).toBe(1)
  })
})

describe('McNemar’s test by person', () => {
  // SciPy 1.10.1: scipy.stats.permutation_test((d, 0 * d), lambda x, y, axis=0: numpy.mean(x - y, axis=axis),
  // permutation_type='samples', vectorized=True, n_resamples=numpy.inf).pvalue, with numpy.array(d, float) for d
  it.each([
    [[2, -1, 3, 1, 1, 0, -2, 4], 0.265625],
    [[1, 1, 1, -1, 5, -3, 2, 2, 2, 1, -1, 6], 0.115234375],
  ])('of %j gives the p of SciPy’s permutation test', (differences, p) => {
    expect(signFlip(differences)).toBeCloseTo(p, 14)
  })

  it('is the plain test if each person has one face', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(-1, 0, 1), { maxLength: 300 }), (differences) => {
        const [a, b] = [-1, 1].map((one) => differences.filter((each) => each === one).length)
        expect(signFlip(differences)).toBe(mcnemar(a!, b!))
      }),
    )
  })

  it('is less sure if the same faces are of fewer people', () => {
    const ofFew = signFlip([5, 5, 5, 5])
    expect(ofFew).toBe(2 / 2 ** 4)
    expect(ofFew).toBeGreaterThan(mcnemar(0, 20))
  })
})
