/** A network's answers, whichever of its outputs is explained. */

import { expectedAgeIn, type Model, type ModelExplanation, type Scores, softmaxOf } from 'regard'
import type { Answered } from './protocol.ts'

/** The answer of one output; all answers of a network are available, whichever is explained. */
export function answerOf(model: Model, { outputs }: Pick<ModelExplanation, 'outputs'>): Answered {
  const { output, task, classes, kind } = model
  const scores = outputs[output]
  const said = { output, task }
  if (!scores) return { ...said, classes: [], value: undefined }
  if (kind === 'number') return { ...said, classes: [], value: scores.logits[0]! }
  const both = probabilitiesOf(model, scores)
  const named = both.map((probability, k) => ({ name: classes[k]!, probability }))
  return {
    ...said,
    classes: named.sort((a, b) => b.probability - a.probability).slice(0, 5),
    value: task === 'years' ? expectedAgeIn(model, scores) : undefined,
  }
}

/** The probability of each class; empty where the output holds neither logits nor probabilities. */
function probabilitiesOf(
  { kind, logits: count }: Model,
  { logits, probabilities }: Scores,
): readonly number[] {
  if (kind === 'other' && count > 1) return []
  // An output that is not explained comes without a softmax, unless the network has its own.
  const known =
    probabilities ??
    (kind === 'logits' ? softmaxOf(count === 1 ? Float32Array.of(0, logits[0]!) : logits) : logits)
  return known.length === 1 ? [1 - known[0]!, known[0]!] : [...known]
}
