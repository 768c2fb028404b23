import { UserError } from '../../base/errors.ts'
import type { Explanation } from '../explain.ts'
import type { Finding } from './finding.ts'

/** What became of the relevance that started as a logit: shares that add up to 1. */
export interface Completeness extends Finding {
  /** The share that reached the input. It can be above 1 where biases speak against the class. */
  readonly value: number
  /** The share that biases kept. */
  readonly bias: number
  /** The share that ε and denominators of zero kept. */
  readonly epsilon: number
  /** The share that went to the padding around pictures. */
  readonly padding: number
}

/**
 * Completeness: which share of the logit reached the input, and what kept the rest, from the conservation report.
 *
 * Bach et al. 2015, *On Pixel-Wise Explanations for Non-Linear Classifier Decisions by Layer-Wise Relevance Propagation*,
 * equation 2; called completeness by Sundararajan, Taly and Yan 2017, *Axiomatic Attribution for Deep Networks*, section 3.
 *
 * @param explanation with its conservation report
 * @throws UserError where it has none, or no relevance was handed down
 */
export function completeness({ relevance, conservation }: Explanation): Completeness {
  if (conservation.length === 0)
    throw new UserError(
      'there is no conservation report',
      'explanation',
      'Load the explainer with conservation: true',
    )
  const reached = relevance.data.reduce((sum, value) => sum + value, 0)
  const kept = (column: 'bias' | 'epsilon' | 'padding') =>
    conservation.reduce((sum, layer) => sum + layer[column], 0)
  const [bias, epsilon, padding] = [kept('bias'), kept('epsilon'), kept('padding')]
  const all = reached + bias + epsilon + padding
  if (all === 0) throw new UserError('no relevance was handed down', 'explanation', 'Explain another class')
  return { value: reached / all, bias: bias / all, epsilon: epsilon / all, padding: padding / all }
}
