/** Means of a few values, such as one for each fold: their spread, and the uncertainty that follows (Student 1908). */

import type { Interval } from './interval.ts'

/** A mean and the spread of its values. */
export interface Spread {
  readonly n: number
  /** NaN for no values. */
  readonly mean: number
  /** The sample standard deviation, √(Σ (x − mean)² / (n − 1)); NaN for fewer than two values. */
  readonly deviation: number
}

/** What Student's t says of a mean. */
interface MeanTest extends Spread {
  /** mean ± t · deviation / √n, 95 %. For fewer than two values, nothing is known: (−∞, ∞). */
  readonly interval: Interval
  /** The two-sided p of the mean being 0; 1 for fewer than two values. */
  readonly p: number
}

/** Mean ± standard deviation, such as over folds. */
export function spreadOf(values: readonly number[]): Spread {
  const n = values.length
  const mean = values.reduce((sum, value) => sum + value, 0) / n
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  return { n, mean, deviation: n < 2 ? Number.NaN : Math.sqrt(squares / (n - 1)) }
}

/** The one-sample t-test of a mean against 0, with its interval. It assumes that the values are independent. */
export function studentOf(values: readonly number[]): MeanTest {
  const spread = spreadOf(values)
  const { n, mean, deviation } = spread
  if (n < 2) {
    return { ...spread, interval: { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY }, p: 1 }
  }
  const error = deviation / Math.sqrt(n)
  const half = tQuantile(n - 1) * error
  return {
    ...spread,
    interval: { low: mean - half, high: mean + half },
    p: mean === 0 ? 1 : 1 - within(Math.abs(mean) / error, n - 1),
  }
}

/**
 * The two-sample t-test of whether two sets of values have the same mean, two-sided, for values of equal variance: with
 * the pooled variance and n + m − 2 degrees of freedom.
 *
 * @returns 1 where a set has fewer than two values
 */
export function studentBetween(a: readonly number[], b: readonly number[]): number {
  const [first, second] = [spreadOf(a), spreadOf(b)]
  const freedom = first.n + second.n - 2
  if (first.n < 2 || second.n < 2) return 1
  const pooled = ((first.n - 1) * first.deviation ** 2 + (second.n - 1) * second.deviation ** 2) / freedom
  const gap = Math.abs(first.mean - second.mean)
  if (gap === 0) return 1
  return 1 - within(gap / Math.sqrt(pooled * (1 / first.n + 1 / second.n)), freedom)
}

/**
 * P(|T| ≤ t) of Student's distribution with an integer number of degrees of freedom, as a finite sum: Abramowitz and
 * Stegun, *Handbook of Mathematical Functions*, 26.7.3 and 26.7.4.
 */
function within(t: number, freedom: number): number {
  const angle = Math.atan(t / Math.sqrt(freedom))
  const [sine, cosine] = [Math.sin(angle), Math.cos(angle)]
  const odd = freedom % 2
  let [sum, term] = [0, odd ? cosine : 1]
  for (let k = odd ? 3 : 2; k <= freedom; k += 2) {
    sum += term
    term *= ((k - 1) / k) * cosine ** 2
  }
  const share = odd ? (2 / Math.PI) * (angle + sine * sum) : sine * sum
  return Math.min(1, share)
}

/**
 * The t that |T| stays within in 95 of 100 cases, by bisection between 1.95 and the t for one degree of freedom, 12.7.
 */
function tQuantile(freedom: number): number {
  let [low, high] = [1.95, 12.8]
  for (let k = 0; k < 60; k++) {
    const middle = (low + high) / 2
    if (within(middle, freedom) < 0.95) low = middle
    else high = middle
  }
  return low
}
