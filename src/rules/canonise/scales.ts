import type { Node, NodeOf } from '../../graph/operators.ts'
import type { Pass } from '../../graph/pass.ts'
import { float32, type Graph, sizeOf, type TensorOf } from '../../graph/types.ts'
import { verify } from '../../graph/verify.ts'
import { wiringOf } from '../../graph/wiring.ts'
import { activationsOf } from '../activations.ts'
import { affineOf, type Channelwise } from './channelwise.ts'

type Linear = NodeOf<'Conv'> | NodeOf<'Gemm'>

/**
 * Every scale and shift merged into a neighbouring linear layer where that is exact: into the layer before it, or else,
 * if `behind`, into the one after it where that adds no padding.
 *
 * Needs: a well-formed graph, with inner products as Gemm. Leaves: scales and shifts only where neither neighbour can
 * take them: the value between has another reader, the neighbour is not a linear layer with constant weights, or it
 * adds padding after a shift; and where they are part of an activation that is spelt out. Layers and outputs keep their
 * names; merged weights get names of their own.
 */
export const withScalesMerged =
  (behind: boolean): Pass =>
  (graph) => {
    // Remaining values keep their shapes.
    const values = verify(graph)
    const shapeOf = (name: string) => values.get(name)!.shape
    const spelt = activationsOf(graph, shapeOf).flatMap(({ last, inner }) => [last, ...inner])
    const stays = new Set(spelt)
    const isFree = (node: Node, x: string) =>
      !stays.has(node.name) && shapeOf(x).join() === shapeOf(node.outputs[0]!).join()
    let current = graph
    for (;;) {
      const next = mergedOnce(current, isFree, behind)
      if (!next) return current
      current = next
    }
  }

/**
 * A graph with one more scale and shift merged; undefined where none is left.
 *
 * @param isFree whether a node may be removed: its output has the shape of this input, which is not repeated, and it is
 *   not part of an activation
 * @param intoNext whether it may be merged into the layer after it
 */
function mergedOnce(
  graph: Graph,
  isFree: (node: Node, x: string) => boolean,
  intoNext: boolean,
): Graph | undefined {
  const { makerOf, soleReaderOf } = wiringOf(graph)
  for (const node of graph.nodes) {
    const found = affineOf(node, graph)
    if (!found || !isFree(node, found.x)) continue
    const fits = (
      layer: Node | undefined,
      channels: (layer: Linear, graph: Graph) => number,
    ): layer is Linear =>
      layer !== undefined &&
      isLinear(layer, graph) &&
      (found.along === undefined || found.along === layer.op) &&
      [1, channels(layer, graph)].includes(found.affine.scale.length)
    const before = makerOf(found.x)
    if (soleReaderOf(found.x) === node && fits(before, channelsOf)) {
      return replaced(graph, before, node, behindLinear(graph, before, found.affine, node))
    }
    if (!intoNext) continue
    const y = node.outputs[0]!
    const behind = soleReaderOf(y)
    if (behind?.inputs[0] === y && fits(behind, inputChannelsOf) && isUnpadded(behind)) {
      return replaced(graph, node, behind, beforeLinear(graph, behind, found.affine, found.x))
    }
  }
  return undefined
}

function isLinear(node: Node, graph: Graph): node is Linear {
  if (node.op !== 'Conv' && node.op !== 'Gemm') return false
  if (
    node.op === 'Gemm' &&
    (node.attributes.alpha !== 1 || node.attributes.beta !== 1 || node.attributes.transA)
  ) {
    return false
  }
  return node.inputs.slice(1).every((name) => name === '' || graph.initializers.get(name)?.type === 'float32')
}

function weightsOf(node: Linear, graph: Graph): TensorOf<'float32'> {
  return graph.initializers.get(node.inputs[1]!) as TensorOf<'float32'>
}

function channelsOf(node: Linear, graph: Graph): number {
  const { shape } = weightsOf(node, graph)
  return node.op === 'Conv' || node.attributes.transB ? shape[0]! : shape[1]!
}

