import type { GraphBuilder, Value } from '../../graph/builder.ts'
import { linearLayer } from '../linear.ts'
import { mirroredRelevance, mirrorOf } from './mirrored.ts'
import { amountIn } from './parameters.ts'
import { isNothing, partOf, partOfInput, partOfWeights, scaled } from './parts.ts'
import type { InputPart, LinearRule, LinearVisit, Passed, Term, WeightPart } from './rule.ts'
import { ALL } from './rule.ts'
import { splitSum } from './split.ts'
import { stabilised } from './stabilise.ts'

/** Send the relevance at the output of a linear layer to its input, by a rule. */
export function linearRelevance(rule: LinearRule, visit: LinearVisit): Passed {
  if ('apply' in rule) return rule.apply(visit)
  const mirror = visit.nonNegative ? undefined : mirrorOf(rule.terms)
  if (mirror) return mirroredRelevance(mirror, visit)
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

/** wᵀ·s of one pair, still to be multiplied by its part of the input. */
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
  const ofOutputs = term.outputs ? ofSign(g, relevance, output, term.outputs) : relevance
  const coefficient = amountIn(g, term.coefficient)
  // A known coefficient is multiplied into the weights, which are constant, and so costs nothing.
  const [own, by] =
    typeof coefficient === 'number' ? [ofOutputs, coefficient] : [scaled(g, ofOutputs, coefficient), 1]
  const all = () => scaled(g, own, by)
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
        layer.forward(input, partOfWeights(g, weights, weightPart), k === 0 ? biasPart : undefined),
      ),
    )
  const s = g.div(own, stabilised(g, z, amountIn(g, term.epsilon), term.sign))
  return {
    messages: pairs.map(({ input, weightPart }) => ({
      input,
      returned: layer.transposed(s, weights, (own) => partOfWeights(g, own, weightPart, by)),
    })),
    bias: biasPart ? [() => g.mul(scaled(g, s, by), layer.biasBeside(biasPart))] : [],
    epsilon: [() => g.sub(all(), g.mul(scaled(g, s, by), z))],
  }
}

/** Σ input · returned; messages for the same input are added up first. */
function gathered(g: GraphBuilder, messages: readonly Message[]): Value {
  const inputs = [...new Set(messages.map(({ input }) => input.name))]
  return g.sum(
    inputs.map((name) => {
      const same = messages.filter(({ input }) => input.name === name)
      return g.mul(same[0]!.input, g.sum(same.map(({ returned }) => returned)))
    }),
  )
}

/** The denominator, where the forward pass has already computed it. */
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
