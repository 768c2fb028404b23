/** The scores of a test: accuracy, 1-off, the mean error of ages, and what chance alone would reach. */

import { OLDEST } from '../datasets/task.ts'
import { accuracyOf, oneOffOf } from '../statistics/accuracy.ts'
import { type Interval, normal, type Sums, wilson } from '../statistics/interval.ts'
import type { TestRecord } from './testRecord.ts'
import { constantError, medianAge } from './years.ts'

/** A share of the faces of a test set, 0 to 1, with its 95 % interval. */
export interface Share {
  readonly share: number
  readonly interval: Interval
}

/** How well a test set was answered. */
export interface Score {
  readonly n: number
  readonly accuracy: Share
  /** Right or in an adjacent class; means something only where classes are ordered, as those of age are. */
  readonly oneOff: Share
  /** For ages in years: the mean absolute error of the expected age. */
  readonly error?: MeanError
}

/** A mean absolute error in years, with its 95 % interval. */
export interface MeanError {
  readonly years: number
  readonly interval: Interval
}

/** The scores that are possible without looking at the photos. */
export interface Chance {
  /** By always giving the most frequent class: that class, and its accuracy. */
  readonly majority: { readonly class: number; readonly accuracy: number }
  /** The 1-off of always giving the most frequent class. */
  readonly majorityOneOff: number
  /** The accuracy of guessing uniformly among the classes. */
  readonly even: number
  /** The 1-off of guessing uniformly: each class has two neighbours, the first and the last have one. */
  readonly evenOneOff: number
  /** For ages in years: the mean absolute error of always giving the median age, and of uniform probabilities. */
  readonly error?: { readonly median: number; readonly years: number; readonly even: number }
}

export function scoreOf({ confusion, errors }: TestRecord): Score {
  const { n, correct } = accuracyOf(confusion)
  const oneOff = shareOf(oneOffOf(confusion).correct, n)
  return { n, accuracy: shareOf(correct, n), oneOff, ...(errors && { error: errorOf(errors) }) }
}

export function chanceOf({ confusion, errors }: TestRecord): Chance {
  const counts = confusion.map(total)
  const n = total(counts)
  const most = counts.indexOf(Math.max(...counts))
  const around = <T>(items: readonly T[], k: number) => items.slice(Math.max(0, k - 1), k + 2)
  const near = counts.map((_, k) => total(around(counts, k)))
  const evenOneOff = total(counts.map((count, k) => count * around(counts, k).length)) / counts.length / n
  return {
    majority: { class: most, accuracy: counts[most]! / n },
    majorityOneOff: near[most]! / n,
    even: 1 / counts.length,
    evenOneOff,
    ...(errors && { error: errorOfChance(counts) }),
  }
}

function errorOfChance(counts: readonly number[]): Chance['error'] {
  const median = medianAge(counts)
  // Uniform probabilities give the middle age as the expected age.
  return {
    median,
    years: constantError(counts, median),
    even: constantError(counts, (counts.length - 1) / 2),
  }
}

/** A mean absolute error with its 95 % interval, by the normal distribution, limited to the oldest age. */
export function errorOf(errors: Sums): MeanError {
  const { low, high } = normal(errors)
  return { years: errors.sum / errors.n, interval: { low, high: Math.min(high, OLDEST) } }
}

/** A share of n faces with its 95 % Wilson interval. */
export function shareOf(correct: number, n: number): Share {
  return { share: correct / n, interval: wilson(correct, n) }
}

/** A share as a percentage with one decimal: `88.3`. */
export function percent(share: number): string {
  return (100 * share).toFixed(1)
}

function total(numbers: readonly number[]): number {
  return numbers.reduce((sum, n) => sum + n, 0)
}
