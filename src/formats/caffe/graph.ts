/**
 * From a Caffe network to a graph: each layer of its prototxt becomes the ONNX nodes that do the same.
 *
 * Caffe's blobs can be overwritten (a ReLU in place); a graph's values cannot. So a blob stands for the value that was
 * last written to it, and each node makes a new value, named after its layer.
 */

import { reasonOf, UserError } from '../../base/errors.ts'
import { nearest } from '../../base/nearest.ts'
import { GraphBuilder, type Value } from '../../graph/builder.ts'
import type { Node } from '../../graph/operators.ts'
import type { Graph } from '../../graph/types.ts'
import { verify } from '../../graph/verify.ts'
import { TRANSLATIONS } from './layers/index.ts'
import { refuse, type Visit } from './layers/translation.ts'
import { type Layer, type Net, readNet } from './net.ts'
import type { CaffeWeights } from './weights.ts'

/**
 * The graph of a Caffe network.
 *
 * Its input has the name from the prototxt and an open batch: float32 [batch, channels, height, width]. Its outputs are
 * the blobs that no layer reads, by name, in the order in which they are written. The nodes have the names of the
 * layers; the weights are the initializers `<layer>.weight` and `<layer>.bias`.
 *
 * @param prototxt the text of its definition
 * @param file the name of that file, for messages
 * @throws UserError naming the line where the definition is wrong or uses what regard does not read, or the
 *   layer whose weights do not fit
 */
export function caffeGraph(prototxt: string, file: string, weights: CaffeWeights): Graph {
  const net = readNet(prototxt, file)
  const { name, shape } = net.input
  const g = new GraphBuilder(net.name)
  const blobs = new Map<string, Value>([[name, g.input(name, 'float32', ['batch', ...shape.slice(1)])]])
  // The blobs that nothing has read yet, in the order in which they were written.
  const unread = new Set<string>()
  const defined = new Set(net.layers.map((layer) => layer.name))
  for (const layer of net.layers) {
    const bottoms = layer.bottoms.map((bottom) => blobOf(bottom, layer, blobs, net))
    for (const bottom of layer.bottoms) unread.delete(bottom)
    if (layer.type === 'Silence') continue
    const tops = translated({
      g,
      layer,
      bottoms,
      batch: shape[0]!,
      weights: (...wanted) => weights.of(layer, wanted, defined),
    })
    layer.tops.forEach((top, k) => {
      blobs.set(top, tops[k]!)
      unread.delete(top)
      unread.add(top)
    })
  }
  if (unread.size === 0) throw new UserError('the network has no output: every blob is read by a layer', file)
  const outputs = [...unread]
  const values = new Set<string>()
  for (const blob of outputs) {
    let value = blobs.get(blob)!
    // One value can be an output only once.
    if (values.has(value.name) || value.name === name) value = g.op('Identity', [value], {}, blob)
    values.add(value.name)
    g.output(value.name, value)
  }
  const graph = withOutputNames(g.graph(), outputs)
  try {
    verify(graph)
  } catch (error) {
    throw new UserError(`is not a well-formed network: ${reasonOf(error)}`, file)
  }
  return graph
}

function blobOf(bottom: string, layer: Layer, blobs: ReadonlyMap<string, Value>, net: Net): Value {
  const value = blobs.get(bottom)
  if (value) return value
  const loader = net.loaded.get(bottom)
  if (loader) {
    throw refuse(
      layer,
      `it reads ${bottom}, which layer ${loader.name} (${loader.type}) loads in training`,
      'Give the network’s deploy prototxt',
    )
  }
  const meant = nearest(bottom, blobs.keys())
  throw refuse(
    layer,
    `it reads the blob ${bottom}, which no layer before it writes`,
    meant && `Did you mean “${meant}”?`,
  )
}

/** Fields of a layer and its parameters that change nothing outside training, or only how it is computed. */
const HARMLESS: ReadonlySet<string> = new Set([
  'bias_filler',
  'blob_share_mode',
  'blobs_lr',
  'engine',
  'exclude',
  'filler',
  'force_nd_im2col',
  'include',
  'loss_weight',
  'moving_average_fraction',
  'param',
  'phase',
  'propagate_down',
  'stable_prod_grad',
  'weight_decay',
  'weight_filler',
])

function translated(visit: Visit): Value[] {
  const { layer } = visit
  const translation = TRANSLATIONS.get(layer.type)
  if (!translation) {
    const meant = nearest(layer.type, TRANSLATIONS.keys())
    throw refuse(
      layer,
      'regard does not read layers of this type',
      meant
        ? `Did you mean “${meant}”?`
        : 'Cut the network off before it, or replace it by layers of these types: ' +
            [...TRANSLATIONS.keys()].join(', '),
    )
  }
  let tops: Value[]
  try {
    tops = translation(visit)
  } catch (error) {
    if (error instanceof UserError) throw error
    throw refuse(layer, reasonOf(error))
  }
  const unread = layer.parameters.unread(HARMLESS)
  if (unread) {
    throw refuse(
      { ...layer, where: unread.where },
      `regard does not read its ${unread.name}, which may change what it computes`,
      'Remove it if it only matters in training',
    )
  }
  if (tops.length !== layer.tops.length) {
    throw refuse(layer, `it names ${layer.tops.length} tops, not ${tops.length}`)
  }
  return tops
}

/**
 * Name the outputs after their blobs. A value that already has such a name, from before a layer changed the blob in
 * place, is renamed; an input is not.
 */
function withOutputNames(graph: Graph, blobs: readonly string[]): Graph {
  const names = new Map<string, string>()
  const taken = new Set(graph.nodes.flatMap(({ outputs }) => outputs))
  graph.outputs.forEach(({ name }, k) => {
    const blob = blobs[k]!
    if (name === blob || graph.inputs.some((input) => input.name === blob)) return
    if (taken.has(blob) && !names.has(blob)) names.set(blob, `${blob}.before`)
    names.set(name, blob)
  })
  if (names.size === 0) return graph
  const renamed = (name: string) => names.get(name) ?? name
  return {
    ...graph,
    outputs: graph.outputs.map((output) => ({ ...output, name: renamed(output.name) })),
    nodes: graph.nodes.map(
      (node) => ({ ...node, inputs: node.inputs.map(renamed), outputs: node.outputs.map(renamed) }) as Node,
    ),
  }
}
