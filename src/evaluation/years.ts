/** Ages in years out of the probabilities of classes, as DEX reads them (Rothe, Timofte and Van Gool 2015). */

/**
 * The expected age, Σ p·age.
 *
 * @param probabilities of the ages 0, 1, 2, … years, adding up to 1
 */
export function expectedAge(probabilities: ArrayLike<number>): number {
  let age = 0
  for (let years = 0; years < probabilities.length; years++) age += years * probabilities[years]!
  return age
}

/**
 * The mean absolute error, in years, of giving all faces one age.
 *
 * @param counts how many faces there are of 0, 1, 2, … years
 */
export function constantError(counts: readonly number[], age: number): number {
  const n = counts.reduce((sum, count) => sum + count, 0)
  return counts.reduce((sum, count, years) => sum + count * Math.abs(years - age), 0) / n
}

/** The age whose {@link constantError} is least: the median. */
export function medianAge(counts: readonly number[]): number {
  const n = counts.reduce((sum, count) => sum + count, 0)
  let [age, upTo] = [0, counts[0]!]
  while (upTo < n / 2) upTo += counts[++age]!
  return age
}
