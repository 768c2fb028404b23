import { describe, expect, it } from 'vitest'
import { bootstrap, bootstrapFigures, bootstrapMean } from '../../src/statistics/bootstrap.ts'

const ones = (count: number) => new Array<number>(count).fill(1)
/** This many of each value. */
const repeated = (...parts: [value: number, count: number][]) =>
  parts.flatMap(([value, count]) => new Array<number>(count).fill(value))

describe('the bootstrap interval', () => {
  // An accuracy's resamples follow a binomial distribution, whose ends are known.
  // SciPy 1.10.1: scipy.stats.binom.ppf([.025, .975], n, correct / n) / n
  it.each([
    [917, 826, 0.88113413, 0.91930207],
    [200, 30, 0.1, 0.2],
  ])('of an accuracy on %i faces, %i of them right, has the binomial’s ends', (n, correct, low, high) => {
    const interval = bootstrapMean(repeated([1, correct], [0, n - correct]), ones(n), {
      seed: 1,
      resamples: 20000,
    })
    // To a face and a half, since the ends of 20 000 draws waver by a face.
    expect(Math.abs(interval.low - low)).toBeLessThan(1.5 / n)
    expect(Math.abs(interval.high - high)).toBeLessThan(1.5 / n)
  })

  it('of faces of some people is as wide as SciPy’s, which draws people too', () => {
    const faces = Array.from({ length: 80 }, (_, i) => 1 + ((i * 7) % 5))
    const right = faces.map((n, i) => Math.floor(n * (0.5 + 0.5 * Math.sin(i * i))))
    // SciPy 1.10.1: i = numpy.arange(80); n = 1 + i * 7 % 5; a = numpy.floor(n * (.5 + .5 * numpy.sin(i * i)))
    // scipy.stats.bootstrap((a, n), lambda a, n, axis: a.sum(axis) / n.sum(axis), paired=True, vectorized=True,
    //   n_resamples=200000, method='percentile', random_state=1, batch=2000).confidence_interval
    const interval = bootstrapMean(right, faces, { seed: 1, resamples: 20000 })
    expect(Math.abs(interval.low - 0.2511)).toBeLessThan(0.003)
    expect(Math.abs(interval.high - 0.3901)).toBeLessThan(0.003)
  })

  it('of a difference, face by face, is SciPy’s', () => {
    // SciPy 1.10.1: d = numpy.concatenate([-numpy.ones(33), numpy.ones(59), numpy.zeros(825)])
    // scipy.stats.bootstrap((d,), numpy.mean, vectorized=True, n_resamples=100000, method='percentile',
    //   random_state=1, batch=1000).confidence_interval
    const interval = bootstrapMean(repeated([-1, 33], [1, 59], [0, 825]), ones(917), {
      seed: 1,
      resamples: 20000,
    })
    expect(Math.abs(interval.low - 0.007634)).toBeLessThan(1.5 / 917)
    expect(Math.abs(interval.high - 0.049073)).toBeLessThan(1.5 / 917)
  })

  it('is the same for the same seed, and differs for another', () => {
    const of = (seed: string) => bootstrapMean([1, 0, 0, 1, 0.4], ones(5), { seed })
    expect(of('a')).toEqual(of('a'))
    expect(bootstrapMean(repeated([0.1, 50], [0.7, 31]), ones(81), { seed: 'a' })).not.toEqual(
      bootstrapMean(repeated([0.1, 50], [0.7, 31]), ones(81), { seed: 'b' }),
    )
  })

  it('draws as many as there are, and takes any statistic of them', () => {
    const drawn = new Set<number>()
    const interval = bootstrap(
      7,
      (times) => {
        drawn.add(times.reduce((sum, count) => sum + count, 0))
        return times[0]!
      },
      { seed: 3, resamples: 500 },
    )
    expect([...drawn]).toEqual([7])
    expect(interval).toEqual({ low: 0, high: 3 })
  })

  it('leaves out NaN, and is NaN for nobody', () => {
    const interval = bootstrapMean([1, 1], [1, 0], { seed: 1 })
    expect(interval.low).toBeGreaterThanOrEqual(1)
    expect(bootstrapMean([], [], { seed: 1 })).toEqual({ low: Number.NaN, high: Number.NaN })
  })

  it('has the same ends for several figures as for each alone', () => {
    const faces = [1, 3, 2, 1, 4, 2, 1, 1]
    const [first, second] = [
      [1, 2, 0, 0, 3, 1, 1, 0],
      [5, 9, 2, 3, 8, 6, 1, 2],
    ]
    const sums = faces.map((_, k) => [first![k]!, second![k]!])
    const options = { seed: 'figures', resamples: 400 }
    const found = bootstrapFigures(sums, faces, ([a, b]) => [a!, b!, a! / b!], options)
    const alone = [first!, second!].map((each) => bootstrapMean(each, faces, options))
    for (const [k, interval] of alone.entries()) {
      expect(found[k]!.low).toBeCloseTo(interval.low, 12)
      expect(found[k]!.high).toBeCloseTo(interval.high, 12)
    }
    const ratio = bootstrap(
      faces.length,
      (times) => {
        const total = (values: number[]) => values.reduce((sum, value, k) => sum + times[k]! * value, 0)
        return total(first!) / total(second!)
      },
      options,
    )
    expect(found[2]!.low).toBeCloseTo(ratio.low, 12)
    expect(found[2]!.high).toBeCloseTo(ratio.high, 12)
  })
})
