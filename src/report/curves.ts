/**
 * Accuracy over the iterations of training: on the test set if runs have snapshots, otherwise on validation pictures.
 */

import { scoreOf } from '../evaluation/score.ts'
import { files, runFiles } from '../study/record.ts'
import { ownTest, type Setting } from '../study/setting.ts'
import { readValidations } from '../training/metrics.ts'
import type { Cell, Study } from './cells.ts'

/** One point of the curve of one run. */
export interface CurvePoint {
  readonly setting: Setting
  readonly fold: number
  readonly iteration: number
  /** The share of pictures answered right, 0 to 1. */
  readonly accuracy: number
  readonly scoredOn: Scored
}

/** `test`: the run's own test set by ten crops; `validation`: validation pictures by their centre crops. */
type Scored = 'test' | 'validation'

/** The curves of a cell, one run for each fold, in the order of the iterations. */
export interface Curve {
  readonly scoredOn: Scored
  readonly points: readonly CurvePoint[]
}

/** The curves of a cell; on the test set only where all of its runs have it. */
export function curveOf({ out }: Study, cell: Cell): Curve {
  const scoredOn = cell.runs.every(({ snapshots = [] }) => snapshots.length > 0) ? 'test' : 'validation'
  const points = cell.runs.flatMap(({ run: { setting, fold }, run, snapshots = [] }): CurvePoint[] => {
    const scored =
      scoredOn === 'validation'
        ? readValidations(runFiles.metrics(files.run(out, run)))
        : snapshots.flatMap(({ iteration, tests }) => {
            const test = tests[ownTest(setting)]
            return test ? [{ iteration, accuracy: scoreOf(test).accuracy.share }] : []
          })
    return scored.map((point) => ({ setting, fold, ...point, scoredOn }))
  })
  return { scoredOn, points }
}

/** The mean over folds, at the iterations where all of them were scored; empty for a single fold. */
export function meanCurve(points: readonly CurvePoint[]): CurvePoint[] {
  const folds = new Set(points.map(({ fold }) => fold)).size
  if (folds < 2) return []
  const sums = new Map<number, { readonly first: CurvePoint; sum: number; count: number }>()
  for (const point of points) {
    const at = sums.get(point.iteration) ?? { first: point, sum: 0, count: 0 }
    sums.set(point.iteration, { ...at, sum: at.sum + point.accuracy, count: at.count + 1 })
  }
  return [...sums.values()]
    .filter(({ count }) => count === folds)
    .map(({ first, sum }) => ({ ...first, accuracy: sum / folds }))
}
