/** The relevance rules of linear layers, by the names that composites give them. */

import { UserError } from '../../base/errors.ts'
import type { CompositeEntry } from '../composites/composite.ts'
import { alphaBetaRule } from './alphaBeta.ts'
import { epsilonRule } from './epsilon.ts'
import { flatRule } from './flat.ts'
import { gammaParameterRule, gammaRule } from './gamma.ts'
import { type Amount, type Amounts, known } from './parameters.ts'
import { type LinearRule, NOTHING, type Term } from './rule.ts'
import { wSquareRule } from './wSquare.ts'
import { zBoxRule } from './zBox.ts'

/** The lowest and the highest value that each channel of a value can have. */
export interface InputRange {
  readonly low: readonly number[]
  readonly high: readonly number[]
}

/**
 * The rule that an entry of a composite asks for.
 *
 * @param layer the name of the layer that it is for
 * @param range of the layer's input, for zᴮ where the entry gives none
 * @param isSaid whether the range of the network's input is known; if so, the range is unknown only after what the
 * network does first
 * @param amounts how the numbers of αβ, γ and ε enter the graph
 * @throws UserError when zᴮ has no range
 */
export function ruleOf(
  entry: CompositeEntry,
  layer: string,
  range?: InputRange,
  isSaid = false,
  amounts: Amounts = known,
): LinearRule {
  if (typeof entry.rule === 'object') return entry.rule
  switch (entry.rule) {
    case 'epsilon': {
      const epsilon = amounts('epsilon', entry.epsilon)
      return withOptions(epsilonRule(epsilon), { epsilon, bias: entry.bias })
    }
    case 'simple':
      return { ...withOptions(epsilonRule(0), { epsilon: 0, bias: entry.bias }), name: 'simple' }
    case 'alpha-beta':
      return withOptions(alphaBetaRule(amounts('alpha', entry.alpha), amounts('beta', entry.beta)), entry)
    case 'z-plus':
      return { ...withOptions(alphaBetaRule(1, 0), entry), name: 'z-plus' }
    case 'gamma': {
      const gamma = amounts('gamma', entry.gamma)
      return typeof gamma === 'number'
        ? withOptions(gammaRule(gamma), entry)
        : gammaParameterRule(gamma, entry)
    }
    case 'z-box': {
      const low = entry.low ?? range?.low
      const high = entry.high ?? range?.high
      if (low === undefined || high === undefined) {
        throw new UserError(
          isSaid
            ? "the rule z-box needs the lowest and the highest value of the layer's input, and regard does not follow how the network transforms its own input before this layer"
            : "the rule z-box needs the lowest and the highest value of the layer's input, which are unknown",
          `layer ${layer}`,
          isSaid
            ? 'Give low and high in the composite'
            : 'Say how photos become the input (in the model card), or give low and high in the composite',
        )
      }
      return withOptions(zBoxRule(low, high), { epsilon: entry.epsilon, bias: true })
    }
    case 'w-square':
      return wSquareRule
    case 'flat':
      return flatRule
  }
}

function withOptions(rule: LinearRule, { epsilon, bias }: { epsilon: Amount; bias: boolean }): LinearRule {
  if (!('terms' in rule)) return rule
  const change = (term: Term): Term => ({ ...term, epsilon, bias: bias ? term.bias : NOTHING })
  return { ...rule, terms: rule.terms.map(change) }
}
