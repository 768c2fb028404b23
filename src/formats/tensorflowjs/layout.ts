/**
 * The two orders of a picture's axes. TensorFlow writes [batch, height, width, channels]; ONNX computes on
 * [batch, channels, height, width].
 *
 * Each value is kept in the order in which it was computed, with a note of that order, and is transposed only where a
 * reader needs the other one. So a convolution after a convolution reads it directly, and no Transpose is ever made
 * that another one would undo.
 */

import type { Value } from '../../graph/builder.ts'
import { compute } from '../../graph/compute.ts'
import { type Dimension, type Shape, sizeOf, type Tensor } from '../../graph/types.ts'

/** A TensorFlow value, in the form in which it is held. */
export type Held =
  /** As TensorFlow writes it. */
  | { readonly form: 'written'; readonly value: Value }
  /** Four axes, with the channels second. */
  | { readonly form: 'picture'; readonly value: Value }
  /** Known elements, as TensorFlow writes them. */
  | { readonly form: 'constant'; readonly tensor: Tensor }
  /** Integers that were read off a shape, some of them known by name only (`batch`). */
  | { readonly form: 'sizes'; readonly sizes: Shape; readonly scalar: boolean }

/** For each axis of the picture's order, TensorFlow's axis. */
export const TO_PICTURE = [0, 3, 1, 2] as const
/** For each axis of TensorFlow's order, the picture's axis. */
export const TO_WRITTEN = [0, 2, 3, 1] as const

/** The shape that TensorFlow gives a value. */
export function shapeOf(held: Held): Shape {
  switch (held.form) {
    case 'written':
      return held.value.shape
    case 'picture':
      return TO_WRITTEN.map((axis) => held.value.shape[axis]!)
    case 'constant':
      return held.tensor.shape
    case 'sizes':
      return held.scalar ? [] : [held.sizes.length]
  }
}

/** TensorFlow's axis as an axis of the value in the order in which it is held; negative ones count from the end. */
export function axisIn(held: Held, axis: number): number {
  const rank = shapeOf(held).length
  const positive = axis < 0 ? axis + rank : axis
  if (positive < 0 || positive >= rank) throw new Error(`axis ${axis} is outside ${rank} dimensions`)
  return held.form === 'picture' ? TO_WRITTEN[positive]! : positive
}

/** Whether a value has the same elements in the same order in both layouts: one channel, or one pixel. */
export function sameInBoth(held: Held): boolean {
  const [, height, width, channels] = shapeOf(held)
  return channels === 1 || (height === 1 && width === 1)
}

/** The integers of a value, where they are known before the graph runs. */
export function knownSizes(held: Held): Shape | undefined {
  if (held.form === 'sizes') return held.sizes
  if (held.form !== 'constant' || held.tensor.type !== 'int32') return undefined
  return Array.from(held.tensor.data)
}

/** Known integers as a value. */
export function heldSizes(sizes: Shape, scalar = false): Held {
  if (!sizes.every((size) => typeof size === 'number')) return { form: 'sizes', sizes, scalar }
  const shape = scalar ? [] : [sizes.length]
  return { form: 'constant', tensor: { type: 'int32', shape, data: Int32Array.from(sizes as number[]) } }
}

/** A constant that meets a picture, in the picture's order: channels first, without leading axes that it lacked. */
export function pictureConstant(tensor: Tensor): Tensor {
  if (sizeOf(tensor.shape) === 1 && tensor.shape.length < 4) return { ...tensor, shape: [] }
  const shape = [...[1, 1, 1, 1].slice(tensor.shape.length), ...tensor.shape]
  const turned = transposed({ ...tensor, shape }, TO_PICTURE)
  return tensor.shape.length === 4 ? turned : { ...turned, shape: turned.shape.slice(1) }
}

/** A constant with its axes in another order: axis k of the result is axis `order[k]`. */
export function transposed<T extends Tensor>(tensor: T, order: readonly number[]): T {
  return compute('Transpose', [tensor], { perm: order }) as T
}

/** The product of the dimensions that are numbers, and the names of the others. */
export function symbolicCount(shape: Shape): string {
  const names = shape.filter((dimension): dimension is string => typeof dimension === 'string')
  const number = shape.reduce<number>((product, d) => product * (typeof d === 'number' ? d : 1), 1)
  return [...names.sort(), number].join('*')
}

/** Whether a dimension is known. */
export function isNumber(dimension: Dimension): dimension is number {
  return typeof dimension === 'number'
}
