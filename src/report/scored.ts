/** The scores that the report shows, with intervals that account for photos of one person being alike. */

import { OLDEST } from '../datasets/task.ts'
import { FEW } from '../evaluation/profile.ts'
import { type Score, type Share, scoreOf } from '../evaluation/score.ts'
import { expectedAge } from '../evaluation/years.ts'
import type { Alignment } from '../faces/align.ts'
import { type Interval, wilson } from '../statistics/interval.ts'
import { studentOf } from '../statistics/student.ts'
import type { Cell, Study } from './cells.ts'
import { intervalOf, peopleOf } from './people.ts'
import { type Predictions, readPredictions } from './predictions.ts'

/** Bootstraps are slow, and a score is shown in several places. */
const known = new WeakMap<Cell, Map<Alignment, Score>>()

/**
 * The score of a cell's networks on a test set, with 95 % intervals by a bootstrap of people. If there are fewer than
 * {@link FEW}, or a share is 0 or 1, it is Wilson's interval of a share, and Student's of an error, that count each
 * person once.
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
  const people = new Set(predictions.map(({ subject }) => subject)).size
  // A few people, or faces that are all alike, give draws that are hardly different.
  const share = (own: Share, distance: number): Share => ({
    ...own,
    interval:
      own.share === 0 || own.share === 1 || people < FEW
        ? wilson(own.share * people, people)
        : interval(within(distance)),
  })
  const errorOf = ({ probabilities, truth }: Predictions[number]) =>
    Math.abs(expectedAge(probabilities) - truth)
  return {
    n,
    accuracy: share(accuracy, 0),
    oneOff: share(oneOff, 1),
    ...(error && {
      error: {
        ...error,
        interval: people < FEW ? ofFew(predictions, errorOf) : interval(errorOf),
      },
    }),
  }
}

/** The interval of a mean error over the means of a few people, at most from 0 to the oldest age. */
function ofFew(predictions: Predictions, errorOf: (one: Predictions[number]) => number): Interval {
  const { sums, faces } = peopleOf(predictions.map((one) => ({ subject: one.subject, value: errorOf(one) })))
  const { low, high } = studentOf(sums.map((sum, k) => sum / faces[k]!)).interval
  return { low: Math.max(low, 0), high: Math.min(high, OLDEST) }
}
