/**
 * A rule such as γ in four products for each layer, the layer's own included; its terms as written take nine.
 *
 * Its two terms mirror each other. For outputs y ≥ 0 what speaks for y counts p times and what speaks against it n times,
 * for y < 0 the reverse; the bias likewise. With x⁺ = (x + |x|) / 2, and so on, both denominators are
 *
 *   sign y · c · (|y| + q · (|x| · |w| + |b|)) with c = (p + n) / 2 and q = (p − n) / (p + n),
 *
 * and with u = R / (|y| + q · (|x| · |w| + |b|) + ε / c)
 *
 *   R_i = x_i Σ_j w_ij sign y_j u_j + |x_i| Σ_j q |w_ij| u_j.
 *
 * No denominator is a difference, so nothing cancels. The one exception: where the bias does not count, although it is
 * part of the sign of y, sign y · (y − b) replaces |y|, and may cancel.
 */

import type { GraphBuilder, Value } from '../../graph/builder.ts'
import { linearLayer } from '../linear.ts'
import { scaled } from './parts.ts'
import {
  type InputPart,
  type LinearVisit,
  NEGATIVE,
  type Passed,
  POSITIVE,
  type SignedPart,
  type Term,
} from './rule.ts'
import { stabilised } from './stabilise.ts'

/** A rule of this kind, as numbers or as values of the graph of shape []. */
export interface Mirror {
  /** q */
  readonly more: number | Value
  /** ε / c */
  readonly epsilon: number | Value
  /** Whether the bias is part of the denominator. */
  readonly withBias: boolean
}

/** The terms of a rule as a mirror; undefined where they do not mirror each other. */
export function mirrorOf(terms: readonly Term[]): Mirror | undefined {
  const [first, second, ...others] = terms
  if (!first || !second || others.length > 0) return undefined
  const { positive: speaksFor, negative: against } = first.bias
  const alike =
    first.coefficient === 1 &&
    second.coefficient === 1 &&
    typeof first.epsilon === 'number' &&
    first.epsilon === second.epsilon &&
    first.outputs === 'positive' &&
    second.outputs === 'negative'
  const up: SignedPart = { positive: speaksFor, negative: against }
  const down: SignedPart = { positive: against, negative: speaksFor }
  const fits = speaksFor >= against && against > 0
  if (!alike || !fits || !hasParts(first, up, down) || !hasParts(second, down, up)) return undefined
  const sum = speaksFor + against
  return { more: (speaksFor - against) / sum, epsilon: (2 * Number(first.epsilon)) / sum, withBias: true }
}

/** Whether a term takes the positive inputs by one part of the weights, and the negative inputs by another. */
function hasParts({ pairs, bias }: Term, ofPositive: SignedPart, ofNegative: SignedPart): boolean {
  const [first, second, ...others] = pairs
  return (
    others.length === 0 &&
    isPart(bias, ofPositive) &&
    isPart(first?.[0], POSITIVE) &&
    isPart(first?.[1], ofPositive) &&
    isPart(second?.[0], NEGATIVE) &&
    isPart(second?.[1], ofNegative)
  )
}

function isPart(part: InputPart | 'squared' | undefined, wanted: SignedPart): boolean {
  return (
    typeof part === 'object' &&
    'positive' in part &&
    part.positive === wanted.positive &&
    part.negative === wanted.negative
  )
}

/** Send the relevance at the output of a linear layer to its input. */
export function mirroredRelevance({ more, epsilon, withBias }: Mirror, visit: LinearVisit): Passed {
  const { builder: g, node, x, weights, output, nonNegative, relevance } = visit
  const layer = linearLayer(g, node)
  const bias = withBias ? visit.bias : undefined
  // A known q is multiplied into the weights, which are constant.
  const [q, rest] = typeof more === 'number' ? [more, 1] : [1, more]
  const size = nonNegative ? x : g.op('Abs', [x])
  const magnitude = magnitudeOf(g, weights, q)
  const biasMagnitude = bias && magnitudeOf(g, bias, q)
  const sizes = scaled(g, layer.forward(size, magnitude, biasMagnitude), rest)
  const leavesOut = visit.bias !== undefined && !withBias
  const sign = leavesOut ? sideOf(g, output) : signOf(g, output)
  const own = leavesOut ? g.mul(sign, g.sub(output, layer.biasBeside(visit.bias))) : g.op('Abs', [output])
  const sum = g.add(own, sizes)
  const u = g.div(relevance, stabilised(g, sum, epsilon, leavesOut ? undefined : 'positive'))
  const signed = g.mul(u, sign)
  const scaledU = scaled(g, u, rest)
  const byWeights = g.mul(x, layer.transposed(signed, weights))
  const bySizes = g.mul(
    size,
    layer.transposed(scaledU, weights, (each) => magnitudeOf(g, each, q)),
  )
  return {
    relevance: g.add(byWeights, bySizes),
    bias: bias
      ? [() => g.mul(signed, layer.biasBeside(bias)), () => g.mul(scaledU, layer.biasBeside(biasMagnitude!))]
      : [],
    epsilon: [() => g.sub(relevance, g.mul(u, sum))],
    padding: [],
  }
}

/** 1, or −1 where a value is negative. */
function sideOf(g: GraphBuilder, value: Value): Value {
  return g.op('Where', [g.op('GreaterOrEqual', [value, g.scalar(0)]), g.scalar(1), g.scalar(-1)])
}

/** 1, −1, or 0 for 0. In ONNX Runtime this is three times as fast as a comparison and a Where. */
function signOf(g: GraphBuilder, value: Value): Value {
  return g.op('Clip', [g.mul(value, g.scalar(1e30)), g.scalar(-1), g.scalar(1)])
}

/** |value| · q, once for each constant. */
function magnitudeOf(g: GraphBuilder, value: Value, q: number): Value {
  return g.once(`${value.name}.magnitude(${q})`, () => {
    const magnitude = g.op('Abs', [value])
    return q === 1 ? magnitude : g.mul(magnitude, g.scalar(q))
  })
}
