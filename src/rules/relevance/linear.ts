import type { GraphBuilder, Value } from '../../graph/builder.ts'
import { float32, sizeOf } from '../../graph/types.ts'
import { linearLayer } from '../linear.ts'
import type { InputPart, LinearRule, LinearVisit, Passed, SignedPart, Term, WeightPart } from './rule.ts'
import { ALL } from './rule.ts'
import { splitSum } from './split.ts'
import { stabilised } from './stabilise.ts'

/** Send the relevance at the output of a linear layer to its input, by a rule. */
export function linearRelevance(rule: LinearRule, visit: LinearVisit): Passed {
  if ('apply' in rule) return rule.apply(visit)
  const terms = rule.terms.map((term) => termRelevance(term, visit))
  const messages = terms.flatMap((term) => term.messages)
  const { builder: g, x } = visit
  const relevance = messages.length > 0 ? gathered(g, messages) : g.mul(x, g.scalar(0))
  return {
    relevance,
    bias: terms.flatMap((term) => term.bias),
    epsilon: terms.flatMap((term) => term.epsilon),
    padding: [],
  }
}

/** wᵀ·s of one pair, still to be multiplied with its part of the input. */
interface Message {
  readonly input: Value
  readonly returned: Value
}

function termRelevance(
  term: Term,
  visit: LinearVisit,
): { messages: Message[]; bias: Passed['bias']; epsilon: Passed['epsilon'] } {
  const { builder: g, node, x, weights, bias, output, nonNegative, relevance } = visit
  const layer = linearLayer(g, node)
  const own = term.outputs ? ofSign(g, relevance, output, term.outputs) : relevance
  const all = () => scaled(g, own, term.coefficient)
  const pairs = term.pairs.flatMap(([inputPart, weightPart]) => {
    const input = partOfInput(g, x, inputPart, nonNegative)
    return input ? [{ input, weightPart }] : []
  })
  if (pairs.length === 0) return { messages: [], bias: [], epsilon: [all] }
  const biasPart = bias && !isNothing(term.bias) ? partOf(g, bias, term.bias) : undefined
  const z =
    knownSum(term, visit) ??
    g.sum(
      pairs.map(({ input, weightPart }, k) =>
        layer.forward(input, weightsOf(g, weights, weightPart), k === 0 ? biasPart : undefined),
      ),
    )
  const s = g.div(own, stabilised(g, z, term.epsilon, term.sign))
  return {
    // The coefficient goes into the weights, which are constant, and so costs nothing.
    messages: pairs.map(({ input, weightPart }) => ({
      input,
      returned: layer.transposed(s, weightsOf(g, weights, weightPart, term.coefficient)),
    })),
    bias: biasPart ? [() => g.mul(scaled(g, s, term.coefficient), layer.biasBeside(biasPart))] : [],
    epsilon: [() => g.sub(all(), g.mul(scaled(g, s, term.coefficient), z))],
  }
}

/** Σ input · returned; what meets the same input is added up first. */
function gathered(g: GraphBuilder, messages: readonly Message[]): Value {
  const inputs = [...new Set(messages.map(({ input }) => input.name))]
  return g.sum(
    inputs.map((name) => {
      const same = messages.filter(({ input }) => input.name === name)
      return g.mul(same[0]!.input, g.sum(same.map(({ returned }) => returned)))
    }),
  )
}

/** The denominator, where the forward pass has worked it out already. */
function knownSum(term: Term, { builder: g, output, nonNegative }: LinearVisit): Value | undefined {
  const [first] = term.pairs
  if (term.pairs.length === 1 && isAll(first![0]) && isAll(first![1]) && isAll(term.bias)) return output
  return nonNegative ? splitSum(g, output, term) : undefined
}

function isAll(part: InputPart | WeightPart): boolean {
  return (
    typeof part === 'object' &&
    'positive' in part &&
    part.positive === ALL.positive &&
    part.negative === ALL.negative
  )
}

/** The relevance of outputs of one sign; 0 for the others. */
function ofSign(g: GraphBuilder, relevance: Value, output: Value, sign: 'positive' | 'negative'): Value {
  const positive = g.op('GreaterOrEqual', [output, g.scalar(0)])
  const [whenPositive, otherwise] = sign === 'positive' ? [relevance, g.scalar(0)] : [g.scalar(0), relevance]
  return g.op('Where', [positive, whenPositive, otherwise])
}

/** A part of the input; undefined where it is known to be empty. */
function partOfInput(g: GraphBuilder, x: Value, part: InputPart, nonNegative: boolean): Value | undefined {
  if ('everywhere' in part) return everywhere(g, x, part.everywhere)
  if (!nonNegative) return isNothing(part) ? undefined : partOf(g, x, part)
  return part.positive === 0 ? undefined : scaled(g, x, part.positive)
}

/** A constant picture, or vector, of x's shape for a batch of one: it fits beside a batch of any size. */
function everywhere(g: GraphBuilder, x: Value, levels: readonly number[]): Value {
  const shape = [1, ...x.shape.slice(1)].map(Number)
  const [, channels, ...picture] = shape
  if (levels.length > 1 && levels.length !== channels) {
    throw new Error(`${levels.length} numbers are given for an input of ${channels} channels`)
  }
  const area = sizeOf(picture)
  return g.derived(`everywhere(${levels.join()})[${shape.join()}]`, () =>
    float32(
      shape,
      Float32Array.from({ length: channels! * area }, (_, k) => levels[Math.floor(k / area)] ?? levels[0]!),
    ),
  )
}

function isNothing(part: SignedPart): boolean {
  return part.positive === 0 && part.negative === 0
}

/** A part of the weights, times a number. */
function weightsOf(g: GraphBuilder, weights: Value, part: WeightPart, by = 1): Value {
  if (part !== 'squared') {
    return partOf(g, weights, { positive: by * part.positive, negative: by * part.negative })
  }
  const squares = folded(g, weights, `squared(${by})`, (w) => by * w * w)
  return squares ?? scaled(g, g.mul(weights, weights), by)
}

/** A part of a tensor: folded where the tensor is constant, and the tensor itself where the part is all of it. */
function partOf(g: GraphBuilder, value: Value, { positive, negative }: SignedPart): Value {
  if (positive === 1 && negative === 1) return value
  const label = `part(${positive},${negative})`
  const constant = folded(g, value, label, (v) => (v > 0 ? positive * v : negative * v))
  if (constant) return constant
  if (positive === negative) return scaled(g, value, positive)
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
  return g.derived(`${value.name}.${label}`, () => float32(tensor.shape, tensor.data.map(make)))
}
