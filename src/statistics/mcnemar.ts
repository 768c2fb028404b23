/**
 * McNemar's test: whether two classifiers that answered the same faces differ in how often they are right.
 *
 * McNemar, *Note on the sampling error of the difference between correlated proportions or percentages*,
 * Psychometrika 12, 1947. Only faces that exactly one of them has right count. Were the two equally good, a fair coin
 * would decide which one has such a face right: the binomial distribution gives p exactly, also for few faces, where
 * the test's χ² form is an approximation.
 */

/**
 * The exact two-sided p of McNemar's test: min(1, 2 · P(X ≤ min(onlyA, onlyB))), X ~ Binomial(onlyA + onlyB, ½).
 *
 * @param onlyA how many faces A has right and B wrong
 * @param onlyB how many faces B has right and A wrong
 * @returns 0 to 1; 0 where it is smaller than the smallest double
 */
export function mcnemar(onlyA: number, onlyB: number): number {
  const coins = onlyA + onlyB
  return outer(coinSums(coins), Math.abs(onlyA - onlyB))
}

/**
 * McNemar's test where the faces of one person are not independent: the coin is tossed once for each person, for all
 * faces together. It is a sign-flip (randomisation) test of the sum, exact, and with one face a person it is
 * {@link mcnemar}.
 *
 * @param differences for each person, a whole number: how many more of their faces one classifier has right than the
 *   other (or another difference that would be as likely with the opposite sign, were the two alike)
 * @returns the two-sided p: how likely it is that sums with random signs are at least as far from 0 as the sum is
 */
export function signFlip(differences: ArrayLike<number>): number {
  let [sum, coins] = [0, 0]
  const larger: number[] = []
  for (let k = 0; k < differences.length; k++) {
    const size = Math.abs(differences[k]!)
    sum += differences[k]!
    if (size === 1) coins++
    else if (size > 1) larger.push(size)
  }
  return outer(larger.reduce(flipped, coinSums(coins)), Math.abs(sum))
}

/**
 * The distribution of the sum of `count` coins of −1 or +1: `[k]` is the probability of the sum k − count.
 *
 * Binomial coefficients by their ratios, outwards from the middle: they neither overflow nor lose digits, and what
 * vanishes in the far tails is below the smallest number.
 */
function coinSums(count: number): Float64Array {
  const sums = new Float64Array(2 * count + 1)
  const middle = Math.floor(count / 2)
  for (let [k, weight] = [middle, 1]; k <= count && weight > 0; k++) {
    sums[2 * k] = weight
    sums[2 * (count - k)] = weight
    weight *= (count - k) / (k + 1)
  }
  const total = sums.reduce((all, weight) => all + weight, 0)
  return sums.map((weight) => weight / total)
}

/** The distribution of a sum after `size` is added or subtracted, by a fair coin. */
function flipped(sums: Float64Array, size: number): Float64Array {
  const next = new Float64Array(sums.length + 2 * size)
  for (let k = 0; k < sums.length; k++) {
    const half = sums[k]! / 2
    next[k]! += half
    next[k + 2 * size]! += half
  }
  return next
}

/** How likely a sum is at least this far from 0; both tails are added up from their ends, smallest first. */
function outer(sums: Float64Array, distance: number): number {
  if (distance === 0) return 1
  const centre = (sums.length - 1) / 2
  let p = 0
  for (let k = 0; k <= centre - distance; k++) p += 2 * sums[k]!
  return Math.min(1, p)
}
