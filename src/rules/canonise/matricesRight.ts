import { GraphBuilder, type Value } from '../../graph/builder.ts'
import { compute } from '../../graph/compute.ts'
import type { Node } from '../../graph/operators.ts'
import type { Pass } from '../../graph/pass.ts'
import { lastTwoSwapped, matrixTransposed } from '../transposed.ts'

/**
 * Move constant matrices to the right of what they multiply, where a linear layer has its weights: W·x = (xᵀ·Wᵀ)ᵀ.
 *
 * Needs: a well-formed graph. Leaves: no MatMul with a constant on its left alone.
 */
export const withMatricesRight: Pass = (graph) => {
  const isLeft = (node: Node) =>
    node.op === 'MatMul' &&
    graph.initializers.has(node.inputs[0]!) &&
    !graph.initializers.has(node.inputs[1]!)
  if (!graph.nodes.some(isLeft)) return graph
  const g = GraphBuilder.from({ ...graph, nodes: [], outputs: [] })
  g.reserve(graph.nodes.flatMap(({ name, outputs }) => [name, ...outputs]))
  const weightsTransposed = (weights: Value) => {
    const perm = lastTwoSwapped(weights.shape)
    const tensor = g.constantOf(weights)!
    return g.derived(`${weights.name}.transposed`, () => compute('Transpose', [tensor], { perm }))
  }
  for (const node of graph.nodes) {
    if (!isLeft(node)) {
      g.append(node)
      continue
    }
    const [weights, x] = node.inputs.map((name) => g.value(name)) as [Value, Value]
    const sides = [matrixTransposed(g, x), weightsTransposed(weights)]
    const product = `${node.name}.transposed`
    g.append({ ...node, inputs: sides.map(({ name }) => name), outputs: [product] } as Node)
    const perm = lastTwoSwapped(g.value(product).shape)
    g.append({
      op: 'Transpose',
      name: product,
      inputs: [product],
      outputs: node.outputs,
      attributes: { perm },
    })
  }
  for (const { name } of graph.outputs) g.output(name, g.value(name))
  return g.graph()
}
