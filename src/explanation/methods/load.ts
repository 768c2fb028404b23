/**
 * The methods around the gradient as explainers of their own: what is loaded for each, and what its map becomes.
 */

import type { Engine, Program } from '../../engine/engine.ts'
import { GraphBuilder } from '../../graph/builder.ts'
import { withoutUnread } from '../../graph/fold.ts'
import { float32, type Graph, type TensorOf } from '../../graph/types.ts'
import { verify } from '../../graph/verify.ts'
import type { Layout } from '../../pictures/layout.ts'
import { composites } from '../../rules/composites/presets.ts'
import { logitsOf } from '../../rules/logits.ts'
import { relevance } from '../../rules/relevance/relevance.ts'
import { type Explainer, loadExplainer } from '../explain.ts'
import { gradCam, gradCamLayer } from './gradCam.ts'
import { integratedGradients } from './integratedGradients.ts'
import { occlusion } from './occlusion.ts'
import type { GradientOf, LayerGradientOf, ScoresOf } from './program.ts'
import { smoothGrad } from './smoothGrad.ts'

/** The methods, by the names that people type. */
export const METHODS = ['smoothgrad', 'integrated-gradients', 'grad-cam', 'occlusion'] as const
export type Method = (typeof METHODS)[number]

/** What a method is told. */
export interface MethodOptions {
  /** The output that is explained. */
  readonly output: string
  /** The order of the axes of the input. */
  readonly layout: Layout
  /** For SmoothGrad's noise. */
  readonly seed?: string | number
  /** The layer that Grad-CAM looks at; the last one with height and width where not given. */
  readonly layer?: string
}

/** Copies that run together, and the squares of an occlusion along a side of the picture. */
const BATCH = 8
const SQUARES = 8

/**
 * Load a network for one of the methods.
 *
 * @returns an explainer whose relevance is the method's map: of the input's shape, or (Grad-CAM, occlusion) with a
 *   single channel, since these look at places
 */
export async function loadMethod(
  engine: Engine,
  network: Graph,
  method: Method,
  options: MethodOptions,
): Promise<Explainer> {
  const { output, layout } = options
  // The answer, and the logits that each target counts, are those of a plain explanation.
  const plain = await loadExplainer(engine, network, composites.gradient, { output })
  // The methods speak of [batch, channels, height, width].
  const turned = layout === 'NCHW' ? network : channelsFirst(network)
  const run = await loadRun(engine, turned, method, options)
  return {
    ...plain,
    async explain(input, targets) {
      const explanations = await plain.explain(input, targets)
      const picture = layout === 'NCHW' ? input : transposed(input, [0, 3, 1, 2])
      const maps: TensorOf<'float32'>[] = []
      for (const { target } of explanations) maps.push(await run.map(picture, target))
      return explanations.map((explanation, k) => ({
        ...explanation,
        relevance: layout === 'NCHW' ? maps[k]! : transposed(maps[k]!, [0, 2, 3, 1]),
      }))
    },
    async release() {
      await plain.release()
      await run.program.release()
    },
  }
}

/** What is run for a method: a program, and the map that it makes of a picture: [1, channels, height, width]. */
interface Run {
  readonly program: Program
  map(picture: TensorOf<'float32'>, target: Float32Array): Promise<TensorOf<'float32'>>
}

async function loadRun(
  engine: Engine,
  network: Graph,
  method: Method,
  { output, layer, seed = 0 }: MethodOptions,
): Promise<Run> {
  // A network for one picture only is asked about one at a time.
  const batch = typeof network.inputs[0]!.shape[0] === 'string' ? BATCH : 1
  const place = (map: TensorOf<'float32'>) => ({ ...map, shape: [1, ...map.shape] })
  switch (method) {
    case 'smoothgrad': {
      const { program, gradientOf } = await loadGradient(engine, network, output)
      return { program, map: (picture, target) => smoothGrad(gradientOf, picture, target, { seed, batch }) }
    }
    case 'integrated-gradients': {
      const { program, gradientOf } = await loadGradient(engine, network, output)
      const map = async (picture: TensorOf<'float32'>, target: Float32Array) =>
        (await integratedGradients(gradientOf, picture, target, { batch })).attribution
      return { program, map }
    }
    case 'grad-cam': {
      const chosen = layer ?? gradCamLayer(network, output)
      const { program, layerGradientOf } = await loadLayerGradient(engine, network, output, chosen)
      return {
        program,
        map: async (picture, target) => place(await gradCam(layerGradientOf, picture, target)),
      }
    }
    case 'occlusion': {
      const { program, scoresOf } = await loadScores(engine, network, output)
      const map = async (picture: TensorOf<'float32'>, target: Float32Array) => {
        const window = Math.max(Math.ceil(Math.min(picture.shape[2]!, picture.shape[3]!) / SQUARES), 1)
        const stride = Math.ceil(window / 2)
        return place(await occlusion(scoresOf, picture, target, { window, stride, batch }))
      }
      return { program, map }
    }
  }
}

