/** A model with its own explanation in one graph. */

import { UsageError } from '../base/errors.ts'
import { graft } from '../explanation/graft.ts'
import type { Graph } from '../graph/types.ts'
import { compositeOf, type ExplainOptions, rulesAbout } from './explain.ts'
import type { Model } from './model.ts'
import { rangeOf } from './preprocessing.ts'
import { against, questionsOf, targetIn } from './questions.ts'

/**
 * A model's network with its own explanation, as {@link graft} makes it, but with classes by name.
 *
 * @param asked what is explained, and by which composite: as for `explain`
 * @throws UserError where the composite does not fit the network, or an operator lacks a rule; UsageError for a class
 *   that the model lacks
 */
export async function graftModel(
  model: Model,
  { class: name = 'top', minus, composite }: Pick<ExplainOptions, 'class' | 'minus' | 'composite'> = {},
): Promise<Graph> {
  const rather = minus === undefined ? undefined : String(minus)
  const meant = against(model, rather)
  const [only, ...others] = questionsOf(meant, [String(name)], rather)
  if (others.length > 0) throw new UsageError('a graft explains one class: write a file for each')
  const { network, output, path, preprocessing } = meant
  const target = targetIn(meant, only!)
  const range = 'missing' in preprocessing ? undefined : rangeOf(preprocessing)
  return rulesAbout(path, () => graft(network, compositeOf(meant, composite), { output, target, range }))
}
