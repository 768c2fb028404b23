import type { Graph } from '../../graph/types.ts'
import { dependents } from '../../graph/wiring.ts'
import type { CompositeName } from './presets.ts'

/**
 * The default composite for a network: the paper's, or `attnlrp-gamma` for a network with attention. The paper's is
 * made for convolutions, and does not deal with tokens.
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
