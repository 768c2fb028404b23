import type { Graph } from './types.ts'

/**
 * A pass over a graph gives another graph of the same function, or the same graph where there is nothing to do. Its
 * docstring says what it needs of its graph and what it leaves.
 */
export type Pass = (graph: Graph) => Graph

/** Apply passes to a graph, one after another. */
export function through(passes: readonly Pass[], graph: Graph): Graph {
  return passes.reduce((current, pass) => pass(current), graph)
}
