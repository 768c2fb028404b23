/** Scales and shifts of channels, in all the forms that graphs write them in. */

import type { Node, NodeOf } from '../../graph/operators.ts'
import type { Graph, Tensor, TensorOf } from '../../graph/types.ts'

/** y = scale · x + shift, with one number for each channel, or one for all. */
export interface Channelwise {
  readonly scale: Float64Array
  readonly shift: Float64Array
}

/** The layer beside which a constant means one number for each channel. */
type Along = 'Conv' | 'Gemm'

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

/**
 * What a node does to each channel of its input `x`, where it is a scale and a shift; `along` is the layer beside which
 * that holds, where it holds beside one only. The constant may have more channels than `x`, which is then repeated.
 */
export function affineOf(
  node: Node,
  graph: Graph,
): { x: string; affine: Channelwise; along?: Along } | undefined {
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
 * A constant with one number for each channel: [c, 1, 1] or [1, c, 1, 1] beside a convolution, [c] or [1, c] beside
 * Gemm; or with a single number, which fits beside both where it has no more dimensions than they do.
 */
function channelVector({
  shape,
  data,
}: TensorOf<'float32'>): { data: Float32Array; along?: Along } | undefined {
  if (data.length === 1)
    return shape.length > 4 ? undefined : { data, along: shape.length > 2 ? 'Conv' : undefined }
  const at = shape.findIndex((d) => d !== 1)
  if (shape.filter((d) => d !== 1).length !== 1) return undefined
  const behind = shape.length - at - 1
  if (behind === 2 && at <= 1) return { data, along: 'Conv' }
  return behind === 0 && at <= 1 ? { data, along: 'Gemm' } : undefined
}
