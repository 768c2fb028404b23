/** The accuracy on validation pictures over the iterations, out of a run's `metrics.jsonl`. */

import { readFileSync } from 'node:fs'

/** @returns the validations in the order of their iterations */
export function readCurve(path: string): { iteration: number; accuracy: number }[] {
  const points = new Map<number, number>()
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    // A run that was killed may have left half a line, and repeats what came after its last checkpoint.
    if (!line.endsWith('}')) continue
    const { iteration, validation } = JSON.parse(line)
    if (validation) points.set(iteration, validation.accuracy)
  }
  return [...points]
    .map(([iteration, accuracy]) => ({ iteration, accuracy }))
    .sort((a, b) => a.iteration - b.iteration)
}
