import type { Graph } from '../../graph/types.ts'
import { withLrnScales } from '../../rules/gradient/lrn.ts'

/** LRN as the gradient writes it: an average over the channels, a power and a product. */
export function lowerLrn(graph: Graph): Graph {
  return withLrnScales(graph).builder.graph()
}
