/**
 * One pass for two sums: where a rule needs Σ z⁺ and Σ z⁻ of a layer, their sum is what the layer makes, so the
 * layer itself need not be computed a third time.
 */

import type { GraphBuilder, Value } from '../../graph/builder.ts'
import type { Node } from '../../graph/operators.ts'
import type { Graph, TensorOf } from '../../graph/types.ts'
import { type LinearRule, NEGATIVE, POSITIVE, type SignedPart, type Term } from './rule.ts'

/**
 * The graph with some convolutions computed as two, with the positive and with the negative weights and biases,
 * and added.
 *
 * Needs: a well-formed graph; where it is split is said in names, so layers and values keep theirs from when the rules
 * were assigned. Leaves: beside an output NAME that is split, the values NAME.positive and NAME.negative.
 *
 * @param rules the rule of each linear layer, by the name of its node
 * @param nonNegative names of the values that have no negative element
 */
export function withSplitSums(
  graph: Graph,
  rules: ReadonlyMap<string, LinearRule>,
  nonNegative: ReadonlySet<string>,
): Graph {
  const initializers = new Map(graph.initializers)
  const part = (name: string, { positive, negative }: SignedPart, label: string) => {
    if (name === '') return name
    const { shape, data } = graph.initializers.get(name) as TensorOf<'float32'>
    const key = `${name}.${label}`
    initializers.set(key, {
      type: 'float32',
      shape,
      data: data.map((value) => (value > 0 ? positive * value : negative * value)),
    })
    return key
  }
  const nodes = graph.nodes.flatMap((node): Node[] => {
    const rule = rules.get(node.name)
    const [x, ...constants] = node.inputs
    const splits =
      node.op === 'Conv' &&
      rule &&
      'terms' in rule &&
      rule.terms.length > 1 &&
      rule.terms.every((term) => sumsOf(term) !== undefined) &&
      nonNegative.has(x!) &&
      constants.every((name) => name === '' || graph.initializers.get(name)?.type === 'float32')
    if (!splits) return [node]
    const [output] = node.outputs
    const halves = [
      { part: POSITIVE, label: 'positive' },
      { part: NEGATIVE, label: 'negative' },
    ].map(
      ({ part: signs, label }): Node => ({
        ...node,
        name: `${node.name}.${label}`,
        inputs: [x!, ...constants.map((name) => part(name, signs, label))],
        outputs: [`${output}.${label}`],
      }),
    )
    const inputs = halves.flatMap(({ outputs }) => outputs)
    return [...halves, { op: 'Add', name: node.name, inputs, outputs: [output!], attributes: {} }]
  })
  return { ...graph, initializers, nodes }
}

/** The denominator of a term as made of the two sums of a split layer; undefined where it is not split. */
export function splitSum(g: GraphBuilder, output: Value, term: Term): Value | undefined {
  const sums = sumsOf(term)
  const positive = g.find(`${output.name}.positive`)
  const negative = g.find(`${output.name}.negative`)
  if (!sums || !positive || !negative) return undefined
  const times = (value: Value, by: number) =>
    by === 1 ? [value] : by === 0 ? [] : [g.mul(value, g.scalar(by))]
  return g.sum([...times(positive, sums.positive), ...times(negative, sums.negative)])
}

/** How often Σ z⁺ and Σ z⁻ count in a term's denominator, for inputs that are nowhere negative. */
function sumsOf({ pairs, bias }: Term): SignedPart | undefined {
  const left = pairs.filter(([input]) => !('positive' in input) || input.positive !== 0)
  if (left.length !== 1) return undefined
  const [input, weights] = left[0]!
  if (!('positive' in input) || input.positive !== 1 || weights === 'squared') return undefined
  const same = weights.positive === bias.positive && weights.negative === bias.negative
  return same ? weights : undefined
}
