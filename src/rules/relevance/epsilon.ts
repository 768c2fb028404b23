import { type Amount, shown } from './parameters.ts'
import { ALL, type LinearRule } from './rule.ts'

/**
 * The ε rule: R_i = Σ_j x_i w_ij / (z_j + ε · sign z_j) · R_j, with z_j including the bias and sign 0 = +1.
 * With ε = 0 it is the rule `simple`, or z.
 *
 * Bach et al. 2015, *On Pixel-Wise Explanations for Non-Linear Classifier Decisions by LRP*, eq. 58;
 * Lapuschkin et al. 2017, eq. 5, with ε = 0.01.
 */
export function epsilonRule(epsilon: Amount): LinearRule {
  return {
    name: `epsilon(${shown(epsilon)})`,
    terms: [{ coefficient: 1, pairs: [[ALL, ALL]], bias: ALL, epsilon }],
  }
}
