import type { GraphBuilder, Value } from '../../graph/builder.ts'
import type { NodeOf } from '../../graph/operators.ts'
import { sizeOf } from '../../graph/types.ts'
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

/** ConvTranspose: the convolution that it is the transpose of, with dy and x swapped. */
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
 * The most memory that the windows of a part of a batch may take, so that everything else fits too. Products of this
 * size are as fast as larger ones.
 */
const WINDOW_BYTES = 64 * 2 ** 20

/**
 * dW as one large matrix product for each group: the windows of x laid out as a matrix [kernel · channels, batch ·
 * outputs], times dy as [batch · outputs, filters]. Channels come before the batch in both, so that no large matrix is
 * transposed. This reaches two thirds to nine tenths of the speed of a plain matrix product; batched products per
 * picture, or a dilated convolution, reach a third. Where the windows of a whole batch are large, dW is the sum over
 * parts of the batch.
 */
function weightGradient(
  g: GraphBuilder,
  attributes: NodeOf<'Conv'>['attributes'],
  x: Value,
  weights: Value,
  dy: Value,
): Value {
  const { group } = attributes
  const [filters, channels, height, width] = weights.shape as [number, number, number, number]
  const picture = (value: Value) => sizeOf(value.shape.slice(1) as number[])
  const windowBytes = 4 * group * channels * height * width * (picture(dy) / filters)
  const batch = x.shape[0]!
  const atOnce = Math.max(1, Math.floor(WINDOW_BYTES / windowBytes))
  const products: Value[] = []
  if (typeof batch === 'number' && batch > atOnce) {
    for (let from = 0; from < batch; from += atOnce) {
      const part = { 0: [from, Math.min(from + atOnce, batch)] } as const
      products.push(windowProduct(g, attributes, g.slice(x, part), weights, g.slice(dy, part)))
    }
  } else {
    products.push(windowProduct(g, attributes, x, weights, dy))
  }
  const parts = g.reshape(g.sum(products), [group, height, width, channels, filters / group])
  return g.reshape(g.transpose(parts, [0, 4, 3, 1, 2]), [filters, channels, height, width])
}

/** The windows of x times dy: [group, kernel · channels, filters of a group]. */
function windowProduct(
  g: GraphBuilder,
  { strides, pads, dilations, group }: NodeOf<'Conv'>['attributes'],
  x: Value,
  weights: Value,
  dy: Value,
): Value {
  const [allFilters, channels, height, width] = weights.shape as [number, number, number, number]
  const filters = allFilters / group
  const [outHeight, outWidth] = dy.shape.slice(2) as [number, number]
  const [top, left, bottom, right] = pads as [number, number, number, number]
  const channelsFirst = g.transpose(x, [1, 0, 2, 3])
  const padded = pads.some((p) => p > 0)
    ? g.pad(channelsFirst, [0, 0, top, left], [0, 0, bottom, right])
    : channelsFirst
  const windows: Value[] = []
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const range = (start: number, count: number, stride: number) =>
        [start, start + (count - 1) * stride + 1, stride] as const
      const window = g.slice(padded, {
        2: range(row * dilations[0]!, outHeight, strides[0]!),
        3: range(column * dilations[1]!, outWidth, strides[1]!),
      })
      windows.push(g.reshape(window, [group, channels, -1]))
    }
  }
  const rows = g.reshape(g.transpose(dy, [0, 2, 3, 1]), [-1, group, filters])
  const outputs = group === 1 ? g.reshape(rows, [1, -1, filters]) : g.transpose(rows, [1, 0, 2])
  return g.matmul(g.concat(windows, 1), outputs)
}
