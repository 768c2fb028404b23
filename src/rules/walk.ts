/**
 * The backward walk that the gradient and relevance share.
 *
 * Both are derived from a graph in the same way: start with a value at an output, visit the nodes from last to
 * first, let each one turn what arrived at its outputs into something for its inputs, and add up what arrives
 * at one value from several places. Only the rules differ.
 *
 * **Several targets can share one forward pass.** What arrives at a value has the value's shape, with one
 * exception: where the graph works on a batch of 1, what arrives may have any number of rows, one for each
 * target, all of the same picture. So a rule takes dimension 0 from what arrived and lets the graph's own
 * values repeat along it, as ONNX's arithmetic does by itself; it never takes the batch from the `Shape` of a
 * value of the graph, and never adds up along dimension 0 because that is 1 there. A value that belongs to
 * no picture (a weight, a constant) cannot hold one row for each target: asking for what arrives at it then is
 * an error. The walk checks the shape of everything that arrives, so a rule that mixes rows does not go unseen.
 */

import { addToGroup } from '../base/groupBy.ts'
import type { GraphBuilder, Value } from '../graph/builder.ts'
import type { NodeOf, Operator } from '../graph/operators.ts'
import type { Dimension, Graph, Shape } from '../graph/types.ts'
import { dependents } from '../graph/wiring.ts'

/** A node of the graph that is walked, with the values it reads and makes. */
interface Visit<O extends Operator> {
  readonly builder: GraphBuilder
  readonly node: NodeOf<O>
  /** Undefined for an omitted optional input. */
  readonly inputs: readonly (Value | undefined)[]
  readonly outputs: readonly Value[]
  /** For each input, whether what arrives there is wanted: a rule need not compute the others. */
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
 * @param start what arrives at which value to begin with, of its shape, or with more rows where it has one
 * @param wanted the names of the values to reach
 * @returns what arrived at each wanted value, if anything did
 * @throws Error naming the node where what arrives does not have the shape that it must have
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
  for (const node of graph.nodes.toReversed()) {
    if (!node.outputs.some((name) => onTheWay.has(name) && arrived.has(name))) continue
    const visit = {
      builder,
      node,
      inputs: node.inputs.map((name) => (name === '' ? undefined : builder.value(name))),
      outputs: node.outputs.map((name) => builder.value(name)),
      wanted: node.inputs.map((name) => onTheWay.has(name)),
    }
    const rule = table[node.op] as BackwardRule<Operator>
    const totals = node.outputs.map(total)
    const rows = rowsOf(totals, visit.outputs, node)
    const passed = builder.scope(node.name, () => rule(visit as Visit<Operator>, totals))
    passed.forEach((value, k) => {
      const name = node.inputs[k]!
      if (!value || !onTheWay.has(name)) return
      checkShape(value, withRows(visit.inputs[k]!, rows), `${node.name} (${node.op})`)
      addToGroup(arrived, name, value)
    })
  }
  return new Map(wanted.flatMap((name) => (arrived.has(name) ? [[name, total(name)!]] : [])))
}

/** How many rows arrived at a node whose outputs have one; undefined where they have equally many. */
function rowsOf(
  arrived: readonly (Value | undefined)[],
  outputs: readonly Value[],
  node: { name: string; op: string },
): Dimension | undefined {
  let rows: Dimension | undefined
  arrived.forEach((value, k) => {
    if (!value) return
    const own = outputs[k]!
    const differ = own.shape[0] === 1 && value.shape[0] !== 1
    checkShape(value, withRows(own, differ ? value.shape[0] : undefined), `${node.name} (${node.op})`)
    if (differ) rows = value.shape[0]
  })
  return rows
}

function withRows({ shape }: Value, rows: Dimension | undefined): Shape {
  return rows === undefined ? shape : [rows, ...shape.slice(1)]
}

function checkShape({ name, shape }: Value, wanted: Shape, where: string): void {
  if (shape.join() === wanted.join()) return
  throw new Error(
    `node ${where}: what arrives, ${name} [${shape.join(', ')}], should have the shape [${wanted.join(', ')}]. ` +
      'Targets share a forward pass only where every layer keeps the pictures in dimension 0',
  )
}

/** The rule for operators that a table does not cover: an error that names the node. */
export function noRule(what: string): (visit: { node: { name: string; op: string } }) => never {
  return ({ node: { name, op } }) => {
    throw new Error(
      `node ${name} uses the operator ${op}, which has no ${what} rule. ` +
        'Choose an output before it, or replace it by operators that have one',
    )
  }
}
