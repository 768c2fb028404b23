/**
 * The backward walk that the gradient and relevance share.
 *
 * Both are derived from a graph in the same way: start with a value at an output, visit the nodes from last to
 * first, let each one turn what arrived at its outputs into something for its inputs, and add up what arrives
 * at one value from several places. Only the rules differ.
 */

import type { GraphBuilder, Value } from '../graph/builder.ts'
import type { NodeOf, Operator } from '../graph/operators.ts'
import type { Graph } from '../graph/types.ts'

/** A node of the graph that is walked, with the values it reads and makes. */
interface Visit<O extends Operator> {
  readonly builder: GraphBuilder
  readonly node: NodeOf<O>
  /** Undefined for an optional input that is left out. */
  readonly inputs: readonly (Value | undefined)[]
  readonly outputs: readonly Value[]
  /** For each input, whether anybody wants what arrives there: a rule need not compute the others. */
  readonly wanted: readonly boolean[]
}

/**
 * How one operator passes on what arrived at its outputs (undefined where nothing did): a value for each
 * input, or undefined where nothing flows. It adds its nodes to `visit.builder`.
 */
export type BackwardRule<O extends Operator> = (
  visit: Visit<O>,
  arrived: readonly (Value | undefined)[],
) => (Value | undefined)[]

/** A rule for every operator; forgetting one does not compile. */
export type BackwardTable = { readonly [O in Operator]: BackwardRule<O> }

/**
 * Walk a graph backwards.
 *
 * @param builder holds the graph's nodes already; the rules' nodes are added to it
 * @param start what arrives at which value to begin with
 * @param wanted the names of the values to arrive at
 * @returns what arrived, for each wanted value that anything reached
 */
export function walkBackward(
  builder: GraphBuilder,
  graph: Graph,
  table: BackwardTable,
  start: ReadonlyMap<string, Value>,
  wanted: readonly string[],
): Map<string, Value> {
  const onTheWay = dependents(graph, wanted)
  const arrived = new Map<string, Value[]>([...start].map(([name, value]) => [name, [value]]))
  const total = (name: string) => {
    const values = arrived.get(name)
    if (!values) return undefined
    const sum = builder.sum(values)
    arrived.set(name, [sum])
    return sum
  }
  for (const node of [...graph.nodes].reverse()) {
    if (!node.outputs.some((name) => onTheWay.has(name) && arrived.has(name))) continue
    const visit = {
      builder,
      node,
      inputs: node.inputs.map((name) => (name === '' ? undefined : builder.value(name))),
      outputs: node.outputs.map((name) => builder.value(name)),
      wanted: node.inputs.map((name) => onTheWay.has(name)),
    }
    const rule = table[node.op] as BackwardRule<Operator>
    const passed = builder.scope(node.name, () => rule(visit as Visit<Operator>, node.outputs.map(total)))
    passed.forEach((value, k) => {
      const name = node.inputs[k]!
      if (value && onTheWay.has(name)) arrived.set(name, [...(arrived.get(name) ?? []), value])
    })
  }
  return new Map(wanted.flatMap((name) => (arrived.has(name) ? [[name, total(name)!]] : [])))
}

/** The names of all values that depend on one of the given ones, these included. */
export function dependents(graph: Graph, names: readonly string[]): Set<string> {
  const found = new Set(names)
  for (const node of graph.nodes) {
    if (node.inputs.some((name) => found.has(name))) for (const name of node.outputs) found.add(name)
  }
  return found
}

/** A rule for operators that a table has none for: an error that names the node. */
export function noRule(what: string): (visit: { node: { name: string; op: string } }) => never {
  return ({ node: { name, op } }) => {
    throw new Error(
      `node ${name} uses the operator ${op}, which has no ${what} rule. ` +
        'Choose an output before it, or replace it by operators that have one',
    )
  }
}
