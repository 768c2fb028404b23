import type { Graph } from './types.ts'

/**
 * A pass over a graph: the same function as another graph, or as the same one where there is nothing to do. Its
 * docstring says what it needs of its graph and what it leaves.
 */
export type Pass = (graph: Graph) => Graph

/** What passes make of a graph, one after the other. */
export function through(passes: readonly Pass[], graph: Graph): Graph {
  return passes.reduce((current, pass) => pass(current), graph)
}
