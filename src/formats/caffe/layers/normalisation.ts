/** LRN, BatchNorm, and the layers that follow it: Scale and Bias. */

import type { Value } from '../../../graph/builder.ts'
import { float32, type TensorOf } from '../../../graph/types.ts'
import { only, pictures, refuse, sizeAt, type Translation, type Visit } from './translation.ts'

/** Caffe divides alpha by the number of channels summed, as ONNX does. */
export const lrn: Translation = (visit) => {
  const { g, layer } = visit
  const p = layer.parameters.message('lrn_param')
  if (
    p.choice('norm_region', ['ACROSS_CHANNELS', 'WITHIN_CHANNEL'], 'ACROSS_CHANNELS') === 'WITHIN_CHANNEL'
  ) {
    throw refuse(
      layer,
      'norm_region: WITHIN_CHANNEL is not supported',
      'Only ACROSS_CHANNELS is, because ONNX has no operator for the other',
    )
  }
  const size = p.integer('local_size', 1, 5)
  if (size % 2 === 0) throw refuse(layer, `local_size must be odd, not ${size}`)
  const attributes = {
    size,
    alpha: p.number('alpha', 1),
    beta: p.number('beta', 0.75),
    bias: p.number('k', 1),
  }
  return [g.op('LRN', [pictures(visit)], attributes, layer.name)]
}

/** Its blobs are the sums of means and of variances, and a third one that holds their divisor. */
export const batchNorm: Translation = (visit) => {
  const { g, layer } = visit
  const p = layer.parameters.message('batch_norm_param')
  if (!p.flag('use_global_stats', true)) {
    throw refuse(
      layer,
      'with use_global_stats: false, the answer for one picture depends on the others of its batch',
      'Set use_global_stats: true',
    )
  }
  const x = only(visit)
  const channels = sizeAt(x, 1)
  const [means, variances, total] = visit.weights(
    { name: 'mean', shape: [channels] },
    { name: 'variance', shape: [channels] },
    { name: 'scale factor', shape: [1] },
  )
  // As in Caffe, a count of zero means a mean of zero.
  const factor = total!.data[0] === 0 ? 0 : 1 / total!.data[0]!
  const named = (name: string, data: Float32Array) =>
    g.constant(float32([channels], data), `${layer.name}.${name}`)
  const inputs = [
    x,
    named('scale', new Float32Array(channels).fill(1)),
    named('bias', new Float32Array(channels)),
    named(
      'mean',
      means!.data.map((sum) => sum * factor),
    ),
    named(
      'variance',
      variances!.data.map((sum) => sum * factor),
    ),
  ]
  return [g.op('BatchNormalization', inputs, { epsilon: p.number('eps', 1e-5) }, layer.name)]
}

/** x · weight, plus bias where `bias_term` is set. The weight is learnt, or a second bottom. */
export const scale: Translation = (visit) => {
  const { g, layer, bottoms } = visit
  const p = layer.parameters.message('scale_param')
  const [x, by] = oneOrTwo(visit)
  const axis = p.integer('axis', Number.NEGATIVE_INFINITY, 1)
  const axes = p.integer('num_axes', -1, 1)
  const shape = by ? undefined : shapeFrom(visit, x, axis, axes)
  const wanted = shape ? [{ name: 'weight', shape }] : []
  const biased = p.flag('bias_term', false)
  if (biased) wanted.push({ name: 'bias', shape: shape ?? fixedShape(visit, bottoms[1]!) })
  const tensors = wanted.length > 0 ? visit.weights(...wanted) : []
  const weight = by ? alignedValue(visit, x, by, axis) : aligned(visit, x, tensors[0]!, axis, 'weight')
  if (!biased) return [g.op('Mul', [x, weight], {}, layer.name)]
  const scaled = g.scope(layer.name, () => g.op('Mul', [x, weight], {}, 'scaled'))
  return [g.op('Add', [scaled, aligned(visit, x, tensors.at(-1)!, axis, 'bias')], {}, layer.name)]
}

/** x + bias. The bias is learnt, or a second bottom. */
export const bias: Translation = (visit) => {
  const { g, layer } = visit
  const p = layer.parameters.message('bias_param')
  const [x, by] = oneOrTwo(visit)
  const axis = p.integer('axis', Number.NEGATIVE_INFINITY, 1)
  if (by) return [g.op('Add', [x, alignedValue(visit, x, by, axis)], {}, layer.name)]
  const [tensor] = visit.weights({
    name: 'bias',
    shape: shapeFrom(visit, x, axis, p.integer('num_axes', -1, 1)),
  })
  return [g.op('Add', [x, aligned(visit, x, tensor!, axis, 'bias')], {}, layer.name)]
}

function oneOrTwo({ layer, bottoms }: Visit): [Value, Value | undefined] {
  if (bottoms.length !== 1 && bottoms.length !== 2) {
    throw refuse(layer, `it reads ${bottoms.length} blobs, not one or two`)
  }
  return [bottoms[0]!, bottoms[1]]
}

/** The shape of a learnt weight: `axes` dimensions of x (−1: all) from `axis` on. */
function shapeFrom({ layer }: Visit, x: Value, axis: number, axes: number): number[] {
  const from = axis < 0 ? axis + x.shape.length : axis
  if (from === 0 && axes !== 0) throw refuse(layer, 'it works along axis 0, the pictures of a batch')
  return x.shape.slice(from, axes < 0 ? undefined : from + axes).map(Number)
}

function fixedShape({ layer }: Visit, { shape }: Value): number[] {
  if (shape.every((d) => typeof d === 'number')) return [...shape]
  throw refuse(layer, `bias_term beside a second blob of [${shape.join(', ')}] is not supported`)
}

/** A constant whose dimensions lie along those of x from `axis` on: trailing ones align it for ONNX. */
function aligned(
  { g, layer }: Visit,
  x: Value,
  tensor: TensorOf<'float32'>,
  axis: number,
  name: string,
): Value {
  const ones = onesBehind(x, tensor.shape.length, axis)
  return g.constant({ ...tensor, shape: [...tensor.shape, ...ones] }, `${layer.name}.${name}`)
}

/** The same for a value. */
function alignedValue({ g, layer }: Visit, x: Value, by: Value, axis: number): Value {
  const from = axis < 0 ? axis + x.shape.length : axis
  const wanted = x.shape.slice(from, from + by.shape.length)
  if (wanted.join() !== by.shape.join()) {
    throw refuse(
      layer,
      `its second blob, [${by.shape.join(', ')}], does not fit [${x.shape.join(', ')}] from axis ${axis} on`,
    )
  }
  const ones = onesBehind(x, by.shape.length, axis)
  if (ones.length === 0) return by
  const axes = ones.map((_, k) => by.shape.length + k)
  return g.scope(layer.name, () => g.op('Unsqueeze', [by, g.integers(axes, 'axes')], {}, 'aligned'))
}

function onesBehind(x: Value, rank: number, axis: number): number[] {
  const from = axis < 0 ? axis + x.shape.length : axis
  return Array(Math.max(0, x.shape.length - from - rank)).fill(1)
}
