/**
 * Ten-crop scoring as one graph: a picture's score is the mean probability of its four corners, its centre, and
 * the mirror images of these five.
 */

import { UserError } from '../base/errors.ts'
import type { Watch } from '../base/watch.ts'
import type { Engine } from '../engine/engine.ts'
import { openBatch } from '../graph/batch.ts'
import { GraphBuilder, type Value } from '../graph/builder.ts'
import { withoutUnread } from '../graph/fold.ts'
import { float32, type Graph, sizeOf } from '../graph/types.ts'
import type { Preprocessing } from '../models/preprocessing.ts'
import { centreCrop } from '../pictures/crop.ts'
import { logitsOf, SLACK } from '../rules/logits.ts'

/** The ten crops of a picture, in the order in which they are scored. */
export const CROPS: readonly string[] = ['', ' mirrored'].flatMap((mirrored) =>
  ['top left', 'top right', 'bottom left', 'bottom right', 'centre'].map((place) => place + mirrored),
)

/** How many crops of a picture are scored: all ten, or only the centre. */
export type Crops = 10 | 1

/** An output to score. */
export interface ScoredOutput {
  readonly output: string
  /** Whether it is one number to be used as it is, not a logit. */
  readonly plain?: boolean
}

/**
 * Derive the graph that scores whole pictures from a network that sees crops.
 *
 * Crops as in Caffe's `oversample` (python/caffe/io.py): windows at the corners and at ⌊(picture − crop) / 2⌋, mirrored
 * after subtracting the mean.
 *
 * @param given a network with one input, for any number of pictures, or one that can be opened to any
 * @param preprocessing how a crop of a picture becomes the input
 * @param options.outputs the outputs with a logit or probability for each class; by default only the first
 * @param options.crops by default ten
 * @param options.of the network's name in messages: its file
 * @param options.each whether the graph also has the output `crops`, float32 [batch, crops, classes]: their probabilities
 * @returns a graph with the input `pictures`, uint8 [batch, height, width, 3], RGB, of the preprocessing's picture,
 *   and the output `scores`, float32 [batch, classes], each row the mean of the crops' probabilities; a single logit
 *   has two classes, of which 1 is the one that it speaks for. The classes of several outputs are concatenated
 * @throws UserError where the network takes a fixed number of pictures
 */
export function tenCropGraph(
  given: Graph,
  preprocessing: Preprocessing,
  {
    outputs = [{ output: given.outputs[0]!.name }],
    crops = 10,
    each = false,
    of,
  }: { outputs?: readonly ScoredOutput[]; crops?: Crops; each?: boolean; of?: string } = {},
): Graph {
  const { size, picture, layout, channels, scale } = preprocessing
  const network = openedBatch(given, of)
  const g = new GraphBuilder(`${network.name}.tenCrop`)
  const pictures = g.input('pictures', 'uint8', ['batch', picture.height, picture.width, 3])
  const windows = g.scope('crops', () => {
    const pixels = pixelsOf(g, pictures, channels)
    const normalise = normaliser(g, preprocessing)
    // A mean no larger than the crop is subtracted from the crop, as in Caffe.
    const late = meanOfCrop(preprocessing)
    const values = late ? pixels : normalise(pixels)
    const window = (top: number, left: number) => {
      const cut = g.slice(values, { 2: [top, top + size.height], 3: [left, left + size.width] })
      return late ? normalise(cut) : cut
    }
    const [bottom, right] = [picture.height - size.height, picture.width - size.width]
    const middle = () =>
      window(centreCrop(picture.height, size.height).top, centreCrop(picture.width, size.width).left)
    if (crops === 1) return middle()
    const five = [window(0, 0), window(0, right), window(bottom, 0), window(bottom, right), middle()]
    const mirrored = five.map((one) => g.slice(one, { 3: [-1, -size.width - 1, -1] }))
    // Concatenated as channels, then each crop becomes a picture of its own: no data moves twice.
    return g.reshape(g.concat([...five, ...mirrored], 1), [-1, scale.length, size.height, size.width])
  })
  const input = layout === 'NCHW' ? windows : g.transpose(windows, [0, 2, 3, 1])
  const computed = appended(g, network, input)
  const answers = outputs.map((one) =>
    one.plain ? numberOf(g, computed, one) : probabilitiesOf(g, network, one, computed),
  )
  const probabilities = answers.length > 1 ? g.concat(answers, 1) : answers[0]!
  const classes = Number(probabilities.shape[1])
  const perCrop = g.reshape(probabilities, [-1, crops, classes])
  g.output('scores', g.op('ReduceMean', [perCrop, g.integers([1])], { keepdims: 0 }))
  if (each) g.output('crops', perCrop)
  return withoutUnread(g.graph())
}

