import type { Graph } from '../../graph/types.ts'
import { dependents } from '../../graph/wiring.ts'
import type { RelevanceComposite } from '../composites/composite.ts'

/** Whether a value, by its name, varies with what the network is shown; what does not is a constant, however it is made. */
export type Varies = (name: string) => boolean

/**
 * Which values of a graph vary with its inputs. Where softmax counts as constant, what depends on them only through one
 * does not.
 */
export function varying(graph: Graph, { softmax }: Pick<RelevanceComposite, 'softmax'>): Varies {
  const nodes = softmax === 'constant' ? graph.nodes.filter(({ op }) => op !== 'Softmax') : graph.nodes
  const found = dependents(
    { ...graph, nodes },
    graph.inputs.map(({ name }) => name),
  )
  return (name) => found.has(name)
}
