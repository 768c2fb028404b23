/**
 * Arithmetic on dimensions: what shape inference needs to know about sizes, apart from any operator.
 *
 * A dimension is a number or a name (`batch`). A product that contains names is itself a name that spells it out
 * (`batch*64`), so that a reshape and its inverse cancel.
 */

import type { Dimension, Shape } from './types.ts'

/** A dimension that must be a number. */
export function fixed(dimension: Dimension): number {
  if (typeof dimension === 'string') throw new Error(`dimension ${dimension} must be a number here`)
  return dimension
}

/** Two dimensions that must agree; `what` says which, for the message. */
export function same(a: Dimension | undefined, b: Dimension | undefined, what: string): void {
  if (a === undefined || b === undefined)
    throw new Error(`${what} are missing: the shape has too few dimensions`)
  if (a !== b) throw new Error(`${what} differ: ${a} and ${b}`)
}

/** An axis that may be negative (counted from the end), counted from the start. */
export function axisOf(axis: number, rank: number): number {
  if (axis < -rank || axis >= rank) throw new Error(`axis ${axis} is outside a shape of ${rank} dimensions`)
  return axis < 0 ? axis + rank : axis
}

/** Numpy's broadcasting of two shapes. */
export function broadcast(a: Shape, b: Shape): Shape {
  const length = Math.max(a.length, b.length)
  return Array.from({ length }, (_, k) => {
    const left = a[a.length - length + k] ?? 1
    const right = b[b.length - length + k] ?? 1
    if (left !== right && left !== 1 && right !== 1) {
      throw new Error(`[${a.join(', ')}] and [${b.join(', ')}] do not match`)
    }
    return left === 1 ? right : left
  })
}

/** The product of dimensions; if it contains names, a name that spells it out (`batch*64`). */
export function product(shape: Shape): Dimension {
  const { number, names } = factors(shape)
  if (!names.length) return number
  return number === 1 ? names.join('*') : [...names, number].join('*')
}

/** The sum of two dimensions, where it is a number or a name; a name is greater than 0. */
export function sum(a: Dimension, b: Dimension): Dimension | undefined {
  if (typeof a === 'number' && typeof b === 'number') return a + b
  if (a === 0) return b
  return b === 0 ? a : undefined
}

/** A dimension divided by another, rounded towards zero as ONNX does for integers, where that is a number or a name. */
export function quotient(a: Dimension, b: Dimension): Dimension | undefined {
  if (typeof a === 'number' && typeof b === 'number') return Math.trunc(a / b)
  const [above, below] = [factors([a]), factors([b])]
  for (const name of below.names) {
    const at = above.names.indexOf(name)
    if (at < 0) return undefined
    above.names.splice(at, 1)
  }
  const number = above.number / below.number
  return Number.isInteger(number) ? product([...above.names, number]) : undefined
}

/** Whether two dimensions are equal, as 1 or 0; undefined where that depends on what a name stands for. */
export function equal(a: Dimension, b: Dimension): Dimension | undefined {
  if (a === b) return 1
  if (typeof a === 'number' && typeof b === 'number') return 0
  return [a, b].some((d) => typeof d === 'number' && d <= 0) ? 0 : undefined
}

/** The product of the numbers in some dimensions, and the names in them, including those inside spelt-out products. */
function factors(shape: Shape): { number: number; names: string[] } {
  let number = 1
  const names: string[] = []
  for (const factor of shape.flatMap((d) => String(d).split('*'))) {
    if (/^-?\d+$/.test(factor)) number *= Number(factor)
    else names.push(factor)
  }
  return { number, names }
}

/** The shape after ONNX's Reshape: in `target`, 0 keeps a dimension and −1 is inferred. */
export function reshaped(from: Shape, target: Shape): Shape {
  const shape = target.map((d, k) => (d === 0 ? from[k]! : d))
  const hole = shape.indexOf(-1)
  if (hole < 0) {
    same(product(from), product(shape), 'numbers of elements')
    return shape
  }
  // Named dimensions cancel where they stand on both sides.
  const left = factors(from)
  const rest = factors(shape.filter((_, k) => k !== hole))
  for (const name of rest.names) {
    const at = left.names.indexOf(name)
    if (at < 0) throw new Error(`dimension ${name} of the new shape is not in [${from.join(', ')}]`)
    left.names.splice(at, 1)
  }
  const factor = left.number / rest.number
  if (!Number.isInteger(factor))
    throw new Error(`[${from.join(', ')}] cannot be reshaped to [${target.join(', ')}]`)
  shape[hole] = product([...left.names, factor])
  return shape
}

/**
 * A Reshape target that gives this shape whatever its names stand for: 0 for a name that stays in place, −1 for one
 * other. Undefined where two names would need the −1.
 */
export function reshapeTarget(from: Shape, to: Shape): number[] | undefined {
  const target = to.map((d, k) => (typeof d === 'number' ? d : d === from[k] ? 0 : -1))
  return target.filter((d) => d === -1).length > 1 ? undefined : target
}

/** The wanted size; but a named dimension keeps its name, whatever is wanted. */
export function kept(wanted: Dimension, dimension: Dimension): Dimension {
  return typeof dimension === 'string' ? dimension : wanted
}

/** The length that a dilated kernel covers. */
export function span(kernel: number, dilation: number): number {
  return (kernel - 1) * dilation + 1
}

/**
 * Outputs of a window that slides over a padded line. Rounding up (Caffe's pooling) adds a last window that reaches
 * beyond the end, unless it would start in the padding after the line.
 */
export function outputSize(
  size: number,
  kernel: number,
  stride: number,
  padding: number,
  ceil: number,
  before = 0,
): number {
  const steps = (size + padding - kernel) / stride
  if (steps < 0)
    throw new Error(`a kernel of ${kernel} does not fit an input of ${size} with padding ${padding}`)
  const count = (ceil ? Math.ceil(steps) : Math.floor(steps)) + 1
  return ceil && (count - 1) * stride >= size + before ? count - 1 : count
}

/** ONNX's numbering of a slice: negative positions count from the end, and all are clamped to the axis. */
export function sliced(size: number, start: number, end: number, step: number): number {
  const clamp = (position: number, low: number, high: number) =>
    Math.min(Math.max(position < 0 ? position + size : position, low), high)
  const from = step > 0 ? clamp(start, 0, size) : clamp(start, 0, size - 1)
  const to = step > 0 ? clamp(end, 0, size) : clamp(end, -1, size - 1)
  return Math.max(0, Math.ceil((to - from) / step))
}
