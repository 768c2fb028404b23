/**
 * Explaining ages in years: how much each logit of a distribution over ages counts in its expected age, and
 * in a group of ages.
 */

import { ageRangeOf } from '../base/ages.ts'
import { UserError } from '../base/errors.ts'

/** A group without an upper end is taken to lie this many years above its beginning: `60+` is 70. */
const ABOVE = 10

/**
 * The age that each class stands for, by its name; for a group of ages, its middle.
 *
 * @returns ages in years; undefined where some class is not an age, or all are the same
 */
export function agesNamed(names: readonly string[]): readonly number[] | undefined {
  const ages = names.map((name) => {
    const [low, high] = ageRangeOf(name) ?? []
    if (low === undefined || high === undefined) return undefined
    return high === Number.POSITIVE_INFINITY ? low + ABOVE : (low + high) / 2
  })
  const known = ages.filter((age) => age !== undefined)
  return known.length === names.length && new Set(known).size > 1 ? known : undefined
}

/**
 * The indices of the classes that lie in a range of ages such as `60+` or `20-29`; none where the text is
 * not a range of ages.
 */
export function classesWithin(text: string, names: readonly string[]): readonly number[] {
  const [from, to] = ageRangeOf(text) ?? []
  // In a table, an age of 30.9 is somebody aged 30; typed here, it means something that does not exist.
  if (from === undefined || to === undefined || text.includes('.')) return []
  return names.flatMap((name, k) => {
    const [low, high] = ageRangeOf(name) ?? []
    return low !== undefined && high !== undefined && low >= from && high <= to ? [k] : []
  })
}

/** The softmax of some logits, in double precision. */
export function softmaxOf(logits: ArrayLike<number>): number[] {
  const all = Array.from(logits)
  const most = all.reduce((a, b) => Math.max(a, b))
  const powers = all.map((logit) => Math.exp(logit - most))
  const sum = powers.reduce((a, b) => a + b)
  return powers.map((power) => power / sum)
}

/** The expected age, Σ p·age. */
export function meanOf(ages: readonly number[], probabilities: readonly number[]): number {
  return ages.reduce((sum, age, k) => sum + age * probabilities[k]!, 0)
}

/**
 * How much each logit counts in the expected age: its derivative, p·(age − expected age), in years for each unit of
 * the logit. The weights add up to 0, so what raises all logits alike does not count.
 *
 * Against a reference age, it is the mean of these derivatives along the path from there to the answer. The
 * path runs through the distributions `p·exp(−λ·age)`, normalised: of all with the same expected age, these
 * are nearest to the answer in relative entropy. Along it, the mean is (p − q) / λ, where q is the
 * distribution whose expected age is the reference age, since dp/dλ = −p·(age − expected age).
 *
 * @param ages of each class, in years
 * @throws UserError for a reference that is not the expected age of any distribution over these ages
 */
export function yearWeights(
  logits: ArrayLike<number>,
  ages: readonly number[],
  reference?: number,
): readonly number[] {
  const probabilities = softmaxOf(logits)
  const expected = meanOf(ages, probabilities)
  const slopes = probabilities.map((p, k) => p * (ages[k]! - expected))
  if (reference === undefined) return slopes
  const [youngest, oldest] = [Math.min(...ages), Math.max(...ages)]
  if (!(reference > youngest && reference < oldest)) {
    throw new UserError(
      `the age ${reference}, to compare the expected age with, lies outside the ages of its classes, ${youngest} to ${oldest}`,
    )
  }
  const tilted = (by: number) => softmaxOf(ages.map((age, k) => logits[k]! - by * (age - reference)))
  const lambda = rootOf((by) => meanOf(ages, tilted(by)) - reference)
  if (Math.abs(lambda) < NEAR) return slopes
  const from = tilted(lambda)
  return probabilities.map((p, k) => (p - from[k]!) / lambda)
}

/** Below this λ the path is so short that its beginning stands for all of it. */
const NEAR = 1e-6

/** Where a falling function is 0. */
function rootOf(falling: (x: number) => number): number {
  let [low, high] = [-1, 1]
  while (falling(low) < 0) low *= 2
  while (falling(high) > 0) high *= 2
  // Until no floating-point number lies between the two ends.
  for (let middle = 0; ; ) {
    middle = (low + high) / 2
    if (middle === low || middle === high) return middle
    if (falling(middle) > 0) low = middle
    else high = middle
  }
}

/**
 * How much each logit counts in a group of classes: p / Σp among its members, and 0 elsewhere. It is the derivative of
 * log Σ eᶻ over the group, which is the group's logit beside those of the other classes.
 */
export function groupWeights(logits: ArrayLike<number>, members: readonly number[]): readonly number[] {
  const shares = softmaxOf(members.map((k) => logits[k]!))
  const weights = new Array<number>(logits.length).fill(0)
  for (const [place, k] of members.entries()) weights[k] = shares[place]!
  return weights
}
