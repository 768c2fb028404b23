import { type Amount, shown } from './parameters.ts'
import { type LinearRule, NEGATIVE, POSITIVE, type Term } from './rule.ts'

/**
 * The αβ rule: R_i = Σ_j (α z⁺_ij / (Σ_i z⁺_ij + b⁺_j) + β z⁻_ij / (Σ_i z⁻_ij + b⁻_j)) R_j with α + β = 1,
 * for inputs of either sign; a term with an empty sum is 0. With α = 1, β = 0 it is the rule z⁺.
 *
 * Bach et al. 2015, eq. 60; Lapuschkin et al. 2017, eq. 6, with α = 2 and β = −1.
 */
export function alphaBetaRule(alpha: Amount, beta: Amount): LinearRule {
  if (typeof alpha === 'number' && typeof beta === 'number' && Math.abs(alpha + beta - 1) > 1e-6)
    throw new Error(`alpha + beta must be 1, not ${alpha} + ${beta}`)
  const terms: Term[] = [
    {
      coefficient: alpha,
      pairs: [
        [POSITIVE, POSITIVE],
        [NEGATIVE, NEGATIVE],
      ],
      bias: POSITIVE,
      epsilon: 0,
      sign: 'positive',
    },
    {
      coefficient: beta,
      pairs: [
        [POSITIVE, NEGATIVE],
        [NEGATIVE, POSITIVE],
      ],
      bias: NEGATIVE,
      epsilon: 0,
      sign: 'negative',
    },
  ]
  return {
    name: `alpha-beta(${shown(alpha)}, ${shown(beta)})`,
    terms: terms.filter(({ coefficient }) => coefficient !== 0),
  }
}
