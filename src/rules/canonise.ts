/**
 * Canonising: the same function in the form that relevance rules speak of, before any rule is applied.
 *
 * Batch normalisation outside training is a scale and a shift of each channel, and so are Caffe's Scale layers
 * and the Mul and Add that other programs write. Where one follows a linear layer, or stands before one that adds
 * no padding, it becomes part of that layer's weights and bias: otherwise the layer's rule would explain what
 * the layer never says to anybody, and the shift would be nobody's. A product with a constant matrix and the Add
 * behind it become one inner product with a bias. Zeros that a Pad puts around a picture become the padding of the
 * convolution behind it, which knows that they are no pixels.
 */

import { withDefaults } from '../graph/builder.ts'
import type { Node, NodeOf } from '../graph/operators.ts'
import { float32, type Graph, sizeOf, type Tensor, type TensorOf } from '../graph/types.ts'
import { verify } from '../graph/verify.ts'

/** y = scale · x + shift, one number a channel, or one for all. */
export interface Channelwise {
  readonly scale: Float64Array
  readonly shift: Float64Array
}

/**
 * The same function, with every scale and shift merged into a neighbouring linear layer where that is exact.
 * What is an output of the graph keeps its name and value.
 */
export function canonise(graph: Graph): Graph {
  let current = withInnerProducts(graph)
  for (;;) {
    const next = mergedOnce(current)
    if (!next) return withPaddingInside(current)
    current = next
  }
}

/** The scale and shift that batch normalisation makes. */
export function channelwise(
  node: NodeOf<'BatchNormalization'>,
  constantOf: (name: string) => Tensor | undefined,
): Channelwise {
  const [scale, shift, mean, variance] = node.inputs.slice(1).map((name) => {
    const tensor = constantOf(name)
    if (tensor?.type !== 'float32') {
      throw new Error(`node ${node.name} (BatchNormalization): its parameters must be constant`)
    }
    return tensor.data
  })
  const by = Float64Array.from(
    scale!,
    (value, k) => value / Math.sqrt(variance![k]! + node.attributes.epsilon),
  )
  return { scale: by, shift: by.map((value, k) => shift![k]! - value * mean![k]!) }
}

type Linear = NodeOf<'Conv'> | NodeOf<'Gemm'>

/** A graph in which one more scale and shift is merged; undefined where there is none left. */
function mergedOnce(graph: Graph): Graph | undefined {
  const readers = countReaders(graph)
  const maker = new Map(graph.nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)))
  for (const node of graph.nodes) {
    const found = affineOf(node, graph)
    if (!found) continue
    const fits = (
      layer: Node | undefined,
      channels: (layer: Linear, graph: Graph) => number,
    ): layer is Linear =>
      layer !== undefined &&
      isLinear(layer, graph) &&
      (found.along === undefined || found.along === layer.op) &&
      [1, channels(layer, graph)].includes(found.affine.scale.length)
    const before = maker.get(found.x)
    if (readers.get(found.x) === 1 && fits(before, channelsOf)) {
      return replaced(graph, before, node, behindLinear(graph, before, found.affine, node))
    }
    const [y] = node.outputs
    const behind = graph.nodes.find(({ inputs }) => inputs[0] === y)
    if (readers.get(y!) === 1 && fits(behind, inputChannelsOf) && isUnpadded(behind)) {
      return replaced(graph, node, behind, beforeLinear(graph, behind, found.affine, found.x))
    }
  }
  return undefined
}

/** What a node does to each channel of its input `x`, where it is a scale and a shift. */
export function affineOf(
  node: Node,
  graph: Graph,
): { x: string; affine: Channelwise; along?: Linear['op'] } | undefined {
  if (node.op === 'BatchNormalization') {
    if (node.inputs.slice(1).some((name) => graph.initializers.get(name)?.type !== 'float32'))
      return undefined
    const affine = channelwise(node, (name) => graph.initializers.get(name))
    return { x: node.inputs[0]!, affine }
  }
  if (node.op !== 'Mul' && node.op !== 'Div' && node.op !== 'Add' && node.op !== 'Sub') return undefined
  const [a, b] = node.inputs as [string, string]
  const swapped = graph.initializers.has(a)
  if (swapped && (node.op === 'Div' || node.op === 'Sub')) return undefined
  const constant = graph.initializers.get(swapped ? a : b)
  const vector = constant?.type === 'float32' ? channelVector(constant) : undefined
  if (!vector) return undefined
  const perChannel = Float64Array.from(vector.data)
  const zeros = new Float64Array(perChannel.length)
  const ones = new Float64Array(perChannel.length).fill(1)
  const affine: Channelwise = {
    Mul: { scale: perChannel, shift: zeros },
    Div: { scale: perChannel.map((value) => 1 / value), shift: zeros },
    Add: { scale: ones, shift: perChannel },
    Sub: { scale: ones, shift: perChannel.map((value) => -value) },
  }[node.op]
  return { x: swapped ? b : a, affine, along: vector.along }
}

