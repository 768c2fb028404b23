import type { Graph } from '../../graph/types.ts'
import { rewrite } from './rewrite.ts'

/**
 * Replace Dropout, which does nothing outside training, by its input. One whose mask is read, or that may train, stays.
 */
export function lowerDropout(graph: Graph): Graph {
  return rewrite(graph, 'Dropout', (g, { inputs, outputs }) => {
    const trains = inputs[2] ? g.constantOf(g.value(inputs[2]))?.data[0] !== 0 : false
    return trains || outputs.length > 1 ? undefined : g.op('Identity', [g.value(inputs[0]!)])
  })
}
