/** Ages in years from the probabilities of classes, as in DEX (Rothe, Timofte and Van Gool 2015). */

import { OLDEST } from '../datasets/task.ts'

/**
 * The expected age, Σ p·age.
 *
 * @param probabilities of some ages, adding up to 1
 * @param ages in years; by default 0, 1, 2, …
 */
export function expectedAge(probabilities: ArrayLike<number>, ages?: readonly number[]): number {
  let age = 0
  for (let k = 0; k < probabilities.length; k++) age += (ages?.[k] ?? k) * probabilities[k]!
  return age
}

/** The standard deviation of a distribution over ages, in years. */
export function deviationOf(probabilities: ArrayLike<number>, ages: readonly number[]): number {
  const mean = expectedAge(probabilities, ages)
  return Math.sqrt(ages.reduce((sum, age, k) => sum + probabilities[k]! * (age - mean) ** 2, 0))
}

/**
 * A distribution over some ages as one over 0, 1, … 100 years, of the same expected age: an age between two whole years
 * is split between them.
 */
export function overYears(probabilities: ArrayLike<number>, ages: readonly number[]): Float64Array {
  const years = new Float64Array(OLDEST + 1)
  ages.forEach((age, k) => {
    const inside = Math.min(Math.max(age, 0), OLDEST)
    const below = Math.floor(inside)
    const share = inside - below
    years[below]! += (1 - share) * probabilities[k]!
    if (share > 0) years[below + 1]! += share * probabilities[k]!
  })
  return years
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
