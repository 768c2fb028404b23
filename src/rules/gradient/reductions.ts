/** The derivatives of sums, means and maxima over axes; global pooling reduces all axes of the picture. */

import type { GraphBuilder, Value } from '../../graph/builder.ts'
import type { NodeOf } from '../../graph/operators.ts'
import type { BackwardRule } from '../walk.ts'
import { fromFront, numbersOf, sizesOf } from './constants.ts'

type Reduction = 'ReduceSum' | 'ReduceMean' | 'ReduceMax'

/** ReduceSum: dy to every element of the sum. */
export const reduceSumGradient: BackwardRule<'ReduceSum'> = ({ builder, node, inputs }, [dy]) => {
  const axes = axesOf(builder, node, inputs)
  return [repeated(builder, withAxes(builder, node, dy!, axes), inputs[0]!, axes)]
}

/** ReduceMean: dy / n to each of the n elements. */
export const reduceMeanGradient: BackwardRule<'ReduceMean'> = ({ builder: g, node, inputs }, [dy]) => {
  const axes = axesOf(g, node, inputs)
  const share = g.mul(withAxes(g, node, dy!, axes), g.scalar(1 / countOf(inputs[0]!, axes, node)))
  return [repeated(g, share, inputs[0]!, axes)]
}

/** ReduceMax: dy to the first maximum. */
export const reduceMaxGradient: BackwardRule<'ReduceMax'> = ({ builder: g, node, inputs }, [dy]) => {
  const axes = axesOf(g, node, inputs)
  return [g.mul(withAxes(g, node, dy!, axes), firstMaximum(g, inputs[0]!, axes, node))]
}

/** CumSum: to each element the sum of dy over all sums that include it. */
export const cumSumGradient: BackwardRule<'CumSum'> = ({ builder, node, inputs }, [dy]) => {
  const { exclusive, reverse } = node.attributes
  return [builder.op('CumSum', [dy, inputs[1]], { exclusive, reverse: reverse ? 0 : 1 }), undefined]
}

/** GlobalAveragePool: dy / n to each of the n pixels. */
export const globalAveragePoolGradient: BackwardRule<'GlobalAveragePool'> = (
  { builder: g, node, inputs },
  [dy],
) => {
  const axes = pictureAxes(inputs[0]!)
  return [repeated(g, g.mul(dy!, g.scalar(1 / countOf(inputs[0]!, axes, node))), inputs[0]!, axes)]
}

/** GlobalMaxPool: dy to the first maximum. */
export const globalMaxPoolGradient: BackwardRule<'GlobalMaxPool'> = ({ builder: g, node, inputs }, [dy]) => [
  g.mul(dy!, firstMaximum(g, inputs[0]!, pictureAxes(inputs[0]!), node)),
]

function pictureAxes({ shape }: Value): number[] {
  return shape.flatMap((_, axis) => (axis < 2 ? [] : [axis]))
}

/** The axes that are reduced, in rising order; by default all of them. */
function axesOf(
  g: GraphBuilder,
  node: NodeOf<Reduction>,
  [x, axes]: readonly (Value | undefined)[],
): number[] {
  const given = axes ? numbersOf(g, axes, node).map((axis) => fromFront(axis, x!.shape)) : []
  if (given.length > 0) return given.sort((a, b) => a - b)
  return node.attributes.noop_with_empty_axes ? [] : x!.shape.map((_, axis) => axis)
}

function countOf(x: Value, axes: readonly number[], node: NodeOf<Reduction | 'GlobalAveragePool'>): number {
  return sizesOf(x, axes, node).reduce((product, size) => product * size, 1)
}

/** The output with the reduced axes back in place, of size 1. */
function withAxes(g: GraphBuilder, node: NodeOf<Reduction>, dy: Value, axes: readonly number[]): Value {
  if (node.attributes.keepdims || axes.length === 0) return dy
  return g.op('Unsqueeze', [dy, g.integers(axes)])
}

/** Repeat along some axes, which have size 1, to the sizes that they have in x. */
function repeated(g: GraphBuilder, dy: Value, x: Value, axes: readonly number[]): Value {
  const known = axes.every((axis) => typeof x.shape[axis] === 'number')
  const sizes = x.shape.map((size, axis) => (axes.includes(axis) ? Number(size) : 1))
  return g.op('Expand', [dy, known ? g.integers(sizes) : g.op('Shape', [x])])
}

/** 1 at the first maximum over some axes (in row-major order), else 0; in the shape of x. */
function firstMaximum(
  g: GraphBuilder,
  x: Value,
  axes: readonly number[],
  node: NodeOf<'ReduceMax' | 'GlobalMaxPool'>,
): Value {
  const sizes = sizesOf(x, axes, node)
  const count = sizes.reduce((product, size) => product * size, 1)
  const kept = x.shape.flatMap((_, axis) => (axes.includes(axis) ? [] : [axis]))
  const order = [...kept, ...axes]
  const keep = kept.map(() => 0)
  // OneHot does not take a single number: one line of everything stays a list of one.
  const lines = g.reshape(g.transpose(x, order), [...(kept.length > 0 ? keep : [1]), count])
  const at = g.op('ArgMax', [lines], { axis: -1, keepdims: 0 })
  const offAndOn = g.constant({ type: 'float32', shape: [2], data: Float32Array.of(0, 1) }, 'offAndOn')
  const chosen = g.op('OneHot', [at, g.integers([count]), offAndOn])
  const back = x.shape.map((_, axis) => order.indexOf(axis))
  return g.transpose(g.reshape(chosen, [...keep, ...sizes]), back)
}
