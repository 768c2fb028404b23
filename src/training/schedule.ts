/** Caffe's SGD with momentum and the `step`/`multistep` policy. */
export interface Schedule {
  /** Pictures in a batch. */
  readonly batch: number
  readonly iterations: number
  /** Learning rate at the start. */
  readonly rate: number
  /** What the rate is multiplied by at each of `steps`. */
  readonly gamma: number
  /** Iterations at which the rate drops, rising. */
  readonly steps: readonly number[]
  readonly momentum: number
  /** Weight decay; biases have none. */
  readonly decay: number
  /** Iterations between two validations. */
  readonly validateEvery: number
  /** Iterations between two checkpoints. */
  readonly checkpointEvery: number
}

/** The learning rate of an iteration, counted from 0. */
export function rateAt(schedule: Schedule, iteration: number): number {
  const drops = schedule.steps.filter((step) => iteration >= step).length
  return schedule.rate * schedule.gamma ** drops
}