/** @throws UserError where the network takes a fixed number of pictures, and cannot be opened to any */
function openedBatch(network: Graph, of: string | undefined): Graph {
  const opened = typeof network.inputs[0]!.shape[0] === 'string' ? network : openBatch(network)
  const count = opened.inputs[0]!.shape[0]
  if (typeof count === 'string') return opened
  throw new UserError(
    `the network takes ${count} ${count === 1 ? 'picture' : 'pictures'} at a time, neither more nor fewer`,
    of,
    'Export it again with a dynamic batch size',
  )
}

/** The channels of pictures in a network's order: float32 [batch, channels, height, width], 0 to 255. */
function pixelsOf(g: GraphBuilder, pictures: Value, channels: Preprocessing['channels']): Value {
  // They are moved and reordered as bytes, which take a quarter of the memory of floats.
  const planes = g.transpose(pictures, [0, 3, 1, 2])
  const ordered = channels === 'BGR' ? g.slice(planes, { 1: [-1, -4, -1] }) : planes
  const pixels = g.op('Cast', [ordered], { to: 'float32' })
  return channels === 'gray' ? brightness(g, pixels) : pixels
}

/** ITU-R BT.601, rounded to integers, as in `models/input.ts`. In thousandths, floats are exact. */
function brightness(g: GraphBuilder, pixels: Value): Value {
  const weighted = g.mul(pixels, g.constant(float32([3, 1, 1], [299, 587, 114])))
  const thousandths = g.op('ReduceSum', [weighted, g.integers([1])])
  const rounded = g.div(g.add(thousandths, g.constant(float32([], [500]))), g.constant(float32([], [1000])))
  return g.op('Cast', [g.op('Cast', [rounded], { to: 'int32' })], { to: 'float32' })
}

function meanOfCrop({ mean, picture }: Preprocessing): boolean {
  return 'planes' in mean && (mean.height !== picture.height || mean.width !== picture.width)
}

/** A function that turns pixels into (pixel − mean) · scale. */
function normaliser(g: GraphBuilder, { mean, scale }: Preprocessing): (pixels: Value) => Value {
  const depth = scale.length
  const means = g.constant(
    'planes' in mean ? float32([depth, mean.height, mean.width], mean.planes) : float32([depth, 1, 1], mean),
    'mean',
  )
  if (scale.every((factor) => factor === 1)) return (pixels) => g.sub(pixels, means)
  const factors = g.constant(float32([depth, 1, 1], scale), 'scale')
  return (pixels) => g.mul(g.sub(pixels, means), factors)
}

/** A plain number as it is, [pictures, 1]. */
function numberOf(g: GraphBuilder, values: ReadonlyMap<string, Value>, { output }: ScoredOutput): Value {
  return g.reshape(values.get(output)!, [-1, 1])
}

/** The probability of each class, [pictures, classes]. */
function probabilitiesOf(
  g: GraphBuilder,
  network: Graph,
  { output }: ScoredOutput,
  values: ReadonlyMap<string, Value>,
): Value {
  const { kind, scale, shift } = logitsOf(network, output)
  const value = values.get(output)!
  const count = sizeOf(value.shape.slice(1).map(Number))
  const row = value.shape.length === 2 ? value : g.reshape(value, [-1, count])
  if (kind === 'logits' && count > 1) return ofClassifier(g, row)
  const unshifted = shift === 0 ? row : g.sub(row, g.scalar(shift))
  const unscaled = scale === 1 ? unshifted : g.div(unshifted, g.scalar(scale))
  const own = kind.startsWith('log-') ? g.op('Exp', [unscaled]) : unscaled
  if (count > 1) return own
  const yes = kind === 'logits' ? g.op('Sigmoid', [row]) : own
  return g.concat([g.sub(g.scalar(1), yes), yes], 1)
}

