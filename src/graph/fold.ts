/**
 * Constant folding: what follows from constants alone becomes a constant.
 *
 * Exporters leave much of this: shapes that are read, sliced and concatenated again, weights that are transposed. A
 * size that is known only when the graph runs, such as the batch, stays.
 */

import { reasonOf } from '../base/errors.ts'
import { GraphBuilder } from './builder.ts'
import { compute, isComputed } from './compute.ts'
import type { Node } from './operators.ts'
import type { Pass } from './pass.ts'
import { inferNode, type Known } from './shapes.ts'
import type { Tensor } from './types.ts'
import { sources } from './wiring.ts'

/**
 * The output of a node that follows from constants: from the elements of its inputs, or because it holds known sizes,
 * or whether these are equal. Undefined where it does not.
 *
 * @throws Error when the node's inputs do not fit
 */
function folded(node: Node, inputs: readonly (Known | undefined)[]): Tensor | undefined {
  if (node.outputs.length !== 1) return undefined
  const constants = inputs.map((input) => input?.constant)
  const all = inputs.every((input, k) => input === undefined || constants[k] !== undefined)
  if (all && isComputed(node.op))
    return compute(node.op, constants, node.attributes as unknown as Record<string, unknown>)
  const { type, shape, dimensions } = inferNode(node, inputs)[0]!
  if (!dimensions?.every((d) => typeof d === 'number')) return undefined
  if (type === 'int64')
    return { type, shape: shape as number[], data: BigInt64Array.from(dimensions, BigInt) }
  return type === 'bool' ? { type, shape: shape as number[], data: Uint8Array.from(dimensions) } : undefined
}

/**
 * The graph with what follows from constants computed, and without nodes whose results nobody reads.
 *
 * Needs: nodes in order; shapes are inferred again, so inputs may have other shapes than the graph was made for.
 * Leaves: no node that follows from constants, except those that make an output; nothing unread.
 *
 * @throws Error naming the node that does not fit
 */
export const fold: Pass = (graph) => {
  const builder = new GraphBuilder(graph.name)
  for (const { name, type, shape } of graph.inputs) builder.input(name, type, shape)
  for (const [name, tensor] of graph.initializers) builder.initializer(name, tensor)
  const results = new Set(graph.outputs.map(({ name }) => name))
  for (const node of graph.nodes) addFolded(builder, node, results)
  for (const { name } of graph.outputs) builder.output(name, builder.value(name))
  return withoutUnread(builder.graph())
}

/**
 * Add a node to a builder, or its result if that is constant.
 *
 * @param results the names of the graph's outputs, which stay outputs of nodes
 */
export function addFolded(builder: GraphBuilder, node: Node, results: ReadonlySet<string>): void {
  const inputs = node.inputs.map((name) => (name === '' ? undefined : builder.knownOf(name)))
  const [name] = node.outputs
  const tensor = results.has(name!) ? undefined : foldedOf(node, inputs)
  if (tensor) builder.initializer(name!, tensor)
  else builder.append(node)
}

function foldedOf(node: Node, inputs: readonly (Known | undefined)[]): Tensor | undefined {
  try {
    return folded(node, inputs)
  } catch (error) {
    throw new Error(`node ${node.name} (${node.op}): ${reasonOf(error)}`)
  }
}

/**
 * The graph without the nodes and constants that its outputs do not depend on.
 *
 * Needs: a well-formed graph. Leaves: only nodes and constants that some output depends on; all inputs.
 */
export const withoutUnread: Pass = (graph) => {
  const read = sources(
    graph,
    graph.outputs.map(({ name }) => name),
  )
  const nodes = graph.nodes.filter((node) => node.outputs.some((name) => read.has(name)))
  const initializers = new Map([...graph.initializers].filter(([name]) => read.has(name)))
  return { ...graph, nodes, initializers }
}
