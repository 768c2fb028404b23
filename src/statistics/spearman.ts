import { ranksOf } from './ranks.ts'

/**
 * Spearman's rank correlation of two rows of values: Pearson's correlation of their ranks, where equal values share the
 * mean of theirs. C. Spearman, *The Proof and Measurement of Association between Two Things*, 1904.
 *
 * @param b as many as in `a`
 * @returns −1 to 1; NaN where all values of a row are equal, or there are fewer than two
 */
export function spearman(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const [ranksA, ranksB] = [ranksOf(a), ranksOf(b)]
  // The mean of the ranks 1 to n.
  const middle = (a.length + 1) / 2
  let [both, ownA, ownB] = [0, 0, 0]
  for (const [k, rank] of ranksA.entries()) {
    const [x, y] = [rank - middle, ranksB[k]! - middle]
    both += x * y
    ownA += x * x
    ownB += y * y
  }
  return both / Math.sqrt(ownA * ownB)
}
