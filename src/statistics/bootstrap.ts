/**
 * Intervals by the bootstrap: what a figure might have been on other people, estimated by drawing people from the
 * sample with replacement, many times.
 *
 * Efron and Tibshirani, *An Introduction to the Bootstrap*, 1993, chapter 13 (the percentile interval). People are drawn,
 * not faces: photos of one person are answered alike, so that faces drawn one by one would promise too much (the cluster
 * bootstrap: Davison and Hinkley, *Bootstrap Methods and their Application*, 1997, section 3.8).
 */

import { Random } from '../base/random.ts'
import type { Interval } from './interval.ts'

/** The default number of resamples: the ends of an interval then vary by a few hundredths of its width. */
const RESAMPLES = 2000

interface BootstrapOptions {
  readonly seed: string | number
  /** The number of resamples; by default 2000. */
  readonly resamples?: number
}

/**
 * The 95 % percentile bootstrap interval of any statistic: between the 2.5 % and the 97.5 % quantile of its values on
 * the resamples.
 *
 * @param people how many there are to draw from
 * @param statistic of a resample, in which person k was drawn `times[k]` times, a whole number from 0; the array is
 *   reused for the next resample. Resamples where it is NaN are left out
 * @returns NaN to NaN for no people, or a statistic that is always NaN
 */
export function bootstrap(
  people: number,
  statistic: (times: Uint32Array) => number,
  { seed, resamples = RESAMPLES }: BootstrapOptions,
): Interval {
  const random = new Random(seed)
  const times = new Uint32Array(people)
  const values = new Float64Array(resamples)
  let count = 0
  for (let k = 0; k < resamples; k++) {
    times.fill(0)
    for (let drawn = 0; drawn < people; drawn++) times[random.integer(people)]!++
    const value = statistic(times)
    if (!Number.isNaN(value)) values[count++] = value
  }
  const sorted = values.subarray(0, count).sort()
  return { low: quantile(sorted, 0.025), high: quantile(sorted, 0.975) }
}

/**
 * The 95 % percentile bootstrap interval of a mean over faces: accuracy, 1-off, Brier score, a difference of two
 * accuracies face by face (which makes it a paired bootstrap).
 *
 * @param sums for each person, the sum of the values of their faces
 * @param faces for each person, how many faces they have
 */
export function bootstrapMean(
  sums: ArrayLike<number>,
  faces: ArrayLike<number>,
  options: BootstrapOptions,
): Interval {
  const mean = (times: Uint32Array) => {
    let [sum, n] = [0, 0]
    for (let k = 0; k < times.length; k++) {
      sum += times[k]! * sums[k]!
      n += times[k]! * faces[k]!
    }
    return sum / n
  }
  return bootstrap(sums.length, mean, options)
}

/**
 * The 95 % percentile bootstrap intervals of several figures of the same people, all from the same draws.
 *
 * @param sums for each person, the sums of the values of their faces, one for each kind of value
 * @param faces for each person, how many faces they have
 * @param figures computed from the mean of each kind over faces, in an array that is reused: such as the means
 *   themselves, or the quotient of two
 */
export function bootstrapFigures(
  sums: readonly ArrayLike<number>[],
  faces: ArrayLike<number>,
  figures: (means: Float64Array) => ArrayLike<number>,
  { seed, resamples = RESAMPLES }: BootstrapOptions,
): Interval[] {
  const kinds = sums[0]?.length ?? 0
  const means = new Float64Array(kinds)
  const count = figures(means).length
  const values = Array.from({ length: count }, () => new Float64Array(resamples))
  const random = new Random(seed)
  for (let draw = 0; draw < resamples; draw++) {
    means.fill(0)
    let n = 0
    for (let drawn = 0; drawn < sums.length; drawn++) {
      const person = random.integer(sums.length)
      const own = sums[person]!
      for (let k = 0; k < kinds; k++) means[k]! += own[k]!
      n += faces[person]!
    }
    for (let k = 0; k < kinds; k++) means[k]! /= n
    const found = figures(means)
    for (let k = 0; k < count; k++) values[k]![draw] = found[k]!
  }
  return values.map((each) => {
    const sorted = each.filter((value) => !Number.isNaN(value)).sort()
    return { low: quantile(sorted, 0.025), high: quantile(sorted, 0.975) }
  })
}

/** Between the two nearest values, linearly (type 7 of Hyndman and Fan 1996, as R and NumPy have it). */
function quantile(sorted: Float64Array, share: number): number {
  if (sorted.length === 0) return Number.NaN
  const at = share * (sorted.length - 1)
  const [below, above] = [sorted[Math.floor(at)]!, sorted[Math.ceil(at)]!]
  return below + (at - Math.floor(at)) * (above - below)
}
