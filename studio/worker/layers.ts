/** Layers whose maps can be asked for and shown. */

import { type Graph, type ModelExplanation, pixelRelevance, UserError } from 'regard'

/**
 * The value that stands for a convolution's output: scales and shifts after it are merged into it before relevance is
 * handed down, so its own output no longer exists.
 */
export function valueBehind(network: Graph, name: string): string {
  const { nodes, initializers } = network
  const readers = nodes.filter(({ inputs }) => inputs.includes(name))
  const [only] = readers
  if (readers.length !== 1 || !only) return name
  const scales =
    only.op === 'BatchNormalization' ||
    (['Mul', 'Add', 'Sub', 'Div'].includes(only.op) &&
      only.inputs.every((input) => input === name || initializers.has(input!)))
  return scales ? valueBehind(network, only.outputs[0]!) : name
}

/** The value whose map shows what arrived at a node; undefined without height and width. */
export function mappedAt(network: Graph, layer: string): string | undefined {
  const node = network.nodes.find(({ name, op }) => name === layer && op === 'Conv')
  return node && valueBehind(network, node.outputs[0]!)
}

/** The relevance of a layer: the sum over its channels. */
export function layerMap(found: ModelExplanation, layer: string) {
  const relevance = found.layers[layer]
  if (relevance?.shape.length !== 4) throw new UserError('has no height and width', layer)
  return pixelRelevance(relevance)
}
