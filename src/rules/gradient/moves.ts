/**
 * The derivatives of operators that only move elements: what arrives moves back, elements that were taken twice get the
 * sum, and elements that were left out get nothing.
 */

import type { GraphBuilder, Value } from '../../graph/builder.ts'
import type { BackwardRule } from '../walk.ts'
import { transposedAlong } from './alongAxis.ts'
import { fromFront, numbersOf, refusal, sizesOf } from './constants.ts'
import { unbroadcast } from './unbroadcast.ts'

/** Transpose: the axes go back to where they were. */
export const transposeGradient: BackwardRule<'Transpose'> = ({ builder, node }, [dy]) => {
  const { perm } = node.attributes
  return [
    builder.transpose(
      dy!,
      perm.map((_, axis) => perm.indexOf(axis)),
    ),
  ]
}

/** Expand: the sum over what was repeated. */
export const expandGradient: BackwardRule<'Expand'> = ({ builder, inputs, outputs }, [dy]) => [
  unbroadcast(builder, dy!, outputs[0]!.shape, inputs[0]!),
]

/** Cast between floating-point types: back to the type of the input. Integers have no derivative. */
export const castGradient: BackwardRule<'Cast'> = ({ builder, inputs }, [dy]) => {
  const { type } = inputs[0]!
  if (!type.startsWith('float')) return [undefined]
  return [type === dy!.type ? dy : builder.op('Cast', [dy], { to: type })]
}

/** Concat: to each input its own section of dy. */
export const concatGradient: BackwardRule<'Concat'> = ({ builder, node, inputs, wanted }, [dy]) => {
  if (inputs.length === 1) return [dy]
  const axis = fromFront(node.attributes.axis, dy!.shape)
  let end = 0
  return inputs.map((input, k) => {
    const start = end
    end += sizesOf(input!, [axis], node)[0]!
    return wanted[k] ? builder.slice(dy!, { [axis]: [start, end] }) : undefined
  })
}

/** Split: the parts side by side again, with zeros for those at which nothing arrived. */
export const splitGradient: BackwardRule<'Split'> = ({ builder: g, node, outputs }, parts) => {
  const axis = fromFront(node.attributes.axis, outputs[0]!.shape)
  if (parts.every((part) => part !== undefined)) return [g.concat(parts, axis)]
  const sizes = outputs.map((output) => sizesOf(output, [axis], node)[0]!)
  const sum = (list: readonly number[]) => list.reduce((total, size) => total + size, 0)
  const inPlace = parts.flatMap((part, k) =>
    part ? [padded(g, part, axis, sum(sizes.slice(0, k)), sum(sizes.slice(k + 1)))] : [],
  )
  return [g.sum(inPlace)]
}

/** Slice: dy at the places that were taken, zeros between and around them. */
export const sliceGradient: BackwardRule<'Slice'> = ({ builder: g, node, inputs, outputs }, [dy]) => {
  const [x, starts, , axes, steps] = inputs
  const numbers = (value: Value | undefined) => value && numbersOf(g, value, node)
  const from = numbersOf(g, starts!, node)
  const along = numbers(axes)?.map((axis) => fromFront(axis, x!.shape)) ?? from.map((_, k) => k)
  const by = numbers(steps) ?? from.map(() => 1)
  let dx = dy!
  along.forEach((axis, k) => {
    const [size, taken] = [sizesOf(x!, [axis], node)[0]!, sizesOf(outputs[0]!, [axis], node)[0]!]
    const step = Math.abs(by[k]!)
    const clamped = Math.min(Math.max(from[k]! < 0 ? from[k]! + size : from[k]!, 0), size - 1)
    // Taken backwards, the last one comes first.
    const first = by[k]! > 0 ? clamped : clamped - (taken - 1) * step
    if (by[k]! < 0) dx = g.slice(dx, { [axis]: [-1, -(2 ** 31), -1] })
    if (step > 1) dx = spread(g, dx, axis, taken, step)
    dx = padded(g, dx, axis, first, size - first - (step > 1 ? taken * step : taken))
  })
  return [dx]
}

