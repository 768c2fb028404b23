/**
 * One pass for two sums: where a rule needs Σ z⁺ and Σ z⁻ of a layer, their sum is the layer's output, so the layer
 * need not be computed a third time.
 */

import { GraphBuilder, type Value } from '../../graph/builder.ts'
import type { Node } from '../../graph/operators.ts'
import type { Graph } from '../../graph/types.ts'
import { partOf } from './parts.ts'
import { type LinearRule, NEGATIVE, POSITIVE, type SignedPart, type Term } from './rule.ts'

/**
 * A builder that continues from a graph, with some of its convolutions computed as the sum of two: one with the
 * positive and one with the negative weights and biases.
 *
 * Needs: a well-formed graph, in which layers and values still have the names by which rules were assigned. Leaves:
 * beside an output NAME that is split, the values NAME.positive and NAME.negative.
 *
 * @param rules the rule of each linear layer, by the name of its node
 * @param nonNegative names of the values that have no negative element
 */
export function withSplitSums(
  graph: Graph,
  rules: ReadonlyMap<string, LinearRule>,
  nonNegative: ReadonlySet<string>,
): GraphBuilder {
  const g = GraphBuilder.from({ ...graph, nodes: [], outputs: [] })
  g.reserve(graph.nodes.flatMap(({ name, outputs }) => [name, ...outputs]))
  for (const node of graph.nodes) {
    if (splits(g, node, rules.get(node.name), nonNegative)) appendSplit(g, node)
    else g.append(node)
  }
  for (const { name } of graph.outputs) g.output(name, g.value(name))
  return g
}

function splits(
  g: GraphBuilder,
  node: Node,
  rule: LinearRule | undefined,
  nonNegative: ReadonlySet<string>,
): boolean {
  const [x, ...constants] = node.inputs
  return (
    node.op === 'Conv' &&
    rule !== undefined &&
    'terms' in rule &&
    rule.terms.length > 1 &&
    rule.terms.every((term) => sumsOf(term) !== undefined) &&
    nonNegative.has(x!) &&
    constants.every((name) => name === '' || g.constantOf(g.value(name))?.type === 'float32')
  )
}

function appendSplit(g: GraphBuilder, node: Node): void {
  const [x, ...constants] = node.inputs
  const [output] = node.outputs
  const halves = [
    { signs: POSITIVE, label: 'positive' },
    { signs: NEGATIVE, label: 'negative' },
  ].map(({ signs, label }) => {
    const parts = constants.map((name) => (name === '' ? '' : partOf(g, g.value(name), signs).name))
    const half = `${output}.${label}`
    g.append({ ...node, name: `${node.name}.${label}`, inputs: [x!, ...parts], outputs: [half] })
    return half
  })
  g.append({ op: 'Add', name: node.name, inputs: halves, outputs: [output!], attributes: {} })
}

/** The denominator of a term, from the two sums of a split layer; undefined where it is not split. */
export function splitSum(g: GraphBuilder, output: Value, term: Term): Value | undefined {
  const sums = sumsOf(term)
  const positive = g.find(`${output.name}.positive`)
  const negative = g.find(`${output.name}.negative`)
  if (!sums || !positive || !negative) return undefined
  const times = (value: Value, by: number) =>
    by === 1 ? [value] : by === 0 ? [] : [g.mul(value, g.scalar(by))]
  return g.sum([...times(positive, sums.positive), ...times(negative, sums.negative)])
}

/** The factors of Σ z⁺ and Σ z⁻ in a term's denominator, for inputs that are nowhere negative. */
function sumsOf({ pairs, bias }: Term): SignedPart | undefined {
  const left = pairs.filter(([input]) => !('positive' in input) || input.positive !== 0)
  if (left.length !== 1) return undefined
  const [input, weights] = left[0]!
  if (!('positive' in input) || input.positive !== 1 || weights === 'squared') return undefined
  const same = weights.positive === bias.positive && weights.negative === bias.negative
  return same ? weights : undefined
}
