import type { Graph } from '../../graph/types.ts'
import { dependents } from '../../graph/wiring.ts'
import type { CompositeName } from './presets.ts'

/**
 * The composite for a network of which nothing else is said: that of the paper, or for one with attention
 * `attnlrp-gamma`. The paper's is made for convolutions; it says nothing of tokens.
 */
export function defaultComposite(network: Graph): CompositeName {
  return hasAttention(network) ? 'attnlrp-gamma' : 'paper'
}

/** Whether a network multiplies two computed matrices, one of which follows from a softmax. */
function hasAttention(network: Graph): boolean {
  const computed = dependents(
    network,
    network.inputs.map(({ name }) => name),
  )
  const weights = network.nodes.flatMap(({ op, outputs }) => (op === 'Softmax' ? outputs : []))
  const behind = dependents(network, weights)
  return network.nodes.some(
    ({ op, inputs }) =>
      op === 'MatMul' &&
      inputs.every((name) => computed.has(name)) &&
      inputs.some((name) => behind.has(name)),
  )
}
