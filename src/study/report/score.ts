/** What a confusion matrix says: accuracy, 1-off, and what chance alone would reach. */

import { accuracyOf, oneOffOf } from '../../evaluation/accuracy.ts'
import { type Interval, wilson } from '../../evaluation/interval.ts'
import type { TestRecord } from '../record.ts'

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
}

/** What one reaches without looking. */
export interface Chance {
  /** By always giving the answer that is right most often: its class, and how often it is right. */
  readonly majority: { readonly class: number; readonly accuracy: number }
  /** The most that one constant answer reaches by 1-off. */
  readonly majorityOneOff: number
  /** By guessing evenly among the classes. */
  readonly even: number
  /** By guessing evenly, with 1-off: each class has two neighbours, the first and the last one. */
  readonly evenOneOff: number
}

export function scoreOf({ confusion }: TestRecord): Score {
  const { n, correct } = accuracyOf(confusion)
  return { n, accuracy: shareOf(correct, n), oneOff: shareOf(oneOffOf(confusion).correct, n) }
}

export function chanceOf({ confusion }: TestRecord): Chance {
  const counts = confusion.map(total)
  const n = total(counts)
  const most = counts.indexOf(Math.max(...counts))
  const around = <T>(items: readonly T[], k: number) => items.slice(Math.max(0, k - 1), k + 2)
  const near = counts.map((_, k) => total(around(counts, k)))
  const evenOneOff = total(counts.map((count, k) => count * around(counts, k).length)) / counts.length / n
  return {
    majority: { class: most, accuracy: counts[most]! / n },
    majorityOneOff: Math.max(...near) / n,
    even: 1 / counts.length,
    evenOneOff,
  }
}

/** A share of n faces with its 95 % Wilson interval. */
export function shareOf(correct: number, n: number): Share {
  return { share: correct / n, interval: wilson(correct, n) }
}

/** A share as a percentage with one digit behind the point: `88.3`. */
export function percent(share: number): string {
  return (100 * share).toFixed(1)
}

function total(numbers: readonly number[]): number {
  return numbers.reduce((sum, n) => sum + n, 0)
}
