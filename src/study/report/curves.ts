/** The accuracy on validation pictures over the iterations, out of a run's `metrics.jsonl`. */

import { readMetrics } from '../../training/metrics.ts'

/** @returns the validations in the order of their iterations */
export function readCurve(path: string): { iteration: number; accuracy: number }[] {
  return readMetrics(path).flatMap((metric) =>
    'validation' in metric ? [{ iteration: metric.iteration, accuracy: metric.validation.accuracy }] : [],
  )
}
