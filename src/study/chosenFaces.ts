import { Random } from '../base/random.ts'
import { CLASSES } from '../datasets/task.ts'
import { labelIn, type RunJob } from './job.ts'

/**
 * Some faces of a run's test part, spread over the classes: the same for all networks and settings, and a smaller
 * choice is always part of a larger one.
 *
 * @returns their indices, in the order of their classes
 */
export function chosenFaces(
  { run, seed, data, split: { test } }: Pick<RunJob, 'run' | 'seed' | 'data' | 'split'>,
  count: number,
): number[] {
  const random = new Random(`${seed}/photos/${run.task}/fold${run.fold}`)
  const classes = random.shuffle(CLASSES[run.task].map((_, k) => k))
  const waiting = random.shuffle(test)
  const chosen: number[] = []
  for (let turn = 0; chosen.length < Math.min(count, test.length); turn++) {
    const wanted = classes[turn % classes.length]
    const place = waiting.findIndex((k) => labelIn(data, run, k) === wanted)
    if (place >= 0) chosen.push(...waiting.splice(place, 1))
  }
  return chosen.sort((a, b) => labelIn(data, run, a) - labelIn(data, run, b))
}
