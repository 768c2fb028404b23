/** The scores that the report shows, with intervals that account for photos of one person being alike. */

import { type Score, type Share, scoreOf } from '../evaluation/score.ts'
import { expectedAge } from '../evaluation/years.ts'
import type { Alignment } from '../faces/align.ts'
import type { Cell, Study } from './cells.ts'
import { intervalOf } from './people.ts'
import { type Predictions, readPredictions } from './predictions.ts'

/** Bootstraps are slow, and a score is shown in several places. */
const known = new WeakMap<Cell, Map<Alignment, Score>>()

/**
 * The score of a cell's networks on a test set, with 95 % intervals by a bootstrap of people.
 *
 * @param alignment one that the cell was tested on
 * @throws UserError as `readPredictions`
 */
export function scoreOn(study: Study, cell: Cell, alignment: Alignment): Score {
  const scores = known.get(cell) ?? new Map<Alignment, Score>()
  known.set(cell, scores)
  const score = scores.get(alignment) ?? bootstrapped(study, cell, alignment)
  scores.set(alignment, score)
  return score
}

function bootstrapped(study: Study, cell: Cell, alignment: Alignment): Score {
  const { n, accuracy, oneOff, error } = scoreOf(cell.tests[alignment]!)
  const predictions = readPredictions(study, cell, alignment)
  const interval = (value: (one: Predictions[number]) => number) =>
    intervalOf(
      predictions.map((one) => ({ subject: one.subject, value: value(one) })),
      `${study.record.seed}/interval`,
    )
  const within = (distance: number) => (one: Predictions[number]) =>
    Math.abs(one.predicted - one.truth) <= distance ? 1 : 0
  // If all faces are alike, so are all draws from them: then Wilson's interval says more.
  const share = (own: Share, distance: number): Share =>
    own.share === 0 || own.share === 1 ? own : { ...own, interval: interval(within(distance)) }
  return {
    n,
    accuracy: share(accuracy, 0),
    oneOff: share(oneOff, 1),
    ...(error && {
      error: {
        ...error,
        interval: interval(({ probabilities, truth }) => Math.abs(expectedAge(probabilities) - truth)),
      },
    }),
  }
}
