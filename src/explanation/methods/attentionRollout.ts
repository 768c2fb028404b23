import { withoutUnread } from '../../graph/fold.ts'
import type { TensorOf } from '../../graph/types.ts'
import { verify } from '../../graph/verify.ts'
import { type LoadMethod, METHODS, type WithOptions } from '../methods.ts'
import { completeOptions } from '../options.ts'
import { attentionWeights, identity, mapOfPlaces, meanOverHeads, squareProduct } from './attentionWeights.ts'
import { loadMaps } from './loadMaps.ts'

/**
 * Attention rollout: how much of each token comes from each place, if every block mixes tokens by its attention,
 * averaged over the heads, and keeps half of what it had: the product of all ½ (A + 1). It is the same for every class.
 *
 * Abnar and Zuidema 2020, *Quantifying Attention Flow in Transformers*, section 3.
 *
 * @param blocks the mean attention of each block, [tokens × tokens] row by row, from the input to the output
 * @returns [tokens × tokens], how much of each token (row) comes from each token before the first block (column)
 */
export function rollout(blocks: readonly Float64Array[], tokens: number): Float64Array {
  const own = identity(tokens)
  const kept = (mean: Float64Array) => mean.map((value, k) => 0.5 * (value + own[k]!))
  return blocks.map(kept).reduce<Float64Array>((flow, block) => squareProduct(block, flow, tokens), own)
}

/** Load a network to be explained by attention rollout. */
export const load: LoadMethod<WithOptions<'attention-rollout', object>> = (
  subject,
  { method: _, ...given },
) => {
  completeOptions<object>(METHODS['attention-rollout'].options, given)
  return loadMaps(subject, async (network, output) => {
    const attention = attentionWeights(network, output)
    const values = verify(network)
    const outputs = attention.names.map((name) => ({ ...values.get(name)!, name }))
    const program = await subject.engine.load(withoutUnread({ ...network, outputs }))
    return {
      program,
      async map(picture, _, { progress }) {
        const results = await program.run({ [network.inputs[0]!.name]: picture })
        const blocks = attention.names.map((name) =>
          meanOverHeads(results[name] as TensorOf<'float32'>, attention.tokens),
        )
        progress?.(1, 1)
        return mapOfPlaces(rollout(blocks, attention.tokens), attention, picture)
      },
    }
  })
}
