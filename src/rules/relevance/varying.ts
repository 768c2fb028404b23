import type { Graph } from '../../graph/types.ts'
import { dependents } from '../../graph/wiring.ts'
import type { RelevanceComposite } from '../composites/composite.ts'

/**
 * Whether a value, by its name, varies with the network's input; one that does not is a constant, however it is
 * computed.
 */
export type Varies = (name: string) => boolean

/**
 * Which values of a graph vary with its inputs. Where softmax counts as constant, values that depend on the inputs only
 * through one do not vary.
 */
export function varying(graph: Graph, { softmax }: Pick<RelevanceComposite, 'softmax'>): Varies {
  const nodes = softmax === 'constant' ? graph.nodes.filter(({ op }) => op !== 'Softmax') : graph.nodes
  const found = dependents(
    { ...graph, nodes },
    graph.inputs.map(({ name }) => name),
  )
  return (name) => found.has(name)
}
