import { GraphBuilder } from '../graph/builder.ts'
import type { Graph, Tensor, TensorOf } from '../graph/types.ts'

/** Weights by name. */
export type Weights = Map<string, TensorOf<'float32'>>

/** The factors of the learning rate of some weights, by name. Those at 0 are frozen. */
export type Rates = ReadonlyMap<string, number>

/** The weights of a network that are trained: its constants called `….weight` and `….bias`, except frozen ones. */
export function trainableWeights(network: Graph, rates?: Rates): Weights {
  const isWeight = ([name, { type }]: [string, Tensor]) =>
    type === 'float32' && /\.(weight|bias)$/.test(name) && rates?.get(name) !== 0
  return new Map([...network.initializers].filter(isWeight) as [string, TensorOf<'float32'>][])
}

/** The network with its trained weights as inputs, before its own. */
export function weightsAsInputs(network: Graph, rates?: Rates): Graph {
  const values = GraphBuilder.from(network)
  const weights = trainableWeights(network, rates)
  return {
    ...network,
    inputs: [...[...weights.keys()].map((name) => values.value(name)), ...network.inputs],
    initializers: new Map([...network.initializers].filter(([name]) => !weights.has(name))),
  }
}

/** The inverse of {@link weightsAsInputs}: its inputs that are weights become constants with these values. */
export function weightsAsConstants(network: Graph, weights: Weights): Graph {
  const own = network.inputs.flatMap(({ name }) => {
    const tensor = weights.get(name)
    return tensor ? [[name, tensor] as const] : []
  })
  return {
    ...network,
    inputs: network.inputs.filter(({ name }) => !weights.has(name)),
    initializers: new Map<string, Tensor>([...network.initializers, ...own]),
  }
}
