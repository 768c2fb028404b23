import { describe, expect, it } from 'vitest'
import { spreadOf, studentBetween, studentOf } from '../../src/statistics/student.ts'

describe('the mean of a few values', () => {
  // SciPy 1.10.1: numpy.mean(x), numpy.std(x, ddof=1), scipy.stats.ttest_1samp(x, 0).pvalue,
  // scipy.stats.t.interval(.95, len(x) - 1, numpy.mean(x), scipy.stats.sem(x))
  it.each([
    [[0.512, 0.531, 0.498, 0.547, 0.52], 0.5216, 0.018609137540466527, 3.8817646e-7, 0.4984937038783806],
    [[1.2, -0.4], 0.4, 1.1313708498984762, 0.7048327646991336, -9.764963789145677],
    [[4, 5, 4.4, 6.1], 4.875, 0.9142392101268316, 0.0017622107331283108, 3.4202414017931],
    [
      [0.3, 0.1, 0.25, -0.05, 0.4, 0.2, 0.15],
      0.19285714285714284,
      0.1455694892155502,
      0.012745319021576216,
      0.05822781980079,
    ],
    [
      Array.from({ length: 41 }, (_, k) => Math.sin(k) + 0.1),
      0.14629783920962158,
      0.7132540898211,
      0.19654402280086927,
      -0.07883292966269,
    ],
  ])('of %j has SciPy’s deviation, p and interval', (values, mean, deviation, p, low) => {
    const test = studentOf(values)
    expect(test.mean).toBeCloseTo(mean, 12)
    expect(test.deviation).toBeCloseTo(deviation, 12)
    expect(test.p).toBeCloseTo(p, 12)
    expect(test.interval.low).toBeCloseTo(low, 8)
    expect(test.interval.high).toBeCloseTo(2 * mean - low, 8)
  })

  it('of one value leaves everything open', () => {
    expect(spreadOf([0.5])).toEqual({ n: 1, mean: 0.5, deviation: Number.NaN })
    const { interval, p } = studentOf([0.5])
    expect(interval).toEqual({ low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY })
    expect(p).toBe(1)
  })

  it('of values that are all 0 shows no difference', () => {
    expect(studentOf([0, 0, 0])).toMatchObject({ mean: 0, interval: { low: 0, high: 0 }, p: 1 })
  })
})

describe('the difference of two sets of a few values', () => {
  // SciPy 1.10.1: scipy.stats.ttest_ind(a, b).pvalue
  it.each([
    [[1, 2, 4], [3, 5, 9, 6], 0.09358118954771819],
    [[0.31, 0.28, 0.35], [0.25, 0.22, 0.27], 0.05565447755974241],
  ])('of %j and %j has SciPy’s p', (a, b, p) => {
    expect(studentBetween(a, b)).toBeCloseTo(p, 10)
    expect(studentBetween(b, a)).toBeCloseTo(p, 10)
  })

  it('says nothing about sets with fewer than two values, or equal means', () => {
    expect(studentBetween([1], [2, 3])).toBe(1)
    expect(studentBetween([1, 3], [2, 2])).toBe(1)
  })
})