async function loadGradient(
  engine: Engine,
  network: Graph,
  output: string,
): Promise<{ program: Program; gradientOf: GradientOf }> {
  const { graph, answers } = relevance(network, composites.gradient, optionsFor(network, output))
  const program = await engine.load(graph)
  const input = network.inputs[0]!.name
  return {
    program,
    gradientOf: async (inputs, target) => {
      const results = await program.run({ [input]: inputs, target: rows(inputs, target) })
      const logits = results[answers[0]!.logits]!.data as Float32Array
      return {
        scores: scoresFrom(logits, target, inputs.shape[0]!),
        gradients: results.relevance as TensorOf<'float32'>,
      }
    },
  }
}

async function loadLayerGradient(
  engine: Engine,
  network: Graph,
  output: string,
  layer: string,
): Promise<{ program: Program; layerGradientOf: LayerGradientOf }> {
  // As an output the layer keeps its name and its values, whatever is merged before it.
  const { type, shape } = verify(network).get(layer)!
  const known = network.outputs.some(({ name }) => name === layer)
  const outputs = known ? network.outputs : [...network.outputs, { name: layer, type, shape }]
  const options = { ...optionsFor(network, output), of: [layer] }
  const program = await engine.load(relevance({ ...network, outputs }, composites.gradient, options).graph)
  const input = network.inputs[0]!.name
  return {
    program,
    layerGradientOf: async (inputs, target) => {
      const results = await program.run({ [input]: inputs, target: rows(inputs, target) })
      return {
        activations: results[layer] as TensorOf<'float32'>,
        gradients: results[`relevance of ${layer}`] as TensorOf<'float32'>,
      }
    },
  }
}

async function loadScores(
  engine: Engine,
  network: Graph,
  output: string,
): Promise<{ program: Program; scoresOf: ScoresOf }> {
  const { name } = logitsOf(network, output)
  const { type, shape } = verify(network).get(name)!
  const program = await engine.load(withoutUnread({ ...network, outputs: [{ name, type, shape }] }))
  const input = network.inputs[0]!.name
  return {
    program,
    scoresOf: async (inputs, target) => {
      const results = await program.run({ [input]: inputs })
      return scoresFrom(results[name]!.data as Float32Array, target, inputs.shape[0]!)
    },
  }
}

/** A network for one picture only is explained as one. */
function optionsFor(network: Graph, output: string) {
  return { output, onePicture: typeof network.inputs[0]!.shape[0] === 'number' }
}

function rows(inputs: TensorOf<'float32'>, target: Float32Array): TensorOf<'float32'> {
  const count = inputs.shape[0]!
  return float32([count, target.length / count], target)
}

/** The logits, each times its number in the target, added up for each of the inputs. */
function scoresFrom(logits: Float32Array, target: Float32Array, count: number): Float32Array {
  const classes = target.length / count
  const scores = new Float32Array(count)
  logits.forEach((logit, k) => {
    scores[Math.floor(k / classes)]! += logit * target[k]!
  })
  return scores
}

/** A network that takes [batch, height, width, channels] as one that takes [batch, channels, height, width]. */
function channelsFirst(network: Graph): Graph {
  const [{ name, type, shape }] = network.inputs as [Graph['inputs'][number]]
  const builder = new GraphBuilder(network.name)
  const [batch, height, width, channels] = shape
  const inner = `${name} as written`
  const picture = builder.input(name, type, [batch!, channels!, height!, width!])
  builder.op('Transpose', [picture], { perm: [0, 2, 3, 1] }, inner)
  const { nodes, inputs } = builder.graph()
  const renamed = network.nodes.map((node) => ({
    ...node,
    inputs: node.inputs.map((each) => (each === name ? inner : each)),
  }))
  return { ...network, inputs, nodes: [...nodes, ...renamed] as Graph['nodes'] }
}

/** A tensor with its axes in another order. */
function transposed({ shape, data }: TensorOf<'float32'>, perm: readonly number[]): TensorOf<'float32'> {
  const result = float32(perm.map((axis) => shape[axis]!))
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1))
  const [n, a, b, c] = result.shape as [number, number, number, number]
  let to = 0
  for (let i = 0; i < n; i++)
    for (let j = 0; j < a; j++)
      for (let k = 0; k < b; k++)
        for (let l = 0; l < c; l++) {
          const at = [i, j, k, l].reduce((sum, index, axis) => sum + index * strides[perm[axis]!]!, 0)
          result.data[to++] = data[at]!
        }
  return result
}
