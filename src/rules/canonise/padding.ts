import type { Node } from '../../graph/operators.ts'
import type { Pass } from '../../graph/pass.ts'
import type { Graph } from '../../graph/types.ts'
import { wiringOf } from '../../graph/wiring.ts'

/**
 * Zeros around a picture as the padding of the convolution that reads it.
 *
 * Needs: a well-formed graph, scales and shifts already merged, because none can be merged into a layer that pads.
 * Leaves: no Pad of zeros that only a convolution reads.
 */
export const withPaddingInside: Pass = (graph) => {
  const { makerOf, soleReaderOf } = wiringOf(graph)
  const gone = new Set<Node>()
  const nodes = graph.nodes.map((node): Node => {
    if (node.op !== 'Conv') return node
    const [x, ...others] = node.inputs
    const pad = makerOf(x!)
    const zeros = pad && soleReaderOf(x!) === node ? zerosAround(pad, graph) : undefined
    if (!pad || !zeros) return node
    gone.add(pad)
    const pads = node.attributes.pads.map((by, k) => by + zeros[k]!)
    return { ...node, inputs: [pad.inputs[0]!, ...others], attributes: { ...node.attributes, pads } }
  })
  return { ...graph, nodes: nodes.filter((node) => !gone.has(node)) }
}

/** How many zeros a Pad puts before and after a picture's rows and columns; undefined where it does something else. */
function zerosAround(node: Node, graph: Graph): number[] | undefined {
  if (node.op !== 'Pad' || node.attributes.mode !== 'constant' || node.inputs[3]) return undefined
  const value = node.inputs[2] ? graph.initializers.get(node.inputs[2])?.data[0] : 0
  const by = graph.initializers.get(node.inputs[1]!)?.data
  if (Number(value) !== 0 || by?.length !== 8) return undefined
  const numbers = Array.from(by as BigInt64Array, Number)
  if ([0, 1, 4, 5].some((k) => numbers[k] !== 0) || numbers.some((count) => count < 0)) return undefined
  return [numbers[2]!, numbers[3]!, numbers[6]!, numbers[7]!]
}
