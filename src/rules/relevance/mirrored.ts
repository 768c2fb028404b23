/**
 * A rule such as γ in four products a layer, the layer's own included, where its terms as they stand take nine.
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
 * No denominator is a difference, so that nothing cancels.
 */

import type { GraphBuilder, Value } from '../../graph/builder.ts'
import { linearLayer } from '../linear.ts'
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

/** How often what speaks for an output counts, and what speaks against it. */
export interface Mirror {
  readonly speaksFor: number
  readonly against: number
  readonly epsilon: number
}

/** The mirror that the terms of a rule are; undefined where they are none. */
export function mirrorOf(terms: readonly Term[]): Mirror | undefined {
  const [first, second, ...others] = terms
  if (!first || !second || others.length > 0) return undefined
  const { positive: speaksFor, negative: against } = first.bias
  const alike =
    first.coefficient === 1 &&
    second.coefficient === 1 &&
    first.epsilon === second.epsilon &&
    first.outputs === 'positive' &&
    second.outputs === 'negative'
  const up: SignedPart = { positive: speaksFor, negative: against }
  const down: SignedPart = { positive: against, negative: speaksFor }
  const fits = speaksFor >= against && against > 0
  if (!alike || !fits || !hasParts(first, up, down) || !hasParts(second, down, up)) return undefined
  return { speaksFor, against, epsilon: first.epsilon }
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
export function mirroredRelevance({ speaksFor, against, epsilon }: Mirror, visit: LinearVisit): Passed {
  const { builder: g, node, x, weights, bias, output, relevance } = visit
  const layer = linearLayer(g, node)
  const q = (speaksFor - against) / (speaksFor + against)
  const size = g.op('Abs', [x])
  const magnitude = magnitudeOf(g, weights, q)
  const biasMagnitude = bias && magnitudeOf(g, bias, q)
  const sum = g.add(g.op('Abs', [output]), layer.forward(size, magnitude, biasMagnitude))
  const u = g.div(relevance, stabilised(g, sum, (2 * epsilon) / (speaksFor + against), 'positive'))
  const signed = g.mul(u, signOf(g, output))
  const own = g.mul(x, layer.transposed(signed, weights))
  const more = g.mul(
    size,
    layer.transposed(u, weights, (each) => magnitudeOf(g, each, q)),
  )
  return {
    relevance: g.add(own, more),
    bias: bias
      ? [() => g.mul(signed, layer.biasBeside(bias)), () => g.mul(u, layer.biasBeside(biasMagnitude!))]
      : [],
    epsilon: [() => g.sub(relevance, g.mul(u, sum))],
    padding: [],
  }
}

/** 1, −1, or 0 for 0. ONNX Runtime is three times as fast at this as at a comparison and a choice. */
function signOf(g: GraphBuilder, value: Value): Value {
  return g.op('Clip', [g.mul(value, g.scalar(1e30)), g.scalar(-1), g.scalar(1)])
}

/** |value| · q, once for each constant. */
function magnitudeOf(g: GraphBuilder, value: Value, q: number): Value {
  return g.once(`${value.name}.magnitude(${q})`, () => g.mul(g.op('Abs', [value]), g.scalar(q)))
}
