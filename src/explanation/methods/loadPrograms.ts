/** The programs that the methods run: a network's scores, and their gradient at its input or at a layer. */

import type { Engine, Program } from '../../engine/engine.ts'
import { GraphBuilder } from '../../graph/builder.ts'
import { withoutUnread } from '../../graph/fold.ts'
import { float32, type Graph, type TensorOf } from '../../graph/types.ts'
import { verify } from '../../graph/verify.ts'
import { composites } from '../../rules/composites/presets.ts'
import { gathered, logitsOf } from '../../rules/logits.ts'
import { relevance } from '../../rules/relevance/relevance.ts'
import type { GradientOf, LayerGradientOf, ScoresOf } from './program.ts'

export async function loadGradient(
  engine: Engine,
  network: Graph,
  output: string,
): Promise<{ program: Program; gradientOf: GradientOf }> {
  const { graph, outputs } = relevance(network, composites.gradient, optionsFor(network, output))
  const program = await engine.load(graph)
  const input = network.inputs[0]!.name
  return {
    program,
    gradientOf: async (inputs, target) => {
      const results = await program.run({ [input]: inputs, target: rows(inputs, target) })
      const logits = results[outputs[0]!.logits]!.data as Float32Array
      return {
        scores: scoresFrom(logits, target, inputs.shape[0]!),
        gradients: results.relevance as TensorOf<'float32'>,
      }
    },
  }
}

export async function loadLayerGradient(
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

export async function loadScores(
  engine: Engine,
  network: Graph,
  output: string,
): Promise<{ program: Program; scoresOf: ScoresOf }> {
  const builder = GraphBuilder.from({ ...network, outputs: [] })
  builder.output('logits of all', gathered(builder, logitsOf(network, output)))
  const program = await engine.load(withoutUnread(builder.graph()))
  const input = network.inputs[0]!.name
  return {
    program,
    scoresOf: async (inputs, target) => {
      const results = await program.run({ [input]: inputs })
      return scoresFrom(results['logits of all']!.data as Float32Array, target, inputs.shape[0]!)
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
