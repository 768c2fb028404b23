import { type LinearRule, NOTHING } from './rule.ts'

/**
 * The w² rule: R_i = Σ_j w_ij² / Σ_i w_ij² · R_j, over the inputs that lie in the picture; the input itself does
 * not matter.
 *
 * Montavon et al. 2017, *Explaining NonLinear Classification Decisions with Deep Taylor Decomposition*, eq. 12.
 */
export const wSquareRule: LinearRule = {
  name: 'w-square',
  terms: [
    {
      coefficient: 1,
      pairs: [[{ everywhere: [1] }, 'squared']],
      bias: NOTHING,
      epsilon: 0,
      sign: 'positive',
    },
  ],
}
