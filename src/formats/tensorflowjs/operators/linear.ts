/** Convolutions and inner products, with what directly follows them: scale, bias and activation. */

import type { Value } from '../../../graph/builder.ts'
import { float32, sizeOf, type TensorOf } from '../../../graph/types.ts'
import type { Importer, Rule } from '../importer.ts'
import { type Held, shapeOf, transposed } from '../layout.ts'
import type { TensorFlowNode } from '../model.ts'
import { activate } from './activation.ts'
import { heightAndWidth, windowOf } from './window.ts'

/** Weights [height, width, in, out]. */
export const convolution: Rule = (importer, node) => {
  const weights = weightsOf(importer, node, 4)
  const [height, width, , filters] = weights.shape
  return convolve(importer, node, [height!, width!], 1, filters!, transposed(weights, [3, 2, 0, 1]))
}

/** Weights [height, width, in, times]: each channel has its own `times` filters. */
export const depthwiseConvolution: Rule = (importer, node) => {
  const weights = weightsOf(importer, node, 4)
  const [height, width, channels, times] = weights.shape
  const filters = channels! * times!
  const perChannel = { ...transposed(weights, [2, 3, 0, 1]), shape: [filters, 1, height!, width!] }
  return convolve(importer, node, [height!, width!], channels!, filters, perChannel)
}

function convolve(
  importer: Importer,
  node: TensorFlowNode,
  kernel: readonly number[],
  group: number,
  filters: number,
  unscaled: TensorOf<'float32'>,
): Held {
  const x = importer.input(node, 0)
  const layer = layerAfter(importer, node, filters)
  const weights = timesScale(unscaled, layer.scale, sizeOf(unscaled.shape) / filters)
  const value = importer.emit(
    node.name,
    'Conv',
    [importer.picture(x), importer.constant(weights, `${node.name}.weight`), layer.bias],
    { ...windowOf(node, heightAndWidth(shapeOf(x)), kernel), group },
  )
  return layer.finish({ form: 'picture', value })
}

/** Weights [in, out], or [out, in] where `transpose_b` says so. Without constant weights it is a plain product. */
export const innerProduct: Rule = (importer, node) => {
  const [a, b] = [importer.input(node, 0), importer.input(node, 1)]
  const transA = node.flag('transpose_a')
  const transB = node.flag('transpose_b') ? 1 : 0
  const rows = importer.written(a)
  const x = transA ? importer.emit(`${node.name}/transposed`, 'Transpose', [rows], { perm: [1, 0] }) : rows
  if (b.form !== 'constant') {
    const value = importer.emit(node.name, 'Gemm', [x, importer.written(b)], { transB })
    return layerAfter(importer, node, undefined).finish({ form: 'written', value })
  }
  const unscaled = weightsOf(importer, node, 2)
  const [inputs, outputs] = transB ? [...unscaled.shape].reverse() : unscaled.shape
  const layer = layerAfter(importer, node, outputs!)
  const weights = timesScale(unscaled, layer.scale, transB ? inputs! : 1)
  const value = importer.emit(
    node.name,
    'Gemm',
    [x, importer.constant(weights, `${node.name}.weight`), layer.bias],
    { transB },
  )
  return layer.finish({ form: 'written', value })
}

/** Weights times the scale of their output; each output has `run` consecutive weights, repeatedly. */
function timesScale(
  { shape, data }: TensorOf<'float32'>,
  scale: Float64Array,
  run: number,
): TensorOf<'float32'> {
  const result = float32(shape)
  let k = 0
  while (k < data.length) {
    for (const factor of scale) for (let end = k + run; k < end; k++) result.data[k] = data[k]! * factor
  }
  return result
}

function weightsOf(importer: Importer, node: TensorFlowNode, axes: number): TensorOf<'float32'> {
  const weights = importer.constantInput(node, 1, 'its weights')
  if (weights.type !== 'float32') throw new Error(`its weights are ${weights.type}, not float32`)
  if (weights.shape.length !== axes || weights.data.length === 0)
    throw new Error(`its weights have the shape [${weights.shape.join(', ')}], not one of ${axes} axes`)
  return weights
}

/** What follows a linear layer and becomes part of it. */
interface Layer {
  /** A factor for the weights of each output. */
  readonly scale: Float64Array
  readonly bias: Value | undefined
  /** Apply the activation, and make it the result of the absorbed nodes. */
  finish(output: Held): Held
}

/**
 * The bias and activation that are fused into a node, and the multiplications and additions of one constant for each
 * channel that come right after it: what is left of a batch normalisation, or a bias in a node of its own. They are one
 * layer for a relevance rule, so they are one node here.
 *
 * @param outputs channels of the layer; undefined where its weights are not constant and so cannot be scaled
 */
function layerAfter(importer: Importer, node: TensorFlowNode, outputs: number | undefined): Layer {
  const fused = node.texts('fused_ops')
  const hasBias = fused[0] === 'BiasAdd'
  const activation = hasBias ? fused[1] : fused[0]
  if (fused.length > (hasBias ? 2 : 1))
    throw new Error(`the fused operations ${fused.join(', ')} are not supported`)
  const slope = activation === 'Prelu' ? importer.input(node, hasBias ? 3 : 2) : undefined
  // A constant with more dimensions would add dimensions to the result.
  const rank = ['MatMul', '_FusedMatMul'].includes(node.op) ? 2 : 4
  const absorbed: TensorFlowNode[] = []
  const scale = new Float64Array(outputs ?? 0).fill(1)
  const shift = new Float64Array(outputs ?? 0)
  if (hasBias) {
    const bias = perChannel(importer.input(node, 2), outputs)
    if (!bias) throw new Error('its bias must be one constant for each of its outputs')
    shift.set(bias)
  }
  if (!activation && outputs !== undefined) {
    for (let last = node; ; last = absorbed.at(-1)!) {
      const next = importer.onlyReader(last)
      if (!next || !['BiasAdd', 'Add', 'AddV2', 'Mul'].includes(next.op)) break
      const other = importer.earlier(next, next.inputs[0]!.node === last.name ? 1 : 0)
      const numbers = other && shapeOf(other).length <= rank ? perChannel(other, outputs) : undefined
      if (!numbers) break
      for (let k = 0; k < outputs; k++) {
        if (next.op === 'Mul') {
          scale[k]! *= numbers[k]!
          shift[k]! *= numbers[k]!
        } else shift[k]! += numbers[k]!
      }
      absorbed.push(next)
    }
  }
  const biased = hasBias || absorbed.some(({ op }) => op !== 'Mul')
  return {
    scale,
    bias: biased ? importer.constant(float32([outputs!], [...shift]), `${node.name}.bias`) : undefined,
    finish(output) {
      const result = activation ? activate(importer, node, activation, output, slope) : output
      for (const other of absorbed) importer.setResult(other, result)
      return result
    },
  }
}

/** One number for each channel; undefined where a value is something else. */
function perChannel(held: Held, channels: number | undefined): Float32Array | undefined {
  if (held.form !== 'constant' || held.tensor.type !== 'float32' || channels === undefined) return undefined
  const { shape, data } = held.tensor
  if (data.length === 1) return new Float32Array(channels).fill(data[0]!)
  return data.length === channels && shape.at(-1) === channels ? data : undefined
}
