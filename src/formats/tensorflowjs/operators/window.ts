/** Windows that slide over a picture: where TensorFlow pads, and its pooling. */

import type { Rule } from '../importer.ts'
import { shapeOf } from '../layout.ts'
import type { TensorFlowNode } from '../model.ts'

/** A window in ONNX's terms. */
export interface WindowAttributes {
  readonly strides: readonly number[]
  readonly dilations: readonly number[]
  /** Rows before, columns before, rows after, columns after. */
  readonly pads: readonly number[]
}

/**
 * The window of a convolution or pooling.
 *
 * TensorFlow's SAME gives ⌈size / stride⌉ outputs; where the padding for this is odd, the end gets the larger half.
 *
 * @param picture the picture's height and width
 * @param kernel the kernel's height and width
 * @throws Error for a window over the batch or the channels
 */
export function windowOf(
  node: TensorFlowNode,
  picture: readonly number[],
  kernel: readonly number[],
): WindowAttributes {
  const strides = spatial(node, 'strides')
  const dilations = spatial(node, 'dilations')
  const padding = node.text('padding')
  if (padding === 'EXPLICIT') {
    const given = node.integers('explicit_paddings')
    if (given.length !== 8) throw new Error('its explicit padding needs eight numbers')
    return { strides, dilations, pads: [given[2]!, given[4]!, given[3]!, given[5]!] }
  }
  if (padding !== 'SAME' && padding !== 'VALID') throw new Error(`the padding ${padding} is unknown`)
  const total = picture.map((size, k) => {
    if (padding === 'VALID') return 0
    const reach = (kernel[k]! - 1) * dilations[k]! + 1
    return Math.max(0, (Math.ceil(size / strides[k]!) - 1) * strides[k]! + reach - size)
  })
  const before = total.map((pad) => Math.floor(pad / 2))
  return { strides, dilations, pads: [...before, ...total.map((pad, k) => pad - before[k]!)] }
}

/** The two middle numbers of four: those for height and width. */
function spatial(node: TensorFlowNode, attribute: string): readonly number[] {
  const given = node.integers(attribute)
  if (given.length === 0 && attribute === 'dilations') return [1, 1]
  if (given.length !== 4 || given[0] !== 1 || given[3] !== 1) {
    throw new Error(`its ${attribute} [${given.join(', ')}] do not describe a window over height and width`)
  }
  return given.slice(1, 3)
}

/** The height and width of a picture, which a layer must know. */
export function heightAndWidth(shape: readonly (number | string)[]): number[] {
  const [, height, width] = shape
  if (shape.length !== 4 || typeof height !== 'number' || typeof width !== 'number') {
    throw new Error(`it needs a picture of known height and width, not [${shape.join(', ')}]`)
  }
  return [height, width]
}

/** The largest element of each window; padding never is. */
export const maxPool: Rule = (importer, node) => {
  const x = importer.input(node, 0)
  const kernel_shape = spatial(node, 'ksize')
  const { strides, pads } = windowOf(node, heightAndWidth(shapeOf(x)), kernel_shape)
  const value = importer.emit(node.name, 'MaxPool', [importer.picture(x)], { kernel_shape, strides, pads })
  return { form: 'picture', value }
}

/** The mean of each window, over those of its elements that lie in the picture. */
export const averagePool: Rule = (importer, node) => {
  const x = importer.input(node, 0)
  const kernel_shape = spatial(node, 'ksize')
  const { strides, pads } = windowOf(node, heightAndWidth(shapeOf(x)), kernel_shape)
  const value = importer.emit(node.name, 'AveragePool', [importer.picture(x)], {
    kernel_shape,
    strides,
    pads,
    count_include_pad: 0,
  })
  return { form: 'picture', value }
}
