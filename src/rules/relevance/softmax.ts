import type { BackwardRule } from '../walk.ts'

/**
 * Softmax inside a network, y = softmax(x), by its first-order Taylor expansion at x: the gradient times the input,
 *
 *   R_i = x_i (R_i − y_i Σ_j R_j), with the R on the right those of y.
 *
 * It need not conserve: what is constant in the expansion keeps the rest. A score of −∞, which a mask leaves of a
 * token that must not be seen, gets nothing.
 *
 * Achtibat et al. 2024, *AttnLRP: Attention-Aware Layer-Wise Relevance Propagation for Transformers*, eq. 12.
 */
export const softmaxTaylor: BackwardRule<'Softmax'> = ({ builder: g, node, inputs, outputs }, [arrived]) => {
  const [x, y] = [inputs[0]!, outputs[0]!]
  const sum = g.reduceSum(arrived!, [node.attributes.axis], true)
  const relevance = g.mul(x, g.sub(arrived!, g.mul(y, sum)))
  return [g.op('Where', [g.op('Equal', [y, g.scalar(0)]), g.scalar(0), relevance])]
}
