/** Operators that give the same elements another shape or order. */

import type { Dimension, Shape } from '../../../graph/types.ts'
import type { Rule } from '../importer.ts'
import {
  axisIn,
  type Held,
  heldSizes,
  isNumber,
  knownSizes,
  sameInBoth,
  shapeOf,
  symbolicCount,
  TO_PICTURE,
  TO_WRITTEN,
  transposed,
} from '../layout.ts'
import { anyForm, withoutAxes } from './reduce.ts'

/** The sizes of a value; what a graph computes from them is computed here. */
export const shape: Rule = (importer, node) => heldSizes(shapeOf(importer.input(node, 0)))

export const reshape: Rule = (importer, node) => {
  const x = importer.input(node, 0)
  const target = knownSizes(importer.input(node, 1))
  if (!target) throw new Error('its shape must be constant')
  const sizes = knownSizes(x)
  if (sizes && target.length <= 1) return heldSizes(sizes, target.length === 0)
  const from = shapeOf(x)
  const wanted = openBatch(from, target).map((size, k) => (isNumber(size) ? size : from[k] === size ? 0 : -1))
  if (x.form === 'constant' && !wanted.includes(-1)) {
    return { form: 'constant', tensor: { ...x.tensor, shape: wanted } }
  }
  const value = x.form === 'picture' && sameInBoth(x) ? x.value : importer.written(x)
  const to = importer.vector(wanted, `${node.name}.shape`)
  return { form: 'written', value: importer.emit(node.name, 'Reshape', [value, to]) }
}

/**
 * A shape written for one picture, opened to any number: where it starts with a 1 and the value starts with an open
 * batch, the batch stays if the rest has equally many elements on both sides.
 */
function openBatch(from: Shape, target: Shape): Shape {
  const [batch, ...rest] = from
  const [first, ...others] = target
  if (typeof batch !== 'string' || first !== 1) return target
  return others.includes(-1) || symbolicCount(rest) === symbolicCount(others) ? [batch, ...others] : target
}

/** Remove axes of size 1. */
export const squeeze: Rule = (importer, node) => {
  const x = importer.input(node, 0)
  const sizes = knownSizes(x)
  if (sizes) return heldSizes(sizes, sizes.length === 1)
  const from = shapeOf(x)
  const given = [...node.integers('squeeze_dims'), ...node.integers('axis')]
  const axes = given.length > 0 ? given : from.flatMap((size, axis) => (size === 1 ? [axis] : []))
  const ready = withoutAxes(importer, x, axes)
  const along = importer.vector(
    axes.map((axis) => axisIn(ready, axis)),
    `${node.name}.axes`,
  )
  return { form: 'written', value: importer.emit(node.name, 'Squeeze', [anyForm(importer, ready), along]) }
}

/** Add an axis of size 1. */
export const expandDims: Rule = (importer, node) => {
  const x = importer.input(node, 0)
  const [axis] = importer.integers(node, 1, 'its axis')
  const sizes = knownSizes(x)
  if (sizes && shapeOf(x).length === 0) return heldSizes(sizes)
  const along = importer.vector([axis!], `${node.name}.axes`)
  return { form: 'written', value: importer.emit(node.name, 'Unsqueeze', [importer.written(x), along]) }
}

/** Reorder axes. A transpose that only undoes a layout costs nothing. */
export const transpose: Rule = (importer, node) => {
  const x = importer.input(node, 0)
  const perm = importer.integers(node, 1, 'its order of axes')
  if (x.form === 'constant') return { form: 'constant', tensor: transposed(x.tensor, perm) }
  if (x.form === 'written' && perm.join() === TO_WRITTEN.join()) return { form: 'picture', value: x.value }
  if (x.form === 'picture' && perm.join() === TO_PICTURE.join()) return { form: 'written', value: x.value }
  const order = perm.map((axis) => axisIn(x, axis))
  return {
    form: 'written',
    value: importer.emit(node.name, 'Transpose', [anyForm(importer, x)], { perm: order }),
  }
}

/** Stack values of one shape along a new axis. */
export const pack: Rule = (importer, node) => {
  const inputs = importer.inputsOf(node)
  const axis = node.integer('axis') ?? 0
  const sizes = inputs.map(knownSizes)
  if (axis === 0 && inputs.every((one, k) => sizes[k] && shapeOf(one).length === 0)) {
    return heldSizes(sizes.flatMap((one) => one as Dimension[]))
  }
  const along = importer.vector([axis], `${node.name}.axes`)
  const parts = inputs.map((one, k) =>
    importer.emit(`${node.name}/${k}`, 'Unsqueeze', [importer.written(one), along]),
  )
  return { form: 'written', value: importer.emit(node.name, 'Concat', parts, { axis }) }
}

/** Split a value into its slices along an axis. */
export const unpack: Rule = (importer, node) => {
  const x = importer.input(node, 0)
  const axis = node.integer('axis') ?? 0
  const sizes = knownSizes(x)
  if (sizes && shapeOf(x).length === 1) return sizes.map((size) => heldSizes([size], true))
  const ready = withoutAxes(importer, x, [axis])
  const at = axisIn(ready, axis)
  const value = anyForm(importer, ready)
  const count = value.shape[at]!
  if (!isNumber(count)) throw new Error(`it splits the dimension ${count}, which is not fixed`)
  const ones = importer.vector(new Array(count).fill(1), `${node.name}.sizes`)
  const along = importer.vector([at], `${node.name}.axes`)
  return importer
    .emitMany(`${node.name}/parts`, 'Split', count, [value, ones], { axis: at })
    .map((part, k): Held => {
      const name = k === 0 ? node.name : `${node.name}.${k}`
      return { form: 'written', value: importer.emit(name, 'Squeeze', [part, along]) }
    })
}
