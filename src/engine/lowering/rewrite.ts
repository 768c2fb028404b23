import { GraphBuilder, type Value } from '../../graph/builder.ts'
import { withoutUnread } from '../../graph/fold.ts'
import type { Node, NodeOf, Operator } from '../../graph/operators.ts'
import type { Graph } from '../../graph/types.ts'

/** Adds the nodes that replace one, and gives their output; undefined where the node has to stay. */
export type Replacement<O extends Operator> = (g: GraphBuilder, node: NodeOf<O>) => Value | undefined

/** A graph in which the nodes of one operator are replaced, without nodes that are no longer read. */
export function rewrite<O extends Operator>(graph: Graph, op: O, replace: Replacement<O>): Graph {
  if (!graph.nodes.some((node) => node.op === op)) return graph
  const g = GraphBuilder.from({ ...graph, nodes: [], outputs: [] })
  g.reserve(graph.nodes.flatMap(({ name, outputs }) => [name, ...outputs]))
  const renamed = new Map<string, string>()
  const current = (name: string) => renamed.get(name) ?? name
  for (const node of graph.nodes) {
    const moved = { ...node, inputs: node.inputs.map(current) } as Node
    const value = node.op === op ? g.scope(node.name, () => replace(g, moved as NodeOf<O>)) : undefined
    if (value) renamed.set(node.outputs[0]!, value.name)
    else g.append(moved)
  }
  for (const { name } of graph.outputs) g.output(name, g.value(current(name)))
  return withoutUnread(g.graph())
}
