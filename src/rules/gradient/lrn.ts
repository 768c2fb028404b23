import { GraphBuilder, type Value } from '../../graph/builder.ts'
import type { NodeOf } from '../../graph/operators.ts'
import type { Graph } from '../../graph/types.ts'
import type { BackwardRule } from '../walk.ts'

/** What LRN divides its input by, and the factor that it multiplies it by: s and s^−β. */
interface Scale {
  readonly s: Value
  readonly power: Value
}

/** The scale of each LRN that is written out, by the name of its output. */
export type Scales = ReadonlyMap<string, Scale>

/**
 * A graph with every LRN written out as y = x · s^−β, because the gradient needs s and s^−β too. It is also several
 * times faster: ONNX Runtime's own LRN computes a general power for each element, on one core.
 *
 * Needs: a well-formed graph. Leaves: no LRN; outputs keep their names.
 */
export function withLrnScales(graph: Graph): { builder: GraphBuilder; scales: Scales } {
  const scales = new Map<string, Scale>()
  if (!graph.nodes.some(({ op }) => op === 'LRN')) return { builder: GraphBuilder.from(graph), scales }
  const builder = GraphBuilder.from({ ...graph, nodes: [], outputs: [] })
  builder.reserve(graph.nodes.flatMap(({ name, outputs }) => [name, ...outputs]))
  for (const node of graph.nodes) {
    if (node.op !== 'LRN') {
      builder.append(node)
      continue
    }
    const x = builder.value(node.inputs[0]!)
    const scale = builder.scope(node.name, () => scaleOf(builder, node, x))
    scales.set(node.outputs[0]!, scale)
    builder.append({ ...node, op: 'Mul', inputs: [x.name, scale.power.name], attributes: {} })
  }
  for (const { name } of graph.outputs) builder.output(name, builder.value(name))
  return { builder, scales }
}

/**
 * LRN across channels: y = x · s^−β with s = k + α/n · Σ x² over n neighbouring channels, so
 * dx = dy · s^−β − 2αβ/n · x · Σ dy · y / s, the second sum over the channels in whose windows x lies.
 *
 * @param scales of LRNs that are written out; the others' are computed again
 */
export function lrnGradient(scales: Scales = new Map()): BackwardRule<'LRN'> {
  return ({ builder: g, node, inputs, outputs }, [dy]) => {
    const { size, alpha, beta } = node.attributes
    const [x, y] = [inputs[0]!, outputs[0]!]
    const { s, power } = scales.get(y.name) ?? scaleOf(g, node, x)
    const [before, after] = neighbours(size)
    const shared = meanOverChannels(g, g.div(g.mul(dy!, y), s), size, after, before)
    return [g.sub(g.mul(dy!, power), g.mul(g.mul(x, shared), g.scalar(2 * alpha * beta)))]
  }
}

/** How many channels an LRN window takes in before its own, and how many after. */
function neighbours(size: number): [before: number, after: number] {
  return [Math.floor((size - 1) / 2), Math.ceil((size - 1) / 2)]
}

function scaleOf(g: GraphBuilder, { attributes }: NodeOf<'LRN'>, x: Value): Scale {
  const { size, alpha, beta, bias } = attributes
  const squares = meanOverChannels(g, g.mul(x, x), size, ...neighbours(size))
  const s = g.add(g.mul(squares, g.scalar(alpha)), g.scalar(bias))
  return { s, power: toMinusBeta(g, s, beta) }
}

/** 1/n · Σ over a window of n channels: average pooling of the channel axis, the only window ONNX has for it. */
export function meanOverChannels(
  g: GraphBuilder,
  x: Value,
  size: number,
  before: number,
  after: number,
): Value {
  const [, channels, height, width] = x.shape as number[]
  const lines = g.reshape(x, [0, 1, channels!, -1])
  const means = g.op('AveragePool', [lines], {
    kernel_shape: [size, 1],
    pads: [before, 0, after, 0],
    count_include_pad: 1,
  })
  return g.reshape(means, [0, channels!, height!, width!])
}

/** s^−β. */
export function toMinusBeta(g: GraphBuilder, s: Value, beta: number): Value {
  // The usual 0.75 takes two square roots, which are vectorised: a general power is ten times slower.
  if (beta === 0.75) {
    const root = g.op('Sqrt', [s])
    return g.div(g.scalar(1), g.mul(root, g.op('Sqrt', [root])))
  }
  return g.op('Pow', [s, g.scalar(-beta)])
}
