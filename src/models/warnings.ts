/** What speaks against believing a map. */

import { UserError } from '../base/errors.ts'
import type { Question } from '../explanation/classes.ts'
import type { Explainer, Explanation } from '../explanation/explain.ts'

/** An answer may depend on the picture only through what the rules hold fixed, or be flat around it. */
const EMPTY =
  'the map is empty: no relevance reached the input. All of it stayed with biases, or the picture counts only ' +
  'in what the network divides by, which relevance holds fixed; --method occlusion shows what the answer depends on'

/** The largest Σ|R| / |logit| at which the parts of a map do not drown their sum. */
const MOST = 1e3

/** The share of the logit below which a warning says that the map shows no more than that share. */
const LEAST = 0.5

/**
 * The share of its parts below which a sum is what is left after they cancel, and says nothing about what reached the
 * input.
 */
const NOTHING = 0.05

/**
 * What speaks against a map: it is empty, or its own sums are far from the logit that was handed down.
 *
 * @param explainer the one that made it: only some pass the logit on
 */
export function warningsOf(
  explanation: Explanation,
  { class: asked }: Pick<Question, 'class'>,
  { conserves, output }: Pick<Explainer, 'conserves' | 'output'>,
): string[] {
  const { relevance, logit } = explanation
  if (relevance.data.every((value) => value === 0)) return [EMPTY]
  if (!conserves) return []
  // What speaks for older and for younger ages may well cancel: there the size of the parts counts.
  const size = asked === 'years' ? sizeOfParts(explanation, output) : Math.abs(logit)
  if (size === 0) return []
  let [sum, magnitude] = [0, 0]
  for (const value of relevance.data) {
    sum += value
    magnitude += Math.abs(value)
  }
  const warnings: string[] = []
  if (magnitude > MOST * size) {
    warnings.push(
      `the map's parts are ${(magnitude / size).toPrecision(2)} times as large as the logit that they add up to: ` +
        'its rules divide by values that nearly cancel, so do not trust it; try --composite attnlrp-gamma or epsilon-plus',
    )
  }
  if (Math.abs(logit) > NOTHING * size && Math.abs(sum) < LEAST * Math.abs(logit)) {
    const percent = (100 * sum) / logit
    const shown = Math.abs(percent) < 0.05 ? 'less than 0.1' : percent.toFixed(1).replace('-', '−')
    const reached = `${shown} % of the logit reached the input`
    warnings.push(
      percent <= -0.05
        ? `${reached}: biases, constants and ε hold more than all of it, and the map adds up to the rest (docs/explaining.md)`
        : `${reached}: biases, constants and ε took or added the rest (docs/explaining.md)`,
    )
  }
  return warnings
}

function sizeOfParts({ target, outputs }: Explanation, output: string): number {
  const { logits } = outputs[output]!
  return target.reduce((sum, weight, k) => sum + Math.abs(weight * logits[k]!), 0)
}

/**
 * Rules that divide by what nearly cancels can hand down more, layer by layer, than a 32-bit number holds.
 *
 * @throws UserError where the answer or its relevance is not finite
 */
export function requireFinite({ relevance, conservation, logit }: Explanation): void {
  if (!Number.isFinite(logit)) {
    throw new UserError(
      "the network's answer is NaN or infinite",
      undefined,
      'Its training may have diverged, or the input may not be what it expects',
    )
  }
  if (relevance.data.every(Number.isFinite)) return
  const first = conservation.find((layer) => !Number.isFinite(layer.out))
  throw new UserError(
    `the relevance overflows${first ? ` below the layer ${first.layer}, by the rule ${first.rule}` : ''}`,
    undefined,
    'Choose another composite: those with z-plus never hand down more than arrives',
  )
}