/**
 * A constant with one number a channel, [c, 1, 1] or [1, c, 1, 1] beside a convolution, [c] or [1, c] beside Gemm;
 * or with one number, which fits beside both where it has no more dimensions than they.
 */
function channelVector({
  shape,
  data,
}: TensorOf<'float32'>): { data: Float32Array; along?: Linear['op'] } | undefined {
  if (data.length === 1)
    return shape.length > 4 ? undefined : { data, along: shape.length > 2 ? 'Conv' : undefined }
  const at = shape.findIndex((d) => d !== 1)
  if (shape.filter((d) => d !== 1).length !== 1) return undefined
  const behind = shape.length - at - 1
  if (behind === 2 && at <= 1) return { data, along: 'Conv' }
  return behind === 0 && at <= 1 ? { data, along: 'Gemm' } : undefined
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

/** The number of a channel, of a list that may have one for all. */
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

/** How many nodes and outputs read each value. */
function countReaders(graph: Graph): Map<string, number> {
  const counts = new Map<string, number>()
  const count = (name: string) => counts.set(name, (counts.get(name) ?? 0) + 1)
  for (const { inputs } of graph.nodes) for (const name of inputs) count(name)
  for (const { name } of graph.outputs) count(name)
  return counts
}

/** Products of vectors with a constant matrix as Gemm, so that what is added to them can become their bias. */
function withInnerProducts(graph: Graph): Graph {
  if (!graph.nodes.some(({ op }) => op === 'MatMul')) return graph
  const values = verify(graph)
  const nodes = graph.nodes.map((node): Node => {
    if (node.op !== 'MatMul' || graph.initializers.get(node.inputs[1]!)?.shape.length !== 2) return node
    if (values.get(node.inputs[0]!)?.shape.length !== 2) return node
    return { ...node, op: 'Gemm', attributes: withDefaults('Gemm', {}) }
  })
  return { ...graph, nodes }
}

/** Zeros around a picture as the padding of the convolution that reads it. */
function withPaddingInside(graph: Graph): Graph {
  const readers = countReaders(graph)
  const pads = new Map<string, Node>()
  for (const node of graph.nodes) {
    if (node.op === 'Pad' && readers.get(node.outputs[0]!) === 1 && zerosAround(node, graph)) {
      pads.set(node.outputs[0]!, node)
    }
  }
  const gone = new Set<Node>()
  const nodes = graph.nodes.map((node): Node => {
    const pad = node.op === 'Conv' ? pads.get(node.inputs[0]!) : undefined
    if (!pad || node.op !== 'Conv') return node
    gone.add(pad)
    const added = zerosAround(pad, graph)!
    const attributes = { ...node.attributes, pads: node.attributes.pads.map((by, k) => by + added[k]!) }
    return { ...node, inputs: [pad.inputs[0]!, ...node.inputs.slice(1)], attributes }
  })
  return { ...graph, nodes: nodes.filter((node) => !gone.has(node)) }
}

/** How many zeros a Pad puts before and behind a picture's rows and columns; undefined where it does something else. */
function zerosAround(node: Node, graph: Graph): number[] | undefined {
  if (node.op !== 'Pad' || node.attributes.mode !== 'constant' || node.inputs[3]) return undefined
  const value = node.inputs[2] ? graph.initializers.get(node.inputs[2])?.data[0] : 0
  const by = graph.initializers.get(node.inputs[1]!)?.data
  if (Number(value) !== 0 || by?.length !== 8) return undefined
  const numbers = Array.from(by as BigInt64Array, Number)
  if ([0, 1, 4, 5].some((k) => numbers[k] !== 0) || numbers.some((count) => count < 0)) return undefined
  return [numbers[2]!, numbers[3]!, numbers[6]!, numbers[7]!]
}