/** The softmax of rows of logits; rows that already add up to 1 are probabilities, however they were computed. */
function ofClassifier(g: GraphBuilder, row: Value): Value {
  const softmax = g.op('Softmax', [row])
  const apart = g.op('Abs', [g.sub(g.reduceSum(row, [1], true), g.scalar(1))])
  const most = g.op('ReduceMax', [g.op('Neg', [row]), g.integers([1])])
  const added = g.op('Where', [g.op('Greater', [g.scalar(SLACK), apart]), row, softmax])
  return g.op('Where', [g.op('Greater', [most, g.scalar(0)]), softmax, added])
}

/** Add a network's nodes after a value, and return its values by name. */
function appended(g: GraphBuilder, network: Graph, x: Value): Map<string, Value> {
  const values = new Map<string, Value>([[network.inputs[0]!.name, x]])
  for (const [key, tensor] of network.initializers) values.set(key, g.constant(tensor, key))
  for (const node of network.nodes) {
    const inputs = node.inputs.map((input) => values.get(input))
    const outputs = g.ops(node.op, node.outputs.length, inputs, node.attributes, node.name)
    node.outputs.forEach((made, k) => {
      values.set(made, outputs[k]!)
    })
  }
  return values
}

/** The most pictures in one run of the engine. */
const MOST_PICTURES = 10

/**
 * The most pixels in one run of the engine, a whole picture counted for each of its crops. Two pictures of 256 × 256,
 * with ten crops each, keep every core busy; ten pictures take four times the memory and are no faster (VGG-16: 7.1 GB
 * where two take 2.3).
 */
const MOST_PIXELS = 1_400_000

/** How to score pictures. */
export interface Scoring extends Pick<Watch, 'signal'> {
  /** The number that the graph was made with; by default ten. */
  readonly crops?: Crops
  /** Called with the number of pictures that are done. The caller knows how many there are. */
  readonly progress?: (done: number) => void
  /** Called with the probabilities of each picture's crops, [crops, classes], where the graph has them. */
  readonly keep?: (crops: Float32Array) => void
  /** The network's name in messages: its file. */
  readonly of?: string
}

/**
 * Score pictures.
 *
 * @param graph from {@link tenCropGraph}
 * @param pictures each 3 · height · width bytes, RGB interleaved; they may come one by one, as they are made
 * @returns for each picture, the mean probability of each class
 * @throws UserError when a score is NaN, which means broken weights; the signal's reason, when that stops it
 */
export async function scorePictures(
  engine: Engine,
  graph: Graph,
  pictures: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  { crops = 10, signal, progress, keep, of }: Scoring = {},
): Promise<Float32Array[]> {
  const [, height, width] = graph.inputs[0]!.shape.map(Number) as [number, number, number]
  const batch = Math.min(MOST_PICTURES, Math.max(1, Math.floor(MOST_PIXELS / (crops * height * width))))
  const program = await engine.load(graph)
  const scores: Float32Array[] = []
  try {
    for await (const part of chunks(pictures, batch)) {
      signal?.throwIfAborted()
      const data = new Uint8Array(part.length * 3 * height * width)
      part.forEach((picture, k) => {
        data.set(picture, k * 3 * height * width)
      })
      const result = await program.run({
        pictures: { type: 'uint8', shape: [part.length, height, width, 3], data },
      })
      const rows = result.scores!.data as Float32Array
      const classes = rows.length / part.length
      part.forEach((_, k) => {
        scores.push(rows.slice(k * classes, (k + 1) * classes))
      })
      if (result.crops) {
        const each = result.crops.data as Float32Array
        const size = each.length / part.length
        part.forEach((_, k) => {
          keep?.(each.slice(k * size, (k + 1) * size))
        })
      }
      if (!rows.every(Number.isFinite)) {
        throw new UserError(
          'a score is NaN or infinite',
          of,
          "The network's weights are broken: train it again",
        )
      }
      progress?.(scores.length)
    }
  } finally {
    await program.release()
  }
  return scores
}

/** Items in groups of `size`; the last may be smaller. */
async function* chunks<T>(items: Iterable<T> | AsyncIterable<T>, size: number): AsyncGenerator<T[]> {
  let part: T[] = []
  for await (const item of items) {
    part.push(item)
    if (part.length < size) continue
    yield part
    part = []
  }
  if (part.length > 0) yield part
}
