/** A range: of shares, 0 to 1, or of a mean. */
export interface Interval {
  readonly low: number
  readonly high: number
}

/** The normal distribution's 97.5 % quantile. */
const Z = 1.959963984540054

/** The sums that give a mean and its interval; those of two sets add up to those of both together. */
export interface Sums {
  readonly n: number
  readonly sum: number
  /** The sum of the squares. */
  readonly squares: number
}

/** The sums of values. */
export function sumsOf(values: readonly number[]): Sums {
  return values.reduce<Sums>(
    ({ n, sum, squares }, value) => ({ n: n + 1, sum: sum + value, squares: squares + value ** 2 }),
    { n: 0, sum: 0, squares: 0 },
  )
}

/** The sums of two sets of values together. */
export function together(a: Sums, b: Sums): Sums {
  return { n: a.n + b.n, sum: a.sum + b.sum, squares: a.squares + b.squares }
}

/**
 * The 95 % interval of the mean of values that are not negative, by the normal distribution: mean ± 1.96 s/√n, s² the
 * unbiased variance. It is meaningful from about thirty values on. For fewer than two, nothing is known: [0, ∞).
 */
export function normal({ n, sum, squares }: Sums): Interval {
  if (n < 2) return { low: 0, high: Number.POSITIVE_INFINITY }
  const variance = Math.max(0, squares - sum ** 2 / n) / (n - 1)
  const half = Z * Math.sqrt(variance / n)
  return { low: Math.max(0, sum / n - half), high: sum / n + half }
}

/**
 * The 95 % interval of a share, by Wilson's score: it holds for small n and for shares near 0 or 1 too, and never
 * leaves [0, 1].
 *
 * Wilson, *Probable inference, the law of succession, and statistical inference*, JASA 22, 1927.
 *
 * @param correct how many of the n, 0 to n
 * @param n how many in all; for 0, nothing is known: [0, 1]
 */
export function wilson(correct: number, n: number): Interval {
  if (n === 0) return { low: 0, high: 1 }
  const share = correct / n
  const scale = 1 / (1 + Z ** 2 / n)
  const centre = scale * (share + Z ** 2 / (2 * n))
  const half = scale * Z * Math.sqrt((share * (1 - share)) / n + Z ** 2 / (4 * n ** 2))
  // At 0 and n the bounds are exactly 0 and 1, which rounding would just miss.
  return { low: correct === 0 ? 0 : centre - half, high: correct === n ? 1 : centre + half }
}
