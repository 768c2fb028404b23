/**
 * How the nodes of a graph are connected: which node makes each value, which nodes read it, what depends on it and what
 * it depends on. A Scan reads the outer values that its body reads.
 */

import type { Node } from './operators.ts'
import type { Graph } from './types.ts'

/** Which nodes make and read the values of a graph. */
export interface Wiring {
  /** The node that makes a value; undefined for an input or a constant. */
  makerOf(name: string): Node | undefined
  /** The nodes that read a value, in the order of the graph; one that reads it twice is listed twice. */
  readersOf(name: string): readonly Node[]
  /**
   * The only node that reads a value, if it reads it once: then that value may be removed or changed together with the
   * node. Undefined where anything else reads it, and where it is an output of the graph.
   */
  soleReaderOf(name: string): Node | undefined
}

const wirings = new WeakMap<Graph, Wiring>()

/** The wiring of a graph, computed once: a graph never changes. */
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

/** The names of the values that a node reads, without omitted inputs. */
export function namesRead(node: Node): string[] {
  const own = node.inputs.filter((name) => name !== '')
  if (node.op !== 'Scan') return own
  const { nodes, outputs } = node.attributes.body
  return [...own, ...nodes.flatMap(namesRead), ...outputs.map(({ name }) => name)]
}

/**
 * The names of all values whose elements depend on those of one of the given ones, these included. What depends only on
 * the shape of a value does not count.
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
