/** Operators along axes: sums, means, softmax. */

import type { Importer, Rule } from '../importer.ts'
import { axisIn, type Held, heldSizes, isNumber, knownSizes, shapeOf, TO_PICTURE } from '../layout.ts'

/** Mean, sum or maximum over constant axes. */
export function reduction(op: 'ReduceMean' | 'ReduceSum' | 'ReduceMax'): Rule {
  return (importer, node) => {
    const given = importer.input(node, 0)
    const axes = importer.integers(node, 1, 'its axes')
    const keepdims = node.flag('keep_dims') || node.flag('keepdims') ? 1 : 0
    const x = keepdims ? given : withoutAxes(importer, given, axes)
    const along = axes.map((axis) => axisIn(x, axis))
    const value = importer.emit(
      node.name,
      op,
      [anyForm(importer, x), importer.vector(along, `${node.name}.axes`)],
      { keepdims },
    )
    return { form: keepdims && x.form === 'picture' ? 'picture' : 'written', value }
  }
}

/**
 * A value whose given axes can be removed so that the rest is in TensorFlow's order. A picture without height and
 * width, or without channels, is.
 */
export function withoutAxes(importer: Importer, x: Held, axes: readonly number[]): Held {
  if (x.form !== 'picture') return x
  const gone = axes.map((axis) => (axis + 4) % 4)
  const left = TO_PICTURE.filter((axis) => !gone.includes(axis))
  const inOrder = left.every((axis, k) => k === 0 || left[k - 1]! < axis)
  return inOrder ? x : { form: 'written', value: importer.written(x) }
}

/** A value in the order that it is held in. */
export function anyForm(importer: Importer, x: Held) {
  return x.form === 'picture' ? x.value : importer.written(x)
}

/** Softmax over the last of TensorFlow's axes. */
export function softmax(op: 'Softmax' | 'LogSoftmax'): Rule {
  return (importer, node) => {
    const x = importer.input(node, 0)
    const value = importer.emit(node.name, op, [anyForm(importer, x)], { axis: axisIn(x, -1) })
    return { form: x.form === 'picture' ? 'picture' : 'written', value }
  }
}

/** The index of the largest element; the first of several. */
export const argMax: Rule = (importer, node) => {
  const [axis] = importer.integers(node, 1, 'its axis')
  const x = withoutAxes(importer, importer.input(node, 0), [axis!])
  const found = importer.emit(`${node.name}/index`, 'ArgMax', [anyForm(importer, x)], {
    axis: axisIn(x, axis!),
    keepdims: 0,
  })
  return { form: 'written', value: importer.emit(node.name, 'Cast', [found], { to: 'int32' }) }
}

/** The product of known sizes. */
export const product: Rule = (importer, node) => {
  const sizes = knownSizes(importer.input(node, 0))
  const names = sizes?.filter((size) => !isNumber(size))
  if (!sizes || names!.length > 1 || shapeOf(importer.input(node, 0)).length !== 1) {
    throw new Error('a product is supported only for sizes')
  }
  const number = sizes.filter(isNumber).reduce((all, size) => all * size, 1)
  if (names!.length === 1 && number !== 1) {
    throw new Error(`it computes with the size ${names![0]}, which is not fixed`)
  }
  return heldSizes([names![0] ?? number], true)
}
