import { ALL, type LinearRule, NOTHING } from './rule.ts'

/**
 * The zᴮ rule, for inputs that lie between `low` and `high`:
 *
 * R_i = Σ_j (x_i w_ij − low · w⁺_ij − high · w⁻_ij) / Σ_i (x_i w_ij − low · w⁺_ij − high · w⁻_ij) · R_j
 *
 * Montavon et al. 2017, *Explaining NonLinear Classification Decisions with Deep Taylor Decomposition*, eq. 15.
 */
export function zBoxRule(low: number, high: number): LinearRule {
  if (!(low < high)) throw new Error(`the low end ${low} must lie below the high end ${high}`)
  return {
    name: `z-box(${low}, ${high})`,
    terms: [
      {
        coefficient: 1,
        pairs: [
          [ALL, ALL],
          [{ everywhere: 1 }, { positive: -low, negative: -high }],
        ],
        bias: NOTHING,
        epsilon: 0,
      },
    ],
  }
}
