/**
 * Explaining a network's answer to a picture, on any engine: this file runs in a browser as it runs in Node.
 */

import type { Engine } from '../engine/engine.ts'
import { centreCrop, cropInto } from '../faces/crop.ts'
import type { Image } from '../faces/image.ts'
import { GraphBuilder } from '../graph/builder.ts'
import { float32, type Graph, int64, type TensorOf } from '../graph/types.ts'
import type { Composite } from '../rules/composites.ts'
import { relevance } from '../rules/relevance/relevance.ts'

/** The class to explain: its index, or `top` for the network's own answer. */
export type Target = number | 'top'

/** What a network says of one picture, and why it says one class. */
export interface Explanation {
  /** For each class, before the softmax. */
  readonly logits: Float32Array
  /** For each class, 0 to 1. */
  readonly probabilities: Float32Array
  /** Index of the class that is explained. */
  readonly target: number
  /** What each number of the input added to the target's logit: float32 [3, size, size]. */
  readonly relevance: TensorOf<'float32'>
}

/** A network that is loaded together with its explanation. */
export interface Explainer {
  /** Side of the network's input, in pixels. */
  readonly size: number
  readonly classes: number

  /**
   * Explain one class of one input, for each of the targets.
   *
   * @param images the input: float32 [1, 3, size, size], as {@link centreInput} makes it
   * @throws Error when a target is no class of the network
   */
  explain(images: TensorOf<'float32'>, targets: readonly Target[]): Promise<Explanation[]>

  /** Give back the memory. */
  release(): Promise<void>
}

/**
 * Load a network and the graph that explains it.
 *
 * @param network with an open batch; its first output is the logits, float32 [batch, classes]
 * @throws Error naming the node that has no relevance rule
 */
export async function loadExplainer(
  engine: Engine,
  network: Graph,
  composite: Composite,
): Promise<Explainer> {
  const program = await engine.load(withTopClass(relevance(network, composite)))
  const images = network.inputs[0]!.name
  const logits = network.outputs[0]!
  const classes = Number(logits.shape[1])
  const size = Number(network.inputs[0]!.shape[2])
  return {
    size,
    classes,
    async explain(input, targets) {
      for (const target of targets) {
        if (target === 'top' || (Number.isInteger(target) && target >= 0 && target < classes)) continue
        throw new Error(`there is no class ${target}: the network has 0 to ${classes - 1}`)
      }
      const batch = targets.length
      const results = await program.run({
        [images]: repeated(input, batch),
        [ASKED]: int64(
          [batch],
          targets.map((target) => (target === 'top' ? TOP : target)),
        ),
      })
      const row = (name: string, k: number) => {
        const all = results[name]!.data as Float32Array
        return all.slice((k * all.length) / batch, ((k + 1) * all.length) / batch)
      }
      return targets.map((_, k) => ({
        logits: row(logits.name, k),
        probabilities: softmax(row(logits.name, k)),
        target: Number((results[TARGET]!.data as BigInt64Array)[k]),
        relevance: { type: 'float32', shape: input.shape.slice(1), data: row('relevance', k) },
      }))
    },
    release: () => program.release(),
  }
}

/**
 * The centre of a picture as a network's input: float32 [1, 3, size, size].
 *
 * @param pixels 3 · picture² bytes, RGB interleaved
 * @param mean the mean picture: 3 · picture² numbers, planes of blue, green and red
 * @param picture side of the picture, in pixels
 * @param size side of the network's input, in pixels
 */
export function centreInput(
  pixels: Uint8Array,
  mean: Float32Array,
  picture: number,
  size: number,
): TensorOf<'float32'> {
  const input = float32([1, 3, size, size])
  cropInto(input.data, 0, pixels, mean, picture, size, centreCrop(picture, size))
  return input
}

/**
 * The picture that an input shows: {@link centreInput} undone. Input that comes from elsewhere is rounded and
 * cut off to what a picture can hold.
 *
 * @param mean the mean picture: 3 · picture² numbers, planes of blue, green and red
 * @param picture side of the mean picture, in pixels
 */
export function pictureOf(input: TensorOf<'float32'>, mean: Float32Array, picture: number): Image {
  const size = input.shape[2]!
  const { left, top } = centreCrop(picture, size)
  const data = new Uint8Array(3 * size * size)
  for (let k = 0; k < data.length; k++) {
    const [channel, pixel] = [2 - (k % 3), Math.floor(k / 3)]
    const [row, column] = [Math.floor(pixel / size), pixel % size]
    const offset = mean[(channel * picture + top + row) * picture + left + column]!
    data[k] = Math.min(Math.max(Math.round(input.data[channel * size * size + pixel]! + offset), 0), 255)
  }
  return { width: size, height: size, data }
}

/** What stands for `top` in the graph. */
const TOP = -1
const ASKED = 'asked'
const TARGET = 'target'

/**
 * Let the graph itself choose the class where −1 is asked for, so that the network need not run twice to explain
 * its own answer: the input `target` becomes an output that is worked out from the logits and the input `asked`.
 */
function withTopClass(graph: Graph): Graph {
  const [logits] = graph.outputs
  const target = graph.inputs.find(({ name }) => name === TARGET)!
  const builder = new GraphBuilder(graph.name)
  const scores = builder.input(logits!.name, logits!.type, logits!.shape)
  const asked = builder.input(ASKED, target.type, target.shape)
  const chosen = builder.scope('target', () => {
    const top = builder.op('ArgMax', [scores], { axis: 1, keepdims: 0 })
    const given = builder.op('GreaterOrEqual', [asked, builder.constant(int64([], [0]))])
    return builder.op('Where', [given, asked, top])
  })
  builder.output(TARGET, chosen)
  const choice = builder.graph()

  // The choice stands behind the logits and before all that reads the target.
  const behind = graph.nodes.findIndex(({ outputs }) => outputs.includes(logits!.name)) + 1
  return {
    ...graph,
    inputs: [...graph.inputs.filter((input) => input !== target), asked],
    outputs: [...graph.outputs, ...choice.outputs],
    initializers: new Map([...graph.initializers, ...choice.initializers]),
    nodes: [...graph.nodes.slice(0, behind), ...choice.nodes, ...graph.nodes.slice(behind)],
  }
}

function repeated({ type, shape, data }: TensorOf<'float32'>, times: number): TensorOf<'float32'> {
  const all = new Float32Array(times * data.length)
  for (let k = 0; k < times; k++) all.set(data, k * data.length)
  return { type, shape: [times, ...shape.slice(1)], data: all }
}

function softmax(logits: Float32Array): Float32Array {
  const most = Math.max(...logits)
  const powers = logits.map((logit) => Math.exp(logit - most))
  const sum = powers.reduce((a, b) => a + b, 0)
  return powers.map((power) => power / sum)
}
