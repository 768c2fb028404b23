import { float32, type TensorOf } from '../../graph/types.ts'
import { verify } from '../../graph/verify.ts'
import { composites } from '../../rules/composites/presets.ts'
import { relevance } from '../../rules/relevance/relevance.ts'
import { type LoadMethod, METHODS, type WithOptions } from '../methods.ts'
import { completeOptions } from '../options.ts'
import { attentionWeights, identity, mapOfPlaces, meanOverHeads, squareProduct } from './attentionWeights.ts'
import { loadMaps } from './loadMaps.ts'

/**
 * Gradient × attention: how much of each token comes from each place, where every block adds what its attention brings,
 * as far as more of it would raise the score: R ← R + Ā·R with Ā = mean over the heads of (∇A ⊙ A)⁺, from R = 1.
 *
 * Chefer, Gur and Wolf 2021, *Generic Attention-model Explainability for Interpreting Bi-Modal and Encoder-Decoder
 * Transformers*, equations 5 and 6.
 *
 * @param blocks Ā of each block, [tokens × tokens] row by row, from the input to the output
 * @returns [tokens × tokens], how much of each token (row) comes from each token before the first block (column)
 */
export function gradientAttention(blocks: readonly Float64Array[], tokens: number): Float64Array {
  return blocks.reduce<Float64Array>((flow, block) => {
    const brought = squareProduct(block, flow, tokens)
    return flow.map((value, k) => value + brought[k]!)
  }, identity(tokens))
}

/** Load a network to be explained by gradient × attention. */
export const load: LoadMethod<WithOptions<'gradient-attention', object>> = (
  subject,
  { method: _, ...given },
) => {
  completeOptions<object>(METHODS['gradient-attention'].options, given)
  return loadMaps(subject, async (network, output) => {
    const attention = attentionWeights(network, output)
    const values = verify(network)
    // As outputs the weights keep their names and values.
    const weights = attention.names.map((name) => ({ ...values.get(name)!, name }))
    const outputs = [...network.outputs.filter(({ name }) => !attention.names.includes(name)), ...weights]
    const { graph } = relevance({ ...network, outputs }, composites.gradient, {
      output,
      of: attention.names,
      onePicture: true,
    })
    const program = await subject.engine.load(graph)
    return {
      program,
      async map(picture, target, { progress }) {
        const results = await program.run({
          [network.inputs[0]!.name]: picture,
          target: float32([1, target.length], target),
        })
        const blocks = attention.names.map((name) => {
          const { shape, data } = results[name] as TensorOf<'float32'>
          const gradient = results[`relevance of ${name}`]!.data as Float32Array
          const raised = float32(
            shape,
            data.map((value, k) => Math.max(0, value * gradient[k]!)),
          )
          return meanOverHeads(raised, attention.tokens)
        })
        progress?.(1, 1)
        return mapOfPlaces(gradientAttention(blocks, attention.tokens), attention, picture)
      },
    }
  })
}
