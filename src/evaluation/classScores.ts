import { isPlain, type Model } from '../models/model.ts'

/** The score of each class: a plain number is the second class's, and the rest to 1 the first's. */
export function classScores(model: Pick<Model, 'kind' | 'logits'>, row: Float32Array): ArrayLike<number> {
  if (!isPlain(model)) return row
  const second = Math.min(Math.max(row[0]!, 0), 1)
  return [1 - second, second]
}
