import type { Graph } from '../../graph/types.ts'
import { rewrite } from './rewrite.ts'

/** Sum as one addition after another, in the order in which the CPU adds, for the same bits. */
export function lowerSum(graph: Graph): Graph {
  return rewrite(graph, 'Sum', (g, { inputs }) => {
    const [first, ...rest] = inputs.map((name) => g.value(name))
    return rest.reduce((sum, value) => g.add(sum, value), first!)
  })
}
