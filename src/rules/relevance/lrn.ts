import { meanOverChannels } from '../gradient/lrn.ts'
import type { BackwardRule } from '../walk.ts'
import { stabilised } from './stabilise.ts'

/**
 * LRN by first-order Taylor expansion: R_i = x_i · Σ_j ∂y_j/∂x_i · R_j / z_j with z_j = Σ_i x_i · ∂y_j/∂x_i, so
 * that neighbouring channels, which damp y_j, get shares of the other sign, and nothing is lost.
 *
 * With s = k + α/n · Σ x², z_j = y_j · (1 − 2β (s − k) / s).
 *
 * Binder et al. 2016, *Layer-Wise Relevance Propagation for Neural Networks with Local Renormalization Layers*,
 * section 3.
 *
 * @param gradient the derivative of LRN
 */
export function lrnTaylor(gradient: BackwardRule<'LRN'>): BackwardRule<'LRN'> {
  return (visit, [arrived]) => {
    const { builder: g, node, inputs, outputs } = visit
    const { size, alpha, beta, bias } = node.attributes
    const x = inputs[0]!
    const before = Math.floor((size - 1) / 2)
    const mean = meanOverChannels(g, g.mul(x, x), size, before, size - 1 - before)
    const added = g.mul(mean, g.scalar(alpha))
    const damping = g.mul(g.div(added, g.add(added, g.scalar(bias))), g.scalar(2 * beta))
    const z = g.mul(outputs[0]!, g.sub(g.scalar(1), damping))
    const [returned] = gradient(visit, [g.div(arrived!, stabilised(g, z, 0))])
    return [g.mul(x, returned!)]
  }
}
