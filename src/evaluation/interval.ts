/** A range of shares, 0 to 1. */
export interface Interval {
  readonly low: number
  readonly high: number
}

/** The normal distribution's 97.5 % quantile. */
const Z = 1.959963984540054

/**
 * The 95 % interval of a share, by Wilson's score: it keeps its promise for small n and for shares near 0 or 1
 * too, and never leaves [0, 1].
 *
 * Wilson, *Probable inference, the law of succession, and statistical inference*, JASA 22, 1927.
 *
 * @param correct how many of the n, 0 to n
 * @param n how many in all; of none, nothing is known: [0, 1]
 */
export function wilson(correct: number, n: number): Interval {
  if (n === 0) return { low: 0, high: 1 }
  const share = correct / n
  const scale = 1 / (1 + Z ** 2 / n)
  const centre = scale * (share + Z ** 2 / (2 * n))
  const half = scale * Z * Math.sqrt((share * (1 - share)) / n + Z ** 2 / (4 * n ** 2))
  // At 0 and n the bound is exactly 0 and 1, which rounding would miss by a hair.
  return { low: correct === 0 ? 0 : centre - half, high: correct === n ? 1 : centre + half }
}
