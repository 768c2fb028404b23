/** Many inputs for one target. */

import { Random } from '../src/base/random.ts'
import { type Input, outcomeOf, type Target } from './target.ts'

/** Which inputs: each is known by the seed and its number. */
export interface Course {
  readonly seed: string
  readonly from: number
  /** Up to, and not with, this number. */
  readonly to: number
  /** When to stop at the latest, as `Date.now()` has it. */
  readonly until: number
}

/** What is told on the way. */
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
}

/** The input of a number. */
export function inputOf(target: Target, seed: string, k: number): Input {
  const random = new Random(`${seed} ${k}`)
  return target.mutate(random.pick(target.seeds), random)
}

/** Let a target read inputs, one after the other. */
export async function fuzz(target: Target, { seed, from, to, until }: Course, ear: Ear): Promise<Tally> {
  const tally: Tally = { read: 0, refused: 0, faults: 0 }
  for (let k = from; k < to && Date.now() < until; k++) {
    ear.before?.(k)
    const input = inputOf(target, seed, k)
    const outcome = await outcomeOf(target, input)
    if (typeof outcome === 'object') {
      tally.faults++
      ear.fault(k, outcome.fault, input)
    } else tally[outcome]++
  }
  return tally
}