function inputChannelsOf(node: Linear, graph: Graph): number {
  const { shape } = weightsOf(node, graph)
  if (node.op === 'Conv') return shape[1]! * node.attributes.group
  return node.attributes.transB ? shape[1]! : shape[0]!
}

// With padding, the zeros around the picture would have to be shifted as well: not the same function.
function isUnpadded(node: Linear): boolean {
  return node.op === 'Gemm' || node.attributes.pads.every((pad) => pad === 0)
}

/** The number of a channel, from a list that may have a single one for all. */
function at(perChannel: Float64Array, channel: number): number {
  return perChannel[perChannel.length === 1 ? 0 : channel]!
}

/** affine(W·x + b) as one layer. */
function behindLinear(graph: Graph, node: Linear, { scale, shift }: Channelwise, last: Node): Merged {
  const { shape, data } = weightsOf(node, graph)
  const filters = channelsOf(node, graph)
  const rows = node.op === 'Conv' || node.attributes.transB
  const perFilter = data.length / filters
  const weights = data.map((w, k) => w * at(scale, rows ? Math.floor(k / perFilter) : k % filters))
  const bias = biasOf(node, graph, filters).map((b, k) => b * at(scale, k) + at(shift, k))
  return { weights: float32(shape, weights), bias, x: node.inputs[0]!, node, output: last.outputs[0]! }
}

/** W·affine(x) + b as one layer. */
function beforeLinear(graph: Graph, node: Linear, { scale, shift }: Channelwise, x: string): Merged {
  const { shape, data } = weightsOf(node, graph)
  const filters = channelsOf(node, graph)
  const bias = biasOf(node, graph, filters)
  const area = sizeOf(shape.slice(2))
  const weights = data.map((w, k) => {
    const [filter, channel] = placeOf(Math.floor(k / area), node, shape, filters)
    bias[filter]! += w * at(shift, channel)
    return w * at(scale, channel)
  })
  return {
    weights: float32(shape, weights),
    bias,
    x,
    node,
    output: node.outputs[0]!,
  }
}

/** Which filter and which channel of the input a weight belongs to; `k` counts the first two dimensions. */
function placeOf(k: number, node: Linear, shape: readonly number[], filters: number): [number, number] {
  const [row, column] = [Math.floor(k / shape[1]!), k % shape[1]!]
  if (node.op === 'Gemm') return node.attributes.transB ? [row, column] : [column, row]
  return [row, Math.floor((row * node.attributes.group) / filters) * shape[1]! + column]
}

interface Merged {
  readonly weights: TensorOf<'float32'>
  readonly bias: Float64Array
  readonly x: string
  readonly node: Linear
  readonly output: string
}

function biasOf(node: Linear, graph: Graph, filters: number): Float64Array {
  const tensor = graph.initializers.get(node.inputs[2] ?? '')
  if (!tensor) return new Float64Array(filters)
  const data = tensor.data as Float32Array
  return Float64Array.from({ length: filters }, (_, k) => data[data.length === 1 ? 0 : k]!)
}

/** The graph with two neighbours replaced by one linear layer, which keeps the name of the linear one. */
function replaced(graph: Graph, first: Node, second: Node, merged: Merged): Graph {
  const { node } = merged
  const initializers = new Map(graph.initializers)
  const label = (base: string) => {
    let name = `${base}.merged`
    while (initializers.has(name)) name += '+'
    return name
  }
  const weights = label(node.inputs[1]!)
  initializers.set(weights, merged.weights)
  const bias = label(node.inputs[2] || `${node.name}.bias`)
  initializers.set(bias, float32([merged.bias.length], Float32Array.from(merged.bias)))
  const layer = { ...node, inputs: [merged.x, weights, bias], outputs: [merged.output] } as Node
  const nodes = graph.nodes.flatMap((other) => (other === first ? [] : other === second ? [layer] : [other]))
  return { ...graph, initializers, nodes }
}
