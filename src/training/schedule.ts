/** How long a network is trained, and at which learning rate: Caffe's policies, with a warm-up where wanted. */

import type { Augmentation } from './augmentation.ts'

interface Common {
  /** Pictures in a batch. */
  readonly batch: number
  readonly iterations: number
  /** Learning rate at the start. */
  readonly rate: number
  /** Iterations over which the rate rises in equal steps to what the policy says; none where not given. */
  readonly warmup?: number
  readonly momentum: number
  /** Weight decay; biases have none. */
  readonly decay: number
  /** Iterations between two validations. */
  readonly validateEvery: number
  /** Iterations between two checkpoints. */
  readonly checkpointEvery: number
  /** Iterations between two snapshots, which are networks that are kept; none where not given. */
  readonly snapshotEvery?: number
  /** Stop after so many validations in a row without a new best accuracy; never where not given. */
  readonly patience?: number
  /** How the pictures are changed; only by windows and mirrors where not given, as in the paper. */
  readonly augmentation?: Augmentation
}

/** How the rate falls. `multistep`, which need not be named, `step` and `poly` as Caffe defines them. */
type Policy =
  /** The rate is multiplied by `gamma` at each of `steps`, rising iterations. */
  | { readonly policy?: 'multistep'; readonly gamma: number; readonly steps: readonly number[] }
  /** The rate is multiplied by `gamma` after every so many iterations. */
  | { readonly policy: 'step'; readonly gamma: number; readonly every: number }
  /** rate · (1 − iteration / iterations)^power */
  | { readonly policy: 'poly'; readonly power: number }
  /** Half a cosine from the rate down to 0 (Loshchilov, Hutter, *SGDR*, 2017, eq. 5, without restarts). */
  | { readonly policy: 'cosine' }

/** SGD with momentum, and how its rate changes. */
export type Schedule = Common & Policy

/** The learning rate of an iteration, counted from 0. */
export function rateAt(schedule: Schedule, iteration: number): number {
  const { warmup = 0 } = schedule
  const rate = schedule.rate * fallAt(schedule, iteration)
  return iteration < warmup ? (rate * (iteration + 1)) / warmup : rate
}

function fallAt(schedule: Schedule, iteration: number): number {
  const done = iteration / schedule.iterations
  switch (schedule.policy) {
    case 'step':
      return schedule.gamma ** Math.floor(iteration / schedule.every)
    case 'poly':
      return (1 - done) ** schedule.power
    case 'cosine':
      return (1 + Math.cos(Math.PI * done)) / 2
    case 'multistep':
    case undefined:
      return schedule.gamma ** schedule.steps.filter((step) => iteration >= step).length
  }
}

/** Whether so many validations in a row brought no new best accuracy that a schedule's patience is at an end. */
export function isOutOfPatience({ patience }: Schedule, accuracies: readonly number[]): boolean {
  const best = accuracies.indexOf(Math.max(...accuracies))
  return patience !== undefined && accuracies.length - 1 - best >= patience
}
