import type { Graph } from '../../graph/types.ts'
import type { BackwardRule } from '../walk.ts'

/**
 * Softmax inside a network, y = softmax(x), by its first-order Taylor expansion at x: the gradient times the input,
 *
 *   R_i = x_i (R_i − y_i Σ_j R_j), with the R on the right those of y.
 *
 * It need not conserve: the constant of the expansion keeps the rest. A score of −∞, which a mask gives a hidden token,
 * gets nothing.
 *
 * Achtibat et al. 2024, *AttnLRP: Attention-Aware Layer-Wise Relevance Propagation for Transformers*, eq. 12.
 */
export function softmaxTaylor(graph: Graph): BackwardRule<'Softmax'> {
  const masked = hasInfinity(graph)
  return ({ builder: g, node, inputs, outputs }, [arrived]) => {
    const [x, y] = [inputs[0]!, outputs[0]!]
    const sum = g.reduceSum(arrived!, [node.attributes.axis], true)
    const relevance = g.mul(x, g.sub(arrived!, g.mul(y, sum)))
    // −∞ times the 0 that arrives there would be NaN.
    return [masked ? g.op('Where', [g.op('Equal', [y, g.scalar(0)]), g.scalar(0), relevance]) : relevance]
  }
}

/** Whether a mask of a graph may hold −∞: a constant that is added to a value or replaces its elements. */
function hasInfinity({ nodes, initializers }: Graph): boolean {
  const constants = nodes.flatMap(({ op, inputs }) => (MASKING.includes(op) ? inputs : []))
  return constants.some((name) => {
    const tensor = initializers.get(name)
    return tensor?.type === 'float32' && tensor.data.includes(Number.NEGATIVE_INFINITY)
  })
}

const MASKING: readonly string[] = ['Add', 'Sub', 'Where', 'Mul']
