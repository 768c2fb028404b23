/**
 * Arithmetic of intervals: between which numbers a result lies, of numbers that lie between others. What is not a number
 * lies nowhere, and an infinite one where rounding alone makes it so is not counted.
 */

/** The least and the most that a number can be. */
export type Interval = readonly [least: number, most: number]

export const ANYTHING: Interval = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]
export const UNIT: Interval = [0, 1]

/** One number. */
export function exactly(value: number): Interval {
  return [value, value]
}

/** What lies in one of some intervals. */
export function hull(...intervals: readonly Interval[]): Interval {
  return [Math.min(...intervals.map(([least]) => least)), Math.max(...intervals.map(([, most]) => most))]
}

/** What a function makes of an interval, if it rises or falls all along, or turns only at the given places. */
export function image(x: Interval, apply: (value: number) => number, ...turns: readonly number[]): Interval {
  const [least, most] = x
  const ends = [least, most, ...turns.filter((turn) => turn > least && turn < most)]
  return hull(...ends.map((value) => exactly(apply(value))))
}

export function sum([a, b]: Interval, [c, d]: Interval): Interval {
  const [least, most] = [a + c, b + d]
  // −∞ and ∞ together may be anything.
  return [Number.isNaN(least) ? ANYTHING[0] : least, Number.isNaN(most) ? ANYTHING[1] : most]
}

export function negative([least, most]: Interval): Interval {
  return [-most, -least]
}

export function product(x: Interval, y: Interval): Interval {
  // 0 times a number without bound is 0.
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
    // It rises or falls with the base and with the exponent, all along, but for 0 to the power of 0: that is 1.
    const roundsToZero = p !== other && p < 1e-6 && other > -1e-6
    const corners = exponent.map((p) => image(x, (value) => powerOf(value, p)))
    return least === 0 && roundsToZero ? hull(...corners, exactly(1)) : hull(...corners)
  }
  if (p !== other) return ANYTHING
  // Of a number below 0 there is no other power.
  if (!Number.isInteger(p)) return most < 0 ? ANYTHING : power([0, most], exponent)
  if (p < 0) return quotient(exactly(1), power(x, exactly(-p)))
  return image(x, (value) => powerOf(value, p), 0)
}

/** In JavaScript a power of 1 that is infinite is not a number. */
function powerOf(value: number, exponent: number): number {
  return value === 1 ? 1 : value ** exponent
}
