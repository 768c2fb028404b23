/**
 * The shapes of elementwise operators (activations, arithmetic and comparisons, with numpy's broadcasting) and of
 * reductions.
 */

import { axisOf, broadcast, equal, product, quotient, sum } from '../dimensions.ts'
import type { AttributesOf } from '../operators.ts'
import type { Dimension, Shape } from '../types.ts'
import { type Inferred, integers, type Known, type ShapeRules, sameType, unchanged } from './rule.ts'

export const elementwiseShapes = {
  Relu: unchanged,
  LeakyRelu: unchanged,
  PRelu: ([x, slope]) => {
    sameType(x!, slope!)
    const shape = broadcast(x!.shape, slope!.shape)
    if (shape.join() !== x!.shape.join()) throw new Error('the slopes do not fit the input')
    return [{ type: x!.type, shape: x!.shape }]
  },
  Clip: unchanged,
  Elu: unchanged,
  Sigmoid: unchanged,
  HardSigmoid: unchanged,
  HardSwish: unchanged,
  Tanh: unchanged,
  Softplus: unchanged,
  Erf: unchanged,
  Neg: unchanged,
  Abs: unchanged,
  Sqrt: unchanged,
  Exp: unchanged,
  Log: unchanged,
  Reciprocal: unchanged,
  Add: (inputs) => arithmetic(inputs, sum),
  Sub: (inputs) => arithmetic(inputs, (a, b) => (typeof b === 'number' ? sum(a, -b) : undefined)),
  Mul: (inputs) => arithmetic(inputs, (a, b) => product([a, b])),
  Div: (inputs) => arithmetic(inputs, quotient),
  Pow: elementwise,
  Max: elementwise,
  Min: elementwise,
  Sum: elementwise,
  Equal: (inputs) => [{ ...compared(inputs)[0]!, dimensions: pairwise(inputs, equal) }],
  Greater: compared,
  GreaterOrEqual: compared,
  Where: ([condition, a, b]) => {
    sameType(a!, b!)
    const shape = broadcast(condition!.shape, broadcast(a!.shape, b!.shape))
    const known = [condition!, a!, b!].every(
      ({ dimensions }) => dimensions !== undefined && dimensions.length === shape[0],
    )
    const dimensions = known
      ? condition!.dimensions!.map((d, k) => (d === 1 ? a : b)!.dimensions![k]!)
      : undefined
    return [{ type: a!.type, shape, dimensions }]
  },
  Cast: ([x], { to }) => [
    { type: to, shape: x!.shape, dimensions: to === 'int64' || to === 'int32' ? x!.dimensions : undefined },
  ],
  ReduceSum: reduced,
  ReduceMean: reduced,
  ReduceMax: reduced,
  ArgMax: ([x], { axis, keepdims }) => {
    const at = axisOf(axis, x!.shape.length)
    return [{ type: 'int64', shape: x!.shape.flatMap((d, k) => (k !== at ? [d] : keepdims ? [1] : [])) }]
  },
  CumSum: ([x, axis]) => {
    axisOf(integers(axis!, 'the axis')[0]!, x!.shape.length)
    return unchanged([x!])
  },
} satisfies Partial<ShapeRules>

/** Elementwise, and computed where its inputs are sizes that a graph reads off a shape. */
function arithmetic(
  inputs: readonly Known[],
  apply: (a: Dimension, b: Dimension) => Dimension | undefined,
): Inferred[] {
  const [result] = elementwise(inputs)
  return [{ ...result!, dimensions: pairwise(inputs, apply) }]
}

/** Apply it to known integers, one by one; undefined where one result is not known. */
function pairwise(
  [a, b]: readonly Known[],
  apply: (a: Dimension, b: Dimension) => Dimension | undefined,
): Shape | undefined {
  if (!a?.dimensions || !b?.dimensions) return undefined
  const [p, q] = [a.dimensions, b.dimensions]
  const results = Array.from({ length: Math.max(p.length, q.length) }, (_, k) =>
    apply(p[p.length === 1 ? 0 : k]!, q[q.length === 1 ? 0 : k]!),
  )
  return results.every((d) => d !== undefined) ? (results as Shape) : undefined
}

function elementwise(inputs: readonly Known[]): Inferred[] {
  for (const input of inputs) sameType(inputs[0]!, input)
  return [{ type: inputs[0]!.type, shape: inputs.map((input) => input.shape).reduce(broadcast) }]
}

function compared([a, b]: readonly Known[]): Inferred[] {
  sameType(a!, b!)
  return [{ type: 'bool', shape: broadcast(a!.shape, b!.shape) }]
}

function reduced(
  [x, axes]: readonly Known[],
  { keepdims, noop_with_empty_axes }: AttributesOf<'ReduceSum'>,
): Inferred[] {
  const given = axes ? integers(axes, 'axes').map((axis) => axisOf(axis, x!.shape.length)) : []
  // Without axes, or with an empty list, all are reduced, unless an attribute says that this means none.
  const along = given.length > 0 || noop_with_empty_axes ? given : x!.shape.map((_, k) => k)
  return [
    { type: x!.type, shape: x!.shape.flatMap((d, k) => (!along.includes(k) ? [d] : keepdims ? [1] : [])) },
  ]
}
