import { UserError } from '../../base/errors.ts'
import { Random } from '../../base/random.ts'
import type { Watch } from '../../base/watch.ts'
import type { TensorOf } from '../../graph/types.ts'
import type { Layout } from '../../pictures/layout.ts'
import type { Explainer } from '../explain.ts'
import { pixelRelevance } from '../heatMap.ts'
import { MEASURES } from '../measures.ts'
import { completeOptions } from '../options.ts'
import type { Target } from '../target.ts'
import type { Finding } from './finding.ts'
import { SIMILARITIES, type Similarity } from './similarity.ts'

/** How maps are compared, and how the other class is drawn. */
export interface RandomLogitOptions {
  readonly similarity: Similarity
  /** The same seed gives the same class. */
  readonly seed: string | number
}

/** How similar the map of another class is. */
export interface RandomLogit extends Finding {
  /** The similarity of the two maps, −1 to 1. */
  readonly value: number
  /** The class that was drawn, by its index. */
  readonly class: number
}

/**
 * Random logit test: how similar a map is to that of another class, drawn from all that are not explained. Maps that
 * stay similar do not say why it is this class.
 *
 * Sixt, Granz and Landgraf 2020, *When Explanations Lie: Why Many Modified BP Attributions Fail*,
 * “Random Logit”, with SSIM there.
 *
 * @param input of the explainer's shape
 * @throws UserError where the network has no other class; the signal's reason, when that stops it
 */
export async function randomLogit(
  explainer: Explainer,
  input: TensorOf<'float32'>,
  target: Target,
  {
    layout,
    signal,
    progress,
    ...given
  }: Partial<RandomLogitOptions> & Watch & { readonly layout?: Layout } = {},
): Promise<RandomLogit> {
  const { similarity, seed } = completeOptions<RandomLogitOptions>(MEASURES['random-logit'].options, given)
  const [own] = await explainer.explain(input, [target], { signal })
  progress?.(1, 2)
  const others = [...own!.target.keys()].filter((index) => own!.target[index] === 0)
  if (others.length === 0) throw new UserError('there is no other class to compare with')
  const drawn = new Random(seed).pick(others)
  const [other] = await explainer.explain(input, [drawn], { signal })
  progress?.(2, 2)
  const value = SIMILARITIES[similarity](
    pixelRelevance(own!.relevance, layout),
    pixelRelevance(other!.relevance, layout),
  )
  return { value, class: drawn }
}
