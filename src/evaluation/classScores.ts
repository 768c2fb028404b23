import type { Model } from '../models/model.ts'

/** The score of each class: of a plain number, which is that of the second class, what is left is the first's. */
export function classScores({ plain }: Pick<Model, 'plain'>, row: Float32Array): ArrayLike<number> {
  if (!plain) return row
  const second = Math.min(Math.max(row[0]!, 0), 1)
  return [1 - second, second]
}
