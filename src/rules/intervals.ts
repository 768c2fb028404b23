/**
 * Interval arithmetic: the bounds of a result, from the bounds of its operands. NaN lies nowhere, and infinities that
 * only rounding produces are not counted.
 */

/** The least and the greatest value that a number can have. */
export type Interval = readonly [least: number, most: number]

export const ANYTHING: Interval = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]
export const UNIT: Interval = [0, 1]

/** One number. */
export function exactly(value: number): Interval {
  return [value, value]
}

/** The smallest interval that holds all the given ones. */
export function hull(...intervals: readonly Interval[]): Interval {
  return [Math.min(...intervals.map(([least]) => least)), Math.max(...intervals.map(([, most]) => most))]
}

/** The image of an interval under a function that is monotonic, or turns only at the given places. */
export function image(x: Interval, apply: (value: number) => number, ...turns: readonly number[]): Interval {
  const [least, most] = x
  const ends = [least, most, ...turns.filter((turn) => turn > least && turn < most)]
  return hull(...ends.map((value) => exactly(apply(value))))
}

export function sum([a, b]: Interval, [c, d]: Interval): Interval {
  const [least, most] = [a + c, b + d]
  // −∞ + ∞ may be anything.
  return [Number.isNaN(least) ? ANYTHING[0] : least, Number.isNaN(most) ? ANYTHING[1] : most]
}

export function negative([least, most]: Interval): Interval {
  return [-most, -least]
}

export function product(x: Interval, y: Interval): Interval {
  // 0 times an unbounded number is 0.
  return hull(...x.flatMap((a) => y.map((b) => exactly(a === 0 || b === 0 ? 0 : a * b))))
}

export function quotient(x: Interval, [least, most]: Interval): Interval {
  if (least < 0 && most > 0) return ANYTHING
  if (least >= 0) return most === 0 ? ANYTHING : product(x, [1 / most, least === 0 ? ANYTHING[1] : 1 / least])
  return negative(quotient(x, [-most, -least]))
}

export function square(x: Interval): Interval {
  return image(x, (value) => value * value, 0)
}

export function power(x: Interval, exponent: Interval): Interval {
  const [least, most] = x
  const [p, other] = exponent
  if (least >= 0) {
    // It is monotonic in the base and in the exponent, except for 0 to the power of 0, which is 1.
    const roundsToZero = p !== other && p < 1e-6 && other > -1e-6
    const corners = exponent.map((p) => image(x, (value) => powerOf(value, p)))
    return least === 0 && roundsToZero ? hull(...corners, exactly(1)) : hull(...corners)
  }
  if (p !== other) return ANYTHING
  // A number below 0 has no other powers.
  if (!Number.isInteger(p)) return most < 0 ? ANYTHING : power([0, most], exponent)
  if (p < 0) return quotient(exactly(1), power(x, exactly(-p)))
  return image(x, (value) => powerOf(value, p), 0)
}

/** In JavaScript, 1 to the power of ∞ is NaN. */
function powerOf(value: number, exponent: number): number {
  return value === 1 ? 1 : value ** exponent
}
