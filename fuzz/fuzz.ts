/** Many inputs for one target. */

import { Random } from '../src/base/random.ts'
import { type Input, outcomeOf, type Target } from './target.ts'

/** Which inputs: each is known by the seed and its number. */
export interface Course {
  readonly seed: string
  readonly from: number
  /** Exclusive. */
  readonly to: number
  /** When to stop at the latest, in milliseconds as `Date.now()` gives them. */
  readonly until: number
}

/** What to call meanwhile. */
export interface Ear {
  /** An input is about to be read. */
  readonly before?: (k: number) => void
  readonly fault: (k: number, what: string, input: Input) => void
}

/** How many inputs were read, and how many were refused. */
export interface Tally {
  read: number
  refused: number
  faults: number
  /** The first input that was not read: the end, or where only another process can go on. */
  next: number
}

/** The input of a number. */
export function inputOf(target: Target, seed: string, k: number): Input {
  const random = new Random(`${seed} ${k}`)
  return target.mutate(random.pick(target.seeds), random)
}

/** Let a target read inputs, one after another. */
export async function fuzz(target: Target, { seed, from, to, until }: Course, ear: Ear): Promise<Tally> {
  const tally: Tally = { read: 0, refused: 0, faults: 0, next: from }
  for (; tally.next < to && Date.now() < until; tally.next++) {
    const k = tally.next
    ear.before?.(k)
    const input = inputOf(target, seed, k)
    let outcome = await outcomeOf(target, input)
    if (outcome === 'spent') {
      if (k > from) break
      outcome = { fault: 'a new process refused its first input for an earlier one' }
    }
    if (typeof outcome === 'object') {
      tally.faults++
      ear.fault(k, outcome.fault, input)
    } else tally[outcome]++
  }
  return tally
}
