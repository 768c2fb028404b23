import type { Node } from '../../graph/operators.ts'
import type { Graph } from '../../graph/types.ts'

/** Optional inputs that are left out at the end, without the empty names that stand for them. */
export function dropOmitted(graph: Graph): Graph {
  const nodes = graph.nodes.map((node) => {
    const count = node.inputs.findLastIndex((name) => name !== '') + 1
    return count < node.inputs.length ? ({ ...node, inputs: node.inputs.slice(0, count) } as Node) : node
  })
  return { ...graph, nodes }
}
