/** How long a network is trained, and at which learning rate: Caffe's policies, with an optional warm-up. */

import type { Augmentation } from './augmentation.ts'

interface Common {
  /** Pictures in a batch. */
  readonly batch: number
  readonly iterations: number
  /** Learning rate at the start. */
  readonly rate: number
  /** Iterations over which the rate rises in equal steps to the policy's; by default none. */
  readonly warmup?: number
  readonly momentum: number
  /** Weight decay; biases do not decay. */
  readonly decay: number
  /** Iterations between two validations. */
  readonly validateEvery: number
  /** Iterations between two checkpoints. */
  readonly checkpointEvery: number
  /** Iterations between two snapshots, which are networks that are kept; by default there are none. */
  readonly snapshotEvery?: number
  /** Stop after this many validations in a row without a new best accuracy; by default never. */
  readonly patience?: number
  /** How the pictures are augmented; by default only by random crops and mirroring, as in the paper. */
  readonly augmentation?: Augmentation
}

/** How the rate falls. `multistep` (the default), `step` and `poly` as Caffe defines them. */
type Policy =
  /** The rate is multiplied by `gamma` at each of `steps`, iterations in rising order. */
  | { readonly policy?: 'multistep'; readonly gamma: number; readonly steps: readonly number[] }
  /** The rate is multiplied by `gamma` after every `every` iterations. */
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

/** Whether a schedule's patience has run out: that many validations in a row without a new best accuracy. */
export function isOutOfPatience({ patience }: Schedule, accuracies: readonly number[]): boolean {
  const best = accuracies.indexOf(Math.max(...accuracies))
  return patience !== undefined && accuracies.length - 1 - best >= patience
}
