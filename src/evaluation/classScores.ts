import { UserError } from '../base/errors.ts'
import { isPlain, type Model } from '../models/model.ts'
import { probabilitiesIn } from '../rules/logits.ts'

/**
 * The probability of each class: a plain number is the second class's, and the rest to 1 the first's.
 *
 * @throws UserError where the network's own function of probabilities gives something else
 */
export function classScores(
  model: Pick<Model, 'kind' | 'logits' | 'output' | 'path'>,
  row: Float32Array,
): ArrayLike<number> {
  const { kind, output, path } = model
  if (kind === 'other' && row.length > 1 && !probabilitiesIn({ kind, scale: 1, shift: 0 }, row)) {
    const some = Array.from(row.subarray(0, 3), (value) => value.toPrecision(3)).join(', ')
    throw new UserError(
      `its output ${output} holds neither logits nor probabilities, but ${some}${row.length > 3 ? ', …' : ''}`,
      path,
      'Choose another output with --output, or export the network with one that holds them',
    )
  }
  if (!isPlain(model)) return row
  const second = Math.min(Math.max(row[0]!, 0), 1)
  return [1 - second, second]
}
