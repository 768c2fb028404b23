/**
 * How the nodes of a graph hang together: who makes each value, who reads it, what follows from it and what it
 * follows from. A Scan reads what its body reads from around it.
 */

import type { Node } from './operators.ts'
import type { Graph } from './types.ts'

/** Who makes and who reads the values of a graph. */
export interface Wiring {
  /** The node that makes a value; undefined for an input or a constant. */
  makerOf(name: string): Node | undefined
  /** The nodes that read a value, in the order of the graph; one that reads it twice is there twice. */
  readersOf(name: string): readonly Node[]
  /**
   * The node that alone reads a value, and once: then that value may go or change together with the node. Undefined
   * where anything else reads it, and where it is an output of the graph.
   */
  soleReaderOf(name: string): Node | undefined
}

const wirings = new WeakMap<Graph, Wiring>()

/** The wiring of a graph, worked out once: a graph never changes. */
export function wiringOf(graph: Graph): Wiring {
  const known = wirings.get(graph)
  if (known) return known
  const wiring = wired(graph)
  wirings.set(graph, wiring)
  return wiring
}

function wired(graph: Graph): Wiring {
  const makers = new Map<string, Node>()
  const readers = new Map<string, Node[]>()
  for (const node of graph.nodes) {
    for (const name of node.outputs) makers.set(name, node)
    for (const name of namesRead(node)) {
      const list = readers.get(name)
      if (list) list.push(node)
      else readers.set(name, [node])
    }
  }
  const results = new Set(graph.outputs.map(({ name }) => name))
  const readersOf = (name: string) => readers.get(name) ?? []
  return {
    makerOf: (name) => makers.get(name),
    readersOf,
    soleReaderOf: (name) => {
      const [first, ...others] = readersOf(name)
      return others.length === 0 && !results.has(name) ? first : undefined
    },
  }
}

/** The names of the values that a node reads; inputs that are left out are none. */
export function namesRead(node: Node): string[] {
  const own = node.inputs.filter((name) => name !== '')
  if (node.op !== 'Scan') return own
  const { nodes, outputs } = node.attributes.body
  return [...own, ...nodes.flatMap(namesRead), ...outputs.map(({ name }) => name)]
}

/**
 * The names of all values whose elements depend on those of one of the given ones, these included. What follows from
 * the shape alone of a value does not depend on it.
 */
export function dependents(graph: Graph, names: Iterable<string>): Set<string> {
  const found = new Set(names)
  for (const node of graph.nodes) {
    if (node.op === 'Shape') continue
    if (namesRead(node).some((name) => found.has(name))) for (const name of node.outputs) found.add(name)
  }
  return found
}

/** The names of all values that the given ones depend on, these included. */
export function sources(graph: Graph, names: Iterable<string>): Set<string> {
  const found = new Set(names)
  for (const node of graph.nodes.toReversed()) {
    if (node.outputs.some((name) => found.has(name))) for (const name of namesRead(node)) found.add(name)
  }
  return found
}
