import { UserError } from '../../base/errors.ts'
import type { Graph } from '../../graph/types.ts'
import { type LinearNode, linearNodesBetween } from '../linear.ts'
import type { CompositeEntry, RelevanceComposite } from './composite.ts'

/**
 * Which entry of a composite each linear layer gets, by the name of its node.
 *
 * Layers are counted from the input to the output, and only those on a path between the two: heads of the network that
 * are not explained do not count.
 *
 * @throws UserError naming the layer that no entry fits, or the entry whose name fits no layer
 */
export function assign(
  graph: Graph,
  composite: RelevanceComposite,
  input: string,
  output: string,
): Map<string, CompositeEntry> {
  const layers = linearNodesBetween(graph, input, output)
  const assigned = new Map<string, CompositeEntry>()
  composite.layers.forEach((entry, k) => {
    const fitting = layersOf(entry, layers, graph)
    for (const pattern of [entry.name, entry.upTo]) {
      if (pattern === undefined || layers.some(({ name }) => isLike(name, pattern))) continue
      throw new UserError(
        `no layer has a name like ${pattern}`,
        `composite ${composite.name}, layers[${k}]`,
        `The layers are: ${layers.map(({ name }) => name).join(', ')}`,
      )
    }
    if (fitting.length === 0 && (entry.name ?? entry.upTo) !== undefined && !entry.kernels) {
      throw new UserError('no layer meets all its conditions', `composite ${composite.name}, layers[${k}]`)
    }
    for (const { name } of fitting) if (!assigned.has(name)) assigned.set(name, entry)
  })
  const left = layers.find(({ name }) => !assigned.has(name))
  if (left) {
    throw new UserError(
      `no entry fits the layer ${left.name} (${left.op})`,
      `composite ${composite.name}`,
      'Let its last entry name no operators, so that it fits every layer',
    )
  }
  return assigned
}

function layersOf(entry: CompositeEntry, layers: readonly LinearNode[], graph: Graph): readonly LinearNode[] {
  let fitting = layers
  if (entry.kernels) {
    const convolutions = layers.filter(({ op }) => op === 'Conv').slice(0, entry.kernels.length)
    const begins = entry.kernels.every(([filters, size], k) => {
      const shape = graph.initializers.get(convolutions[k]?.inputs[1] ?? '')?.shape
      return shape?.[0] === filters && shape[2] === size && shape[3] === size
    })
    fitting = begins ? convolutions : []
  }
  if (entry.upTo !== undefined) {
    const last = fitting.findLastIndex(({ name }) => isLike(name, entry.upTo!))
    fitting = fitting.slice(0, last + 1)
  }
  const { operators, name } = entry
  if (operators)
    fitting = fitting.filter(({ op }) => operators.includes(op === 'ConvTranspose' ? 'Conv' : op))
  if (name !== undefined) fitting = fitting.filter((layer) => isLike(layer.name, name))
  if (entry.first !== undefined) fitting = fitting.slice(0, entry.first)
  if (entry.last !== undefined) fitting = fitting.slice(-entry.last)
  return fitting
}

/** Whether a name matches a pattern, in which `*` stands for anything. */
function isLike(name: string, pattern: string): boolean {
  const source = pattern
    .split('*')
    .map((text) => text.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
    .join('.*')
  return new RegExp(`^${source}$`).test(name)
}
