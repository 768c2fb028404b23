import { UserError } from '../../base/errors.ts'
import type { Operator } from '../../graph/operators.ts'
import { float32, type Graph, type TensorOf } from '../../graph/types.ts'
import { verify } from '../../graph/verify.ts'
import { dependents, sources } from '../../graph/wiring.ts'
import { type LoadMethod, METHODS, type WithOptions } from '../methods.ts'
import { completeOptions } from '../options.ts'
import { interpolated } from './interpolated.ts'
import { loadMaps, ofPlaces } from './loadMaps.ts'
import { loadLayerGradient } from './loadPrograms.ts'
import type { LayerGradientOf } from './program.ts'

/** Where it looks. */
export interface GradCamOptions {
  /** A value of the network with height and width. */
  readonly layer?: string
}

/**
 * Grad-CAM: where in a layer evidence for the score lies. Each channel of the layer is weighted by the mean of its
 * gradient; their sum is kept where it is positive, and enlarged to the input.
 *
 * Selvaraju, Cogswell, Das, Vedantam, Parikh and Batra 2017, *Grad-CAM: Visual Explanations from Deep Networks via
 * Gradient-based Localization*, equations 1 and 2.
 *
 * @param input one picture: [1, channels, height, width]
 * @param target a number for each class
 * @returns a map of the picture: [1, height, width], never negative
 */
export async function gradCam(
  layerGradientOf: LayerGradientOf,
  input: TensorOf<'float32'>,
  target: Float32Array,
): Promise<TensorOf<'float32'>> {
  const { activations, gradients } = await layerGradientOf(input, target)
  const [, channels, rows, columns] = activations.shape as [number, number, number, number]
  const area = rows * columns
  const map = new Float64Array(area)
  for (let channel = 0; channel < channels; channel++) {
    const from = channel * area
    let sum = 0
    for (let k = 0; k < area; k++) sum += gradients.data[from + k]!
    for (let k = 0; k < area; k++) map[k]! += (sum / area) * activations.data[from + k]!
  }
  const [height, width] = input.shape.slice(2) as [number, number]
  const positive = map.map((value) => Math.max(value, 0))
  return float32([1, height, width], interpolated(positive, [rows, columns], [height, width]))
}

/**
 * The layer that Grad-CAM looks at by default: the last value that still has height and width, on the way from the
 * input to the output.
 *
 * @param output the name of the output that is explained
 * @returns the name of the value
 * @throws UserError where there is none
 */
export function gradCamLayer(graph: Graph, output: string = graph.outputs[0]!.name): string {
  const shapes = verify(graph)
  const pictures = picturesIn(graph)
  const needed = sources(graph, [output])
  for (const { outputs } of graph.nodes.toReversed()) {
    const [name] = outputs
    const { type, shape } = shapes.get(name!)!
    const isLarge = shape.length === 4 && Number(shape[2]) > 1 && Number(shape[3]) > 1
    if (type === 'float32' && isLarge && pictures.has(name!) && outputs.some((each) => needed.has(each)))
      return name!
  }
  throw new UserError('no layer before the output has height and width', undefined, 'Choose another method')
}

/**
 * Operators that move elements to other places: their output need not be a picture, as in the heads of an attention.
 */
const MOVING: readonly Operator[] = [
  'Reshape',
  'Transpose',
  'MatMul',
  'Gemm',
  'Flatten',
  'Squeeze',
  'Unsqueeze',
]

/**
 * The names of the values that are pictures: outputs of convolutions, and of operators that keep the places of
 * pictures.
 */
function picturesIn(graph: Graph): ReadonlySet<string> {
  const fromInput = dependents(graph, [graph.inputs[0]!.name])
  const pictures = new Set([graph.inputs[0]!.name])
  for (const { op, inputs, outputs } of graph.nodes) {
    const varying = inputs.filter((name) => fromInput.has(name))
    const keeps = varying.length > 0 && !MOVING.includes(op) && varying.some((name) => pictures.has(name))
    if (op === 'Conv' || op === 'ConvTranspose' || keeps) for (const name of outputs) pictures.add(name)
  }
  return pictures
}

/** @throws UserError where a network lacks such a value, or it lacks height and width */
function requirePicture(network: Graph, layer: string): string {
  const info = verify(network).get(layer)
  if (!info) throw new UserError(`the network has no value called ${layer}`)
  if (info.type === 'float32' && info.shape.length === 4 && picturesIn(network).has(layer)) return layer
  throw new UserError(
    `the value ${layer} has no height and width: [${info.shape.join(', ')}]`,
    undefined,
    'Choose a layer before it',
  )
}

/** Load a network to be explained by Grad-CAM. */
export const load: LoadMethod<WithOptions<'grad-cam', GradCamOptions>> = (
  subject,
  { method: _, ...given },
) => {
  const { layer } = completeOptions<GradCamOptions>(METHODS['grad-cam'].options, given)
  return loadMaps(subject, async (network, output) => {
    const chosen = layer === undefined ? gradCamLayer(network, output) : requirePicture(network, layer)
    const { program, layerGradientOf } = await loadLayerGradient(subject.engine, network, output, chosen)
    return {
      program,
      async map(picture, target, { progress }) {
        const map = ofPlaces(await gradCam(layerGradientOf, picture, target))
        progress?.(1, 1)
        return map
      },
    }
  })
}