/**
 * Pad: a constant border is cut off; what arrives at a mirrored or repeated border goes back to where its elements came
 * from.
 */
export const padGradient: BackwardRule<'Pad'> = ({ builder: g, node, inputs, wanted }, [dy]) => {
  const [x, pads, , axes] = inputs
  const { mode } = node.attributes
  const by = numbersOf(g, pads!, node)
  const rank = x!.shape.length
  if (axes || wanted[2])
    throw refusal(node, 'its gradient is implemented only without axes and for a constant value')
  if (mode === 'constant') return [g.op('Pad', [dy, g.integers(by.map((border) => -border || 0))])]
  let dx = dy!
  for (let axis = 0; axis < rank; axis++) {
    const [before, after] = [by[axis]!, by[axis + rank]!]
    if (before === 0 && after === 0) continue
    const size = sizesOf(x!, [axis], node)[0]!
    const source = borderSource(mode, size)
    if (!source) throw refusal(node, `the mode ${mode} has no gradient`)
    const places = Array.from({ length: before + size + after }, (_, k) => source(k - before))
    dx = transposedAlong(g, dx, axis, selection(places, size))
  }
  return [dx]
}

/** From where a padded position outside a line of some size takes its element. */
function borderSource(mode: string, size: number): ((position: number) => number) | undefined {
  const last = size - 1
  if (mode === 'edge') return (position) => Math.min(Math.max(position, 0), last)
  if (mode === 'reflect') return (position) => last - Math.abs(last - Math.abs(position))
  return undefined
}

/** Gather with constant indices: each slice goes back to its index; what was taken twice is added. */
export const gatherGradient: BackwardRule<'Gather'> = ({ builder: g, node, inputs }, [dy]) => {
  const [x, indices] = [inputs[0]!, inputs[1]!]
  const axis = fromFront(node.attributes.axis, x.shape)
  const size = sizesOf(x, [axis], node)[0]!
  const places = numbersOf(g, indices, node).map((index) => (index < 0 ? index + size : index))
  const line = oneAxis(g, dy!, axis, indices.shape.length)
  return [transposedAlong(g, line, axis, selection(places, size)), undefined]
}

/** Merge the axes of the indices into a single one. */
function oneAxis(g: GraphBuilder, dy: Value, axis: number, rank: number): Value {
  if (rank === 1) return dy
  if (rank === 0) return g.op('Unsqueeze', [dy, g.integers([axis])])
  const sizes = dy.shape.map((size) => (typeof size === 'number' ? size : -1))
  const merged = sizes.slice(axis, axis + rank).reduce((product, size) => product * size, 1)
  return g.reshape(dy, [...sizes.slice(0, axis), merged, ...sizes.slice(axis + rank)])
}

/** The matrix that takes the elements at some places of a line. */
function selection(places: readonly number[], size: number): number[][] {
  return places.map((place) => Array.from({ length: size }, (_, k) => (k === place ? 1 : 0)))
}

/** Zeros before and after, along one axis; negative numbers cut off. */
function padded(g: GraphBuilder, x: Value, axis: number, before: number, after: number): Value {
  if (before === 0 && after === 0) return x
  const along = (count: number) => x.shape.map((_, k) => (k === axis ? count : 0))
  return g.pad(x, along(before), along(after))
}

/** step − 1 zeros after every element along one axis. */
function spread(g: GraphBuilder, x: Value, axis: number, count: number, step: number): Value {
  const apart = g.op('Unsqueeze', [x, g.integers([axis + 1])])
  const filled = padded(g, apart, axis + 1, 0, step - 1)
  const shape = x.shape.map((size, k) => (k === axis ? count * step : k === 0 ? -1 : Number(size)))
  return g.reshape(filled, shape)
}
