/**
 * Tests that assume nothing about the distribution of values: how often would chance alone give as large a difference?
 * Several kinds of values of the same people are tested at once, by the same draws.
 *
 * Phipson and Smyth, *Permutation P-values Should Never Be Zero*, 2010: if m of n draws are as extreme, p is (m + 1) /
 * (n + 1).
 */

import { Random } from '../base/random.ts'

interface TestOptions {
  readonly seed: string | number
  /** The number of random draws; by default 4999. */
  readonly draws?: number
}

const DRAWS = 4999

/**
 * Whether two groups differ in the mean of each kind of value: the permutation test, two-sided.
 *
 * @param a rows of values, one for each member of one group, as long as those of `b`
 * @returns a p for each kind; NaN where a group is empty
 */
export function permutationTest(
  a: readonly ArrayLike<number>[],
  b: readonly ArrayLike<number>[],
  { seed, draws = DRAWS }: TestOptions,
): number[] {
  const kinds = (a[0] ?? b[0])?.length ?? 0
  if (a.length === 0 || b.length === 0) return new Array<number>(kinds).fill(Number.NaN)
  const rows = [...a, ...b]
  const totals = sumOf(rows, kinds)
  // Only the smaller group's sums need to be drawn: the other group has the rest.
  const size = Math.min(a.length, b.length)
  const rest = rows.length - size
  const gap = (sum: number, k: number) => Math.abs(sum / size - (totals[k]! - sum) / rest)
  const found = sumOf(a.length <= b.length ? a : b, kinds).map(gap)
  const random = new Random(seed)
  const places = Uint32Array.from(rows.keys())
  return pValues(found, draws, (into) => {
    into.fill(0)
    for (let k = 0; k < size; k++) {
      const other = k + random.integer(places.length - k)
      const place = places[other]!
      places[other] = places[k]!
      places[k] = place
      add(rows[place]!, into)
    }
    for (let k = 0; k < kinds; k++) into[k] = gap(into[k]!, k)
  })
}

/**
 * Whether the mean of each kind of difference differs from 0: the sign-flip test, two-sided.
 *
 * @param differences rows of differences, one for each person, that would be equally likely with their signs flipped if
 *   there were no effect
 * @returns a p for each kind; none where there is nobody
 */
export function signFlipTest(
  differences: readonly ArrayLike<number>[],
  { seed, draws = DRAWS }: TestOptions,
): number[] {
  const kinds = differences[0]?.length ?? 0
  const found = sumOf(differences, kinds).map(Math.abs)
  const random = new Random(seed)
  return pValues(found, draws, (into) => {
    into.fill(0)
    for (const row of differences) add(row, into, random.chance(0.5) ? 1 : -1)
    for (let k = 0; k < kinds; k++) into[k] = Math.abs(into[k]!)
  })
}

/** Draws count as equally extreme from this factor on, so that rounding does not tell equal sums apart. */
const NEARLY = 1 - 1e-12

function pValues(found: readonly number[], draws: number, draw: (into: Float64Array) => void): number[] {
  const counts = new Uint32Array(found.length)
  const drawn = new Float64Array(found.length)
  for (let k = 0; k < draws; k++) {
    draw(drawn)
    for (const [kind, size] of found.entries()) if (drawn[kind]! >= NEARLY * size) counts[kind]!++
  }
  return Array.from(counts, (count) => (count + 1) / (draws + 1))
}

function sumOf(rows: readonly ArrayLike<number>[], kinds: number): number[] {
  const sums = new Float64Array(kinds)
  for (const row of rows) add(row, sums)
  return [...sums]
}

function add(row: ArrayLike<number>, into: Float64Array, sign = 1): void {
  for (let k = 0; k < into.length; k++) into[k]! += sign * row[k]!
}
