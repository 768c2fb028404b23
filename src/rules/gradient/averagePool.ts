import type { BackwardRule } from '../walk.ts'
import { type Matrix, transposedAlong } from './alongAxis.ts'
import { sizesOf } from './constants.ts'

/**
 * AveragePool: every window shares its dy equally. The mean over a window is a mean over its rows of means over its
 * columns, so it is a matrix along each axis.
 */
export const averagePoolGradient: BackwardRule<'AveragePool'> = ({ builder: g, node, inputs }, [dy]) => {
  const { kernel_shape, strides, pads, count_include_pad } = node.attributes
  let dx = dy!
  kernel_shape.forEach((kernel, k) => {
    const axis = k + 2
    const matrix = means({
      size: sizesOf(inputs[0]!, [axis], node)[0]!,
      outputs: sizesOf(dy!, [axis], node)[0]!,
      kernel,
      stride: strides[k]!,
      before: pads[k]!,
      after: pads[k + kernel_shape.length]!,
      countPadding: count_include_pad !== 0,
    })
    dx = transposedAlong(g, dx, axis, matrix)
  })
  return [dx]
}

/**
 * The means of windows on a line. ONNX Runtime divides by the positions of the window that lie on the line, or,
 * counting the padding, on the padded line: positions beyond its end, where sizes are rounded up, never count.
 */
function means(window: {
  size: number
  outputs: number
  kernel: number
  stride: number
  before: number
  after: number
  countPadding: boolean
}): Matrix {
  const { size, outputs, kernel, stride, before, after, countPadding } = window
  return Array.from({ length: outputs }, (_, output) => {
    const start = output * stride - before
    const end = Math.min(start + kernel, size + after)
    const [first, last] = [Math.max(start, 0), Math.min(end, size)]
    const count = countPadding ? end - start : last - first
    return Array.from({ length: size }, (_, k) => (k >= first && k < last ? 1 / count : 0))
  })
}
