import { UserError } from '../base/errors.ts'
import { addToGroup } from '../base/groupBy.ts'
import { withoutUnread } from '../graph/fold.ts'
import type { Graph, TensorOf, ValueInfo } from '../graph/types.ts'

/** Trained weights that a network starts from, instead of random ones. */
export interface StartingPoint {
  /** By name: `<layer>.weight` and `<layer>.bias`. */
  readonly weights: ReadonlyMap<string, TensorOf<'float32'>>
  /** Where they come from, for messages. */
  readonly where: string
  /** How many times faster the layers that start random learn than the others. */
  readonly freshRate: number
  /** Layers that are not trained, by name or the first part of it: `conv1` includes `conv1/7x7_s2`. */
  readonly frozen?: readonly string[]
}

/** A network with its starting weights, without the heads that have none. */
export interface Started {
  readonly network: Graph
  /** The layers whose weights were taken, in the order of the network. */
  readonly taken: readonly string[]
  /** The layers that start random: their name or shape differs, such as that of a new task's classifier. */
  readonly fresh: readonly string[]
  /** The weights that learn at another rate, by name: the factor, 0 for frozen ones. */
  readonly rates: ReadonlyMap<string, number>
}

/**
 * Let a network start from trained weights. A layer takes all of its weights or none: it takes them where there are
 * weights of its name and shapes, and otherwise keeps its random ones.
 *
 * An auxiliary head of which no layer is taken is left out: a trained network's values half way up are large (tens, in
 * GoogLeNet), a random head turns them into losses and gradients that are larger still, and these undo the layers that
 * were taken.
 *
 * @param network as built, with random weights
 * @throws UserError when no layer fits, a weight that fits is not a finite number, or a layer to be frozen is not taken
 */
export function startFrom(
  network: Graph,
  { weights, where, freshRate, frozen = [] }: StartingPoint,
): Started {
  const initializers = new Map(network.initializers)
  const [taken, fresh]: [string[], string[]] = [[], []]
  const rates = new Map<string, number>()
  const layers = layersOf(network)
  for (const [layer, names] of layers) {
    const found = names.map((name) => weights.get(name))
    const fits = found.every(
      (tensor, k) => tensor && squeezed(tensor.shape) === squeezed(initializers.get(names[k]!)!.shape),
    )
    if (fits) {
      taken.push(layer)
      names.forEach((name, k) => {
        requireFinite(found[k]!.data, name, where)
        initializers.set(name, { ...found[k]!, shape: initializers.get(name)!.shape })
      })
    } else {
      fresh.push(layer)
      for (const name of names) rates.set(name, freshRate)
    }
  }
  if (taken.length === 0) throw nothingFits(network, weights, where)
  for (const name of frozen) {
    const meant = taken.filter((layer) => layer === name || layer.startsWith(`${name}/`))
    if (meant.length === 0) throw notFrozen(name, taken, where)
    for (const weight of meant.flatMap((layer) => layers.get(layer)!)) rates.set(weight, 0)
  }
  const { network: started, left } = withoutRandomHeads({ ...network, initializers }, new Set(taken))
  for (const layer of left) for (const name of layers.get(layer)!) rates.delete(name)
  return { network: started, taken, fresh: fresh.filter((layer) => !left.includes(layer)), rates }
}

/**
 * The network without the outputs after its first that no taken layer serves, and without the layers that served only
 * them.
 */
function withoutRandomHeads(network: Graph, taken: ReadonlySet<string>): { network: Graph; left: string[] } {
  const [main, ...heads] = network.outputs
  const ownLayers = (head: ValueInfo) => {
    const others = network.outputs.filter((output) => output !== head)
    const kept = layersOf(withoutUnread({ ...network, outputs: others }))
    return [...layersOf(network).keys()].filter((layer) => !kept.has(layer))
  }
  const random = heads.filter((head) => !ownLayers(head).some((layer) => taken.has(layer)))
  if (random.length === 0) return { network, left: [] }
  const outputs = [main!, ...heads.filter((head) => !random.includes(head))]
  return { network: withoutUnread({ ...network, outputs }), left: random.flatMap(ownLayers) }
}

/** The names of each layer's weights, by the name of the layer. */
function layersOf(network: Graph): Map<string, string[]> {
  const layers = new Map<string, string[]>()
  for (const name of network.initializers.keys()) {
    const layer = /^(.*)\.(weight|bias)$/.exec(name)?.[1]
    if (layer !== undefined) addToGroup(layers, layer, name)
  }
  return layers
}

/** A shape without its leading ones: old Caffe files give every shape four dimensions. */
function squeezed(shape: readonly number[]): string {
  return shape.join().replace(/^(1,)*/, '')
}

// A plain loop, as there may be a hundred million of them.
function requireFinite(data: Float32Array, name: string, where: string): void {
  for (let k = 0; k < data.length; k++) {
    if (Number.isFinite(data[k])) continue
    throw new UserError(
      `${name} holds ${data[k]} (number ${k} of ${data.length})`,
      where,
      'The file is damaged',
    )
  }
}

function notFrozen(name: string, taken: readonly string[], where: string): UserError {
  const first = [...new Set(taken.map((layer) => layer.split('/')[0]!))]
  return new UserError(
    `no layer ${name} is taken from it, so there is none to freeze`,
    where,
    `It has ${first.slice(0, 8).join(', ')}${first.length > 8 ? ', …' : ''}`,
  )
}

function nothingFits(network: Graph, weights: StartingPoint['weights'], where: string): UserError {
  const shared = [...network.initializers].find(([name]) => weights.has(name) && name.endsWith('.weight'))
  const list = (shape: readonly number[]) => `[${shape.join(', ')}]`
  if (shared) {
    const [name, { shape }] = shared
    return new UserError(
      `no layer fits the network ${network.name}: ${name} is ${list(weights.get(name)!.shape)}, not ${list(shape)}`,
      where,
      'Give the network the width that the weights were trained with',
    )
  }
  const named = [...weights.keys()].slice(0, 5).join(', ')
  return new UserError(
    `no layer has the name of one in the network ${network.name}: it holds ${named || 'no weights'}`,
    where,
    'Give weights of the same network, with its published layer names',
  )
}
