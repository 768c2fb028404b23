/**
 * Ten-crop scoring as one graph: a picture's score is the mean softmax of its four corners, its centre, and
 * the mirror images of these five.
 */

import { UserError } from '../base/errors.ts'
import type { Engine } from '../engine/engine.ts'
import { centreCrop } from '../faces/crop.ts'
import { GraphBuilder, type Value } from '../graph/builder.ts'
import { float32, type Graph } from '../graph/types.ts'

/** Crops of a picture. */
const CROPS = 10

/**
 * Derive the graph that scores whole pictures from a network that sees crops.
 *
 * Crops as in Caffe's `oversample` (python/caffe/io.py): windows at the corners and at ⌊(picture − crop) / 2⌋,
 * mirrored after the mean was subtracted.
 *
 * @param network with an open batch: one input, float32 [batch, 3, crop, crop], BGR, mean subtracted; its first
 *   output the logits, [batch, classes]
 * @param options.picture side of the pictures, in pixels, at least that of the crop
 * @param options.mean the mean picture: 3 · picture² numbers, planes of blue, green and red
 * @returns a graph with the input `pictures`, uint8 [batch, picture, picture, 3], RGB, and the output `scores`,
 *   float32 [batch, classes], each row the mean of ten probabilities
 */
export function tenCropGraph(
  network: Graph,
  { picture, mean }: { picture: number; mean: Float32Array },
): Graph {
  const crop = Number(network.inputs[0]!.shape[2])
  const last = picture - crop
  if (last < 0) throw new Error(`pictures of ${picture} pixels are smaller than the network's ${crop}`)
  const g = new GraphBuilder(`${network.name}.tenCrop`)
  const pictures = g.input('pictures', 'uint8', ['batch', picture, picture, 3])
  const crops = g.scope('crops', () => {
    // The channels are moved and turned round as bytes, which are a quarter of the floats.
    const planes = g.slice(g.transpose(pictures, [0, 3, 1, 2]), { 1: [-1, -4, -1] })
    const means = g.constant(float32([3, picture, picture], mean), 'mean')
    const centred = g.sub(g.op('Cast', [planes], { to: 'float32' }), means)
    const window = (top: number, left: number) =>
      g.slice(centred, { 2: [top, top + crop], 3: [left, left + crop] })
    const { top, left } = centreCrop(picture, crop)
    const five = [window(0, 0), window(0, last), window(last, 0), window(last, last), window(top, left)]
    const mirrored = five.map((one) => g.slice(one, { 3: [-1, -crop - 1, -1] }))
    // Side by side as channels, then each crop becomes a picture of its own: no data moves twice.
    return g.reshape(g.concat([...five, ...mirrored], 1), [-1, 3, crop, crop])
  })
  const probabilities = g.op('Softmax', [appended(g, network, crops)])
  const classes = Number(probabilities.shape[1])
  const scores = g.op('ReduceMean', [g.reshape(probabilities, [-1, CROPS, classes]), g.integers([1])], {
    keepdims: 0,
  })
  g.output('scores', scores)
  return g.graph()
}

/** Add a network's nodes behind a value, and give back its first output. */
function appended(g: GraphBuilder, network: Graph, x: Value): Value {
  const values = new Map<string, Value>([[network.inputs[0]!.name, x]])
  for (const [name, tensor] of network.initializers) values.set(name, g.constant(tensor, name))
  for (const node of network.nodes) {
    const inputs = node.inputs.map((name) => values.get(name))
    const outputs = g.ops(node.op, node.outputs.length, inputs, node.attributes, node.name)
    node.outputs.forEach((name, k) => {
      values.set(name, outputs[k]!)
    })
  }
  return values.get(network.outputs[0]!.name)!
}

/** Pictures in one run of the engine: a hundred crops keep every core busy and fit in little memory. */
const BATCH = 10

/**
 * Score pictures.
 *
 * @param graph from {@link tenCropGraph}
 * @param pictures each 3 · picture² bytes, RGB interleaved
 * @param progress called with the number of pictures that are done
 * @returns for each picture, the mean probability of each class
 * @throws UserError when a score is no number: the network's weights are broken
 */
export async function scorePictures(
  engine: Engine,
  graph: Graph,
  pictures: readonly Uint8Array[],
  progress: (done: number) => void = () => {},
): Promise<Float32Array[]> {
  const size = Number(graph.inputs[0]!.shape[1])
  const program = await engine.load(graph)
  const scores: Float32Array[] = []
  try {
    for (let from = 0; from < pictures.length; from += BATCH) {
      const part = pictures.slice(from, from + BATCH)
      const data = new Uint8Array(part.length * 3 * size * size)
      part.forEach((picture, k) => {
        data.set(picture, k * 3 * size * size)
      })
      const result = await program.run({
        pictures: { type: 'uint8', shape: [part.length, size, size, 3], data },
      })
      const rows = result.scores!.data as Float32Array
      const classes = rows.length / part.length
      part.forEach((_, k) => {
        scores.push(rows.slice(k * classes, (k + 1) * classes))
      })
      if (!rows.every(Number.isFinite)) {
        throw new UserError(
          'a score is not a number',
          graph.name,
          "The network's weights are broken: train it again",
        )
      }
      progress(scores.length)
    }
  } finally {
    await program.release()
  }
  return scores
}
