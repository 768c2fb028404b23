import { mirroredRelevance } from './mirrored.ts'
import { type Parameter, shown } from './parameters.ts'
import { type LinearRule, NEGATIVE, POSITIVE, type SignedPart, type Term } from './rule.ts'

/**
 * The γ rule: like `simple`, but what speaks for the output counts 1 + γ times.
 *
 * R_i = Σ_j (z_ij + γ z⁺_ij) / Σ_i (z_ij + γ z⁺_ij) · R_j for outputs z_j ≥ 0, with the bias likewise; mirrored (z⁻
 * instead of z⁺) for negative outputs, so that a negative output is explained by what made it negative.
 *
 * Montavon et al. 2019, *Layer-Wise Relevance Propagation: An Overview*, table 10.1; Andéol et al. 2021,
 * *Learning Domain Invariant Representations by Joint Wasserstein Distance Minimization*, for the mirrored form.
 */
export function gammaRule(gamma: number): LinearRule {
  const more: SignedPart = { positive: 1 + gamma, negative: 1 }
  const less: SignedPart = { positive: 1, negative: 1 + gamma }
  const term = (outputs: 'positive' | 'negative', [up, down]: readonly [SignedPart, SignedPart]): Term => ({
    coefficient: 1,
    pairs: [
      [POSITIVE, up],
      [NEGATIVE, down],
    ],
    bias: up,
    epsilon: 0,
    outputs,
  })
  return { name: `gamma(${gamma})`, terms: [term('positive', [more, less]), term('negative', [less, more])] }
}

/** The same with a γ that is set when the graph runs. */
export function gammaParameterRule(
  gamma: Parameter,
  { epsilon, bias: withBias }: { epsilon: number; bias: boolean },
): LinearRule {
  return {
    name: `gamma(${shown(gamma)})`,
    apply: (visit) => {
      const g = visit.builder
      const value = g.value(gamma.input)
      const sum = g.add(value, g.scalar(2))
      const scaledEpsilon = epsilon === 0 ? 0 : g.div(g.scalar(2 * epsilon), sum)
      return mirroredRelevance({ more: g.div(value, sum), epsilon: scaledEpsilon, withBias }, visit)
    },
  }
}
