import type { GraphBuilder, Value } from '../../graph/builder.ts'
import { float32 } from '../../graph/types.ts'
import { linearLayer } from '../linear.ts'
import type { LinearRule, LinearVisit, Part, Term } from './rule.ts'

/** Below this a denominator counts as zero; far under any activation, far above the smallest float32. */
const TINY = 1e-30

/** Send the relevance at the output of a linear layer to its input, by a rule. */
export function linearRelevance(rule: LinearRule, visit: LinearVisit): Value {
  if ('apply' in rule) return rule.apply(visit)
  const shares = rule.terms.flatMap((term) => termRelevance(term, visit))
  if (shares.length > 0) return visit.builder.sum(shares)
  return visit.builder.mul(visit.x, visit.builder.scalar(0))
}

function termRelevance(term: Term, visit: LinearVisit): Value[] {
  const { builder: g, node, x, weights, bias, nonNegative, relevance } = visit
  const layer = linearLayer(g, node)
  const pairs = term.pairs.flatMap(([inputPart, weightPart]) => {
    if (nonNegative && inputPart === 'negative') return []
    const input = nonNegative ? x : partOf(g, x, inputPart)
    return [{ input, weights: partOf(g, weights, weightPart) }]
  })
  if (pairs.length === 0) return []
  const z = g.sum(
    pairs.map((pair, k) =>
      layer.forward(pair.input, pair.weights, k === 0 && bias ? partOf(g, bias, term.bias) : undefined),
    ),
  )
  const scaled = term.coefficient === 1 ? relevance : g.mul(relevance, g.scalar(term.coefficient))
  const s = g.div(scaled, stabilised(g, z, term.epsilon))
  return pairs.map((pair) => g.mul(pair.input, layer.transposed(s, pair.weights)))
}

/** z + ε · sign z, the sign of 0 being +1. Without an ε, a tiny one: where z is 0, so is what it divides. */
function stabilised(g: GraphBuilder, z: Value, epsilon: number): Value {
  const by = epsilon === 0 ? TINY : epsilon
  const signed = g.op('Where', [g.op('GreaterOrEqual', [z, g.scalar(0)]), g.scalar(by), g.scalar(-by)])
  return g.add(z, signed)
}

/** A part of a value. Parts of constants are constants, so that ONNX Runtime sees ordinary fixed weights. */
function partOf(g: GraphBuilder, value: Value, part: Part): Value {
  if (part === 'all') return value
  const tensor = g.constantOf(value)
  if (tensor?.type === 'float32') {
    const keep = part === 'positive' ? (w: number) => Math.max(w, 0) : (w: number) => Math.min(w, 0)
    return g.constant(float32(tensor.shape, tensor.data.map(keep)), `${value.name}.${part}`)
  }
  return part === 'positive' ? g.op('Relu', [value]) : g.op('Min', [value, g.scalar(0)])
}
