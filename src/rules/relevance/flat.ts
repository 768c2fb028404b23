import type { Value } from '../../graph/builder.ts'
import type { NodeOf } from '../../graph/operators.ts'
import { float32, sizeOf } from '../../graph/types.ts'
import { linearRelevance } from './linear.ts'
import type { LinearRule, LinearVisit, Passed } from './rule.ts'
import { wSquareRule } from './wSquare.ts'

/**
 * The flat rule: R_j is shared equally among the inputs in its field that lie in the image, over all channels.
 * Inputs in the padding get nothing, so nothing is lost there unless a whole field lies in the padding.
 *
 * Bach et al. 2016, *Controlling Explanatory Heatmap Resolution and Semantics via Decomposition Depth*;
 * Lapuschkin et al. 2017 use it on the lowest layers, to give the maps of all networks a comparable grain.
 */
export const flatRule: LinearRule = {
  name: 'flat',
  apply: (visit) => {
    if (visit.node.op === 'Conv') return flatConvolution(visit, visit.node as NodeOf<'Conv'>)
    if (visit.node.op === 'ConvTranspose') return flatTransposed(visit)
    return { relevance: flatInner(visit), bias: [], epsilon: [], padding: [] }
  },
}

/** For a transposed convolution: the rule w² with weights that are all one. */
function flatTransposed(visit: LinearVisit): Passed {
  const shape = visit.weights.shape as number[]
  const ones = visit.builder.constant(float32(shape, new Float32Array(sizeOf(shape)).fill(1)), 'ones')
  return linearRelevance(wSquareRule, { ...visit, weights: ones })
}

// All channels of a group share equally, so one channel of each group is computed and then repeated.
function flatConvolution(
  { builder: g, x, weights, relevance }: LinearVisit,
  { attributes }: NodeOf<'Conv'>,
): Passed {
  const { strides, pads, dilations, group } = attributes
  const [, channels, height, width] = x.shape as number[]
  const [filters, perGroup, ...kernel] = weights.shape as number[]
  const [outHeight, outWidth] = relevance.shape.slice(2) as number[]
  const fields = [height!, width!].map((size, k) =>
    pixelsInField(size, [outHeight!, outWidth!][k]!, kernel[k]!, strides[k]!, dilations[k]!, pads[k]!),
  )
  const counts = fields[0]!.flatMap((rows) => fields[1]!.map((columns) => rows * columns * perGroup!))
  const perGroupSums = g.reduceSum(
    g.reshape(relevance, [0, group, filters! / group, outHeight! * outWidth!]),
    [2],
    false,
  )
  const sums = g.reshape(perGroupSums, [0, group, outHeight!, outWidth!])
  const each = (values: readonly number[], label: string) =>
    g.constant(float32([1, 1, outHeight!, outWidth!], values), label)
  const shares = g.mul(
    sums,
    each(
      counts.map((count) => (count === 0 ? 0 : 1 / count)),
      'shares',
    ),
  )
  const ones = g.constant(
    float32([group, 1, ...kernel], new Float32Array(group * kernel[0]! * kernel[1]!).fill(1)),
    'ones',
  )
  const rest = [height!, width!].map((size, k) => {
    const outputs = [outHeight!, outWidth!][k]!
    return (
      size - ((outputs - 1) * strides[k]! + (kernel[k]! - 1) * dilations[k]! + 1 - pads[k]! - pads[k + 2]!)
    )
  })
  const spread = g.op('ConvTranspose', [shares, ones], {
    strides,
    pads,
    dilations,
    group,
    output_padding: rest,
  })
  const repeated = g.mul(
    g.reshape(spread, [0, group, 1, height! * width!]),
    g.constant(float32([1, 1, perGroup!, 1], new Float32Array(perGroup!).fill(1)), 'channels'),
  )
  const outside = () =>
    g.mul(
      relevance,
      each(
        counts.map((count) => (count === 0 ? 1 : 0)),
        'outside',
      ),
    )
  return {
    relevance: g.reshape(repeated, [0, channels!, height!, width!]),
    bias: [],
    epsilon: [],
    padding: counts.includes(0) ? [outside] : [],
  }
}

/** For each output along one axis, how many inputs of its field lie in the image. */
function pixelsInField(
  size: number,
  outputs: number,
  kernel: number,
  stride: number,
  dilation: number,
  before: number,
): number[] {
  return Array.from({ length: outputs }, (_, output) => {
    const inside = Array.from({ length: kernel }, (_, k) => output * stride + k * dilation - before)
    return inside.filter((position) => position >= 0 && position < size).length
  })
}

function flatInner({ builder: g, x, relevance }: LinearVisit): Value {
  const inputs = Number(x.shape.at(-1))
  const sums = g.reduceSum(relevance, [-1], true)
  return g.mul(sums, g.constant(float32([1, inputs], new Float32Array(inputs).fill(1 / inputs)), 'shares'))
}
