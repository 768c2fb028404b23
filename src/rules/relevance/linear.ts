import type { GraphBuilder, Value } from '../../graph/builder.ts'
import { float32 } from '../../graph/types.ts'
import { linearLayer } from '../linear.ts'
import type { InputPart, LinearRule, LinearVisit, SignedPart, Term } from './rule.ts'

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
  const { builder: g, node, x, weights, bias, output, nonNegative, relevance } = visit
  const layer = linearLayer(g, node)
  const pairs = term.pairs.flatMap(([inputPart, weightPart]) => {
    const input = inputOf(g, x, inputPart, nonNegative)
    return input
      ? [{ input, weights: weightPart === 'squared' ? squared(g, weights) : partOf(g, weights, weightPart) }]
      : []
  })
  if (pairs.length === 0) return []
  const biasPart = bias && !isNothing(term.bias) ? partOf(g, bias, term.bias) : undefined
  const z = g.sum(
    pairs.map((pair, k) => layer.forward(pair.input, pair.weights, k === 0 ? biasPart : undefined)),
  )
  const own = term.outputs ? ofSign(g, relevance, output, term.outputs) : relevance
  const scaled = term.coefficient === 1 ? own : g.mul(own, g.scalar(term.coefficient))
  const s = g.div(scaled, stabilised(g, z, term.epsilon))
  return pairs.map((pair) => g.mul(pair.input, layer.transposed(s, pair.weights)))
}

/** z + ε · sign z, the sign of 0 being +1. Without an ε, a tiny one: where z is 0, so is what it divides. */
function stabilised(g: GraphBuilder, z: Value, epsilon: number): Value {
  const by = epsilon === 0 ? TINY : epsilon
  const signed = g.op('Where', [g.op('GreaterOrEqual', [z, g.scalar(0)]), g.scalar(by), g.scalar(-by)])
  return g.add(z, signed)
}

/** The relevance of outputs of one sign; 0 for the others. */
function ofSign(g: GraphBuilder, relevance: Value, output: Value, sign: 'positive' | 'negative'): Value {
  const positive = g.op('GreaterOrEqual', [output, g.scalar(0)])
  const [whenPositive, otherwise] = sign === 'positive' ? [relevance, g.scalar(0)] : [g.scalar(0), relevance]
  return g.op('Where', [positive, whenPositive, otherwise])
}

/** A part of the input; undefined where it is known to be empty. */
function inputOf(g: GraphBuilder, x: Value, part: InputPart, nonNegative: boolean): Value | undefined {
  if ('everywhere' in part) {
    const value = { type: 'float32', shape: [1], data: Float32Array.of(part.everywhere) } as const
    return g.op('ConstantOfShape', [g.op('Shape', [x])], { value })
  }
  if (!nonNegative) return isNothing(part) ? undefined : partOf(g, x, part)
  return part.positive === 0 ? undefined : scaled(g, x, part.positive)
}

function isNothing(part: SignedPart): boolean {
  return part.positive === 0 && part.negative === 0
}

function squared(g: GraphBuilder, weights: Value): Value {
  return folded(g, weights, 'squared', (w) => w * w) ?? g.mul(weights, weights)
}

function partOf(g: GraphBuilder, value: Value, { positive, negative }: SignedPart): Value {
  if (positive === 1 && negative === 1) return value
  const label = `part(${positive},${negative})`
  const constant = folded(g, value, label, (v) => (v > 0 ? positive * v : negative * v))
  if (constant) return constant
  const parts = []
  if (positive !== 0) parts.push(scaled(g, g.op('Relu', [value]), positive))
  if (negative !== 0) parts.push(scaled(g, g.op('Min', [value, g.scalar(0)]), negative))
  return g.sum(parts)
}

function scaled(g: GraphBuilder, value: Value, by: number): Value {
  return by === 1 ? value : g.mul(value, g.scalar(by))
}

/** What is made of a constant is a constant, so that ONNX Runtime sees ordinary fixed weights. */
function folded(
  g: GraphBuilder,
  value: Value,
  label: string,
  make: (v: number) => number,
): Value | undefined {
  const tensor = g.constantOf(value)
  if (tensor?.type !== 'float32') return undefined
  return g.constant(float32(tensor.shape, tensor.data.map(make)), `${value.name}.${label}`)
}
