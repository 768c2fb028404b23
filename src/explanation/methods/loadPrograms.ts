/** The programs that the methods run: a network's scores, and their gradient at its input or at a layer. */

import { UserError } from '../../base/errors.ts'
import type { Engine, Program } from '../../engine/engine.ts'
import { GraphBuilder, type Value } from '../../graph/builder.ts'
import { withoutUnread } from '../../graph/fold.ts'
import { float32, type Graph, type TensorOf } from '../../graph/types.ts'
import { verify } from '../../graph/verify.ts'
import { composites } from '../../rules/composites/presets.ts'
import { gathered, type Logits, logitsOf } from '../../rules/logits.ts'
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
  // As an output, the layer keeps its name and its values, whatever is merged before it.
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

/**
 * Load what computes a network's scores.
 *
 * @param network for measures and methods that change pictures, one that takes [batch, channels, height, width]:
 *   `channelsFirst.ts` turns others
 * @param of the score of a class: its logit, or its probability where the output holds or gives probabilities
 * @throws UserError where probabilities are asked for, but the output lacks them
 */
export async function loadScores(
  engine: Engine,
  network: Graph,
  output: string,
  of: 'logits' | 'probabilities' = 'logits',
): Promise<{ program: Program; scoresOf: ScoresOf }> {
  const builder = GraphBuilder.from({ ...network, outputs: [] })
  const answer = logitsOf(network, output)
  const logits = gathered(builder, answer)
  builder.output('scores of all', of === 'logits' ? logits : probabilities(builder, answer, logits))
  const program = await engine.load(withoutUnread(builder.graph()))
  const input = network.inputs[0]!.name
  return {
    program,
    scoresOf: async (inputs, target) => {
      const results = await program.run({ [input]: inputs })
      return scoresFrom(results['scores of all']!.data as Float32Array, target, inputs.shape[0]!)
    },
  }
}

/** The probabilities of the classes: float32 [batch, classes], from their logits. */
function probabilities(builder: GraphBuilder, { output, kind, heads }: Logits, logits: Value): Value {
  const classes = Number(logits.shape[1])
  if (kind === 'other' || (kind === 'logits' && classes === 1))
    throw new UserError('holds no probabilities', `output ${output}`, 'Ask for its logits')
  if (kind === 'sigmoid' || kind === 'log-sigmoid') return builder.op('Sigmoid', [logits])
  if (heads.length < 2) return builder.op('Softmax', [logits], { axis: 1 })
  const columns = (indices: readonly number[], value: Value) =>
    builder.op('Gather', [value, builder.integers(indices)], { axis: 1 })
  const each = heads.map((head) => builder.op('Softmax', [columns(head, logits)], { axis: 1 }))
  // They are now in the order of the heads: put them back into that of the classes.
  const order = heads.flat()
  return columns(
    order.map((_, k) => order.indexOf(k)),
    builder.concat(each, 1),
  )
}

/** Options for a network that takes a single picture. */
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
