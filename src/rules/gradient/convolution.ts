import type { GraphBuilder, Value } from '../../graph/builder.ts'
import type { NodeOf } from '../../graph/operators.ts'
import { linearLayer } from '../linear.ts'
import type { BackwardRule } from '../walk.ts'

/** Conv: dx = Wᵀ·dy; dW correlates dy with the windows of x; db sums dy over batch and picture. */
export const convolutionGradient: BackwardRule<'Conv'> = ({ builder, node, inputs, wanted }, [dy]) => {
  const [x, weights] = inputs
  return [
    wanted[0] ? linearLayer(builder, node).transposed(dy!, weights!) : undefined,
    wanted[1] ? weightGradient(builder, node.attributes, x!, weights!, dy!) : undefined,
    wanted[2] ? builder.reduceSum(dy!, [0, 2, 3], false) : undefined,
  ]
}

/** ConvTranspose: the convolution that it is the transpose of, with dy in the place of x and x in that of dy. */
export const transposedConvolutionGradient: BackwardRule<'ConvTranspose'> = (
  { builder, node, inputs, wanted },
  [dy],
) => {
  const [x, weights] = inputs
  const { strides, pads, dilations, group } = node.attributes
  const attributes = { strides, pads, dilations, group }
  return [
    wanted[0] ? builder.op('Conv', [dy, weights], attributes) : undefined,
    wanted[1] ? weightGradient(builder, attributes, dy!, weights!, x!) : undefined,
    wanted[2] ? builder.reduceSum(dy!, [0, 2, 3], false) : undefined,
  ]
}

/**
 * dW as one large matrix product a group: the windows of x laid out as a matrix [kernel · channels,
 * batch · outputs], times dy as [batch · outputs, filters]. Channels come before the batch in both, so that no
 * large matrix is transposed. Reaches two thirds to nine tenths of the matrix rate; batched products per picture,
 * or a dilated convolution, reach a third.
 */
function weightGradient(
  g: GraphBuilder,
  { strides, pads, dilations, group }: NodeOf<'Conv'>['attributes'],
  x: Value,
  weights: Value,
  dy: Value,
): Value {
  // Channels and filters of one group.
  const [allFilters, channels, height, width] = weights.shape as number[]
  const filters = allFilters! / group
  const [outHeight, outWidth] = dy.shape.slice(2) as number[]
  const [top, left, bottom, right] = pads as [number, number, number, number]
  const channelsFirst = g.transpose(x, [1, 0, 2, 3])
  const padded = pads.some((p) => p > 0)
    ? g.pad(channelsFirst, [0, 0, top, left], [0, 0, bottom, right])
    : channelsFirst
  const windows: Value[] = []
  for (let row = 0; row < height!; row++) {
    for (let column = 0; column < width!; column++) {
      const range = (start: number, count: number, stride: number) =>
        [start, start + (count - 1) * stride + 1, stride] as const
      const window = g.slice(padded, {
        2: range(row * dilations[0]!, outHeight!, strides[0]!),
        3: range(column * dilations[1]!, outWidth!, strides[1]!),
      })
      windows.push(g.reshape(window, [group, channels!, -1]))
    }
  }
  const rows = g.reshape(g.transpose(dy, [0, 2, 3, 1]), [-1, group, filters])
  const outputs = group === 1 ? g.reshape(rows, [1, -1, filters]) : g.transpose(rows, [1, 0, 2])
  const product = g.matmul(g.concat(windows, 1), outputs)
  const parts = g.reshape(product, [group, height!, width!, channels!, filters])
  return g.reshape(g.transpose(parts, [0, 4, 3, 1, 2]), [allFilters!, channels!, height!, width!])
}
