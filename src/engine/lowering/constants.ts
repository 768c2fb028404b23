import { compute, isComputed } from '../../graph/compute.ts'
import { withoutUnread } from '../../graph/fold.ts'
import type { Pass } from '../../graph/pass.ts'

/** A graph in which whatever follows from constants is a constant. */
export const computeConstants: Pass = (graph) => {
  const constants = new Map(graph.initializers)
  for (const name of graph.replaceable ?? []) constants.delete(name)
  const results = new Set(graph.outputs.map(({ name }) => name))
  const made = new Map(graph.initializers)
  const nodes = graph.nodes.filter(({ op, inputs, outputs, attributes }) => {
    const [name, ...others] = outputs
    const isConstant = inputs.every((input) => input === '' || constants.has(input))
    if (!isConstant || others.length > 0 || results.has(name!) || !isComputed(op)) return true
    const tensor = compute(
      op,
      inputs.map((input) => constants.get(input)),
      attributes as unknown as Record<string, unknown>,
    )
    constants.set(name!, tensor)
    made.set(name!, tensor)
    return false
  })
  return withoutUnread({ ...graph, nodes, initializers: made })
}
