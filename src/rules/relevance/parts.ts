/**
 * Parts of the input and of the weights of a linear layer, as nodes. Those of constant weights follow from constants
 * alone: ONNX Runtime computes them once, when it loads the graph, and from then on they are ordinary fixed weights.
 */

import type { GraphBuilder, Value } from '../../graph/builder.ts'
import { float32 } from '../../graph/types.ts'
import { type InputPart, NEGATIVE, POSITIVE, type SignedPart, type WeightPart } from './rule.ts'

/** A part of the input; undefined where it is known to be empty. */
export function partOfInput(
  g: GraphBuilder,
  x: Value,
  part: InputPart,
  nonNegative: boolean,
): Value | undefined {
  if ('everywhere' in part) return everywhere(g, x, part.everywhere)
  if (!nonNegative) return isNothing(part) ? undefined : partOf(g, x, part)
  return part.positive === 0 ? undefined : scaled(g, x, part.positive)
}

/** A constant picture or vector of x's shape, for a batch of one: it broadcasts to a batch of any size. */
function everywhere(g: GraphBuilder, x: Value, levels: readonly number[]): Value {
  const shape = [1, ...x.shape.slice(1)].map(Number)
  const [, channels, ...picture] = shape
  if (levels.length > 1 && levels.length !== channels) {
    throw new Error(`${levels.length} numbers are given for an input of ${channels} channels`)
  }
  const name = `everywhere(${levels.join()})[${shape.join()}]`
  return g.once(name, () => {
    const perChannel = g.constant(float32([1, levels.length, ...picture.map(() => 1)], levels), 'levels')
    return g.op('Expand', [perChannel, g.integers(shape)], {}, name)
  })
}

/** A part of the weights, times a number. */
export function partOfWeights(g: GraphBuilder, weights: Value, part: WeightPart, by = 1): Value {
  if (part !== 'squared') {
    return partOf(g, weights, { positive: by * part.positive, negative: by * part.negative })
  }
  return g.once(`${weights.name}.squared(${by})`, () => scaled(g, g.mul(weights, weights), by))
}

/**
 * The positive elements of a value, times a number, and the negative ones, times another; the value itself where both
 * are 1.
 */
export function partOf(g: GraphBuilder, value: Value, { positive, negative }: SignedPart): Value {
  if (positive === 1 && negative === 1) return value
  const build = () => {
    if (positive === negative) return scaled(g, value, positive)
    if (negative === 0)
      return positive === 1 ? g.op('Relu', [value]) : scaled(g, partOf(g, value, POSITIVE), positive)
    if (positive === 0)
      return negative === 1
        ? g.op('Min', [value, g.scalar(0)])
        : scaled(g, partOf(g, value, NEGATIVE), negative)
    // If p > n, p·v is the larger of p·v and n·v for a positive v, and the smaller for a negative v.
    const both = [scaled(g, value, positive), scaled(g, value, negative)]
    return g.op(positive > negative ? 'Max' : 'Min', both)
  }
  return g.isConstant(value) ? g.once(`${value.name}.part(${positive},${negative})`, build) : build()
}

export function isNothing(part: SignedPart): boolean {
  return part.positive === 0 && part.negative === 0
}

/** A value times a number, which may be computed by the graph. */
export function scaled(g: GraphBuilder, value: Value, by: number | Value): Value {
  if (typeof by !== 'number') return g.mul(value, by)
  if (by === 1) return value
  if (!g.isConstant(value) || Math.fround(by) === by) return g.mul(value, g.scalar(by))
  // Weights times a number that float32 cannot hold, such as 1.1, are rounded only once: the product is computed in
  // float64.
  const factor = g.constant({ type: 'float64', shape: [], data: Float64Array.of(by) }, 'scalar')
  const product = g.mul(g.op('Cast', [value], { to: 'float64' }), factor)
  return g.op('Cast', [product], { to: 'float32' })
}
