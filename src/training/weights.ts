import { GraphBuilder } from '../graph/builder.ts'
import type { Graph, Tensor, TensorOf } from '../graph/types.ts'

/** Weights by name. */
export type Weights = Map<string, TensorOf<'float32'>>

/** The weights of a network: its constants called `….weight` and `….bias`. */
export function weightsOf(network: Graph): Weights {
  const isWeight = ([name, { type }]: [string, Tensor]) => type === 'float32' && /\.(weight|bias)$/.test(name)
  return new Map([...network.initializers].filter(isWeight) as [string, TensorOf<'float32'>][])
}

/** The same network with other weights, of those that it has. */
export function withWeights(network: Graph, weights: Weights): Graph {
  const replaced = [...network.initializers].map(
    ([name, tensor]) => [name, weights.get(name) ?? tensor] as const,
  )
  return { ...network, initializers: new Map<string, Tensor>(replaced) }
}

/** The network with its weights as inputs, before its own. */
export function weightsAsInputs(network: Graph): Graph {
  const values = GraphBuilder.from(network)
  const weights = weightsOf(network)
  return {
    ...network,
    inputs: [...[...weights.keys()].map((name) => values.value(name)), ...network.inputs],
    initializers: new Map([...network.initializers].filter(([name]) => !weights.has(name))),
  }
}
