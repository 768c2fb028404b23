import { withDefaults } from '../../graph/builder.ts'
import type { Node } from '../../graph/operators.ts'
import type { Pass } from '../../graph/pass.ts'
import { verify } from '../../graph/verify.ts'

/**
 * Products of vectors with a constant matrix as Gemm, so that a constant added to them can become their bias.
 *
 * Needs: a well-formed graph. Leaves: MatMul only for values with other numbers of dimensions, or for two computed
 * values.
 */
export const withInnerProducts: Pass = (graph) => {
  if (!graph.nodes.some(({ op }) => op === 'MatMul')) return graph
  const values = verify(graph)
  const nodes = graph.nodes.map((node): Node => {
    if (node.op !== 'MatMul' || graph.initializers.get(node.inputs[1]!)?.shape.length !== 2) return node
    if (values.get(node.inputs[0]!)?.shape.length !== 2) return node
    return { ...node, op: 'Gemm', attributes: withDefaults('Gemm', {}) }
  })
  return { ...graph, nodes }
}
