/**
 * Spearman's rank correlation of two rows of values: Pearson's correlation of their ranks, where equal values share the
 * mean of theirs. C. Spearman, *The Proof and Measurement of Association between Two Things*, 1904.
 *
 * @param b as many as of `a`
 * @returns −1 to 1; NaN where all values of a row are equal, or there are fewer than two
 */
export function spearman(a: readonly number[], b: readonly number[]): number {
  const [ranksA, ranksB] = [ranksOf(a), ranksOf(b)]
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

/** From 1 for the smallest. */
function ranksOf(values: readonly number[]): number[] {
  const order = [...values.keys()].sort((a, b) => values[a]! - values[b]!)
  const ranks = new Array<number>(values.length)
  for (let from = 0, to = 0; from < order.length; from = to) {
    while (to < order.length && values[order[to]!] === values[order[from]!]) to++
    for (let at = from; at < to; at++) ranks[order[at]!] = (from + 1 + to) / 2
  }
  return ranks
}
