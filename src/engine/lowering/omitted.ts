import type { Node } from '../../graph/operators.ts'
import type { Graph } from '../../graph/types.ts'

/** Drop the empty names that stand for omitted optional inputs at the end. */
export function dropOmitted(graph: Graph): Graph {
  const nodes = graph.nodes.map((node) => {
    const count = node.inputs.findLastIndex((name) => name !== '') + 1
    return count < node.inputs.length ? ({ ...node, inputs: node.inputs.slice(0, count) } as Node) : node
  })
  return { ...graph, nodes }
}
