import { UserError } from '../../base/errors.ts'
import type { TensorOf } from '../../graph/types.ts'
import { descending } from '../../statistics/ranks.ts'
import type { PixelRelevance } from '../heatMap.ts'
import { MEASURES } from '../measures.ts'
import type { Running, ScoresOf } from '../methods/program.ts'
import { completeOptions } from '../options.ts'
import type { FillOptions } from './fills.ts'
import { type Perturbation, perturb, requireInput } from './perturbation.ts'

/** In how many steps the pixels go, and what replaces them. */
export interface PixelFlippingOptions extends FillOptions {
  /** After step k of n, k/n of the pixels are gone, rounded to whole pixels; after the last, all. */
  readonly steps: number
}

/**
 * Pixel flipping: how the score changes while the pixels of a picture are replaced, all channels of a pixel at once, in the
 * order of their relevance (signed; ties in row order; least relevant first is this order reversed). A faithful map has
 * a steep curve with the most relevant first, and a flat one with the least relevant first.
 *
 * Bach, Binder, Montavon, Klauschen, Müller and Samek 2015, *On Pixel-Wise Explanations for Non-Linear Classifier Decisions by
 * Layer-Wise Relevance Propagation*, section “Pixel-wise flipping”. Areas as in Samek et al. 2017, *Evaluating the Visualization of
 * What a Deep Neural Network Has Learned*, equation 12. Programs that treat the channels of a pixel separately, and
 * order ties arbitrarily, may leave a channel of a pixel at the end of a step.
 *
 * @param scoresOf the scores: logits, or probabilities
 * @param input [1, channels, height, width]
 * @param target a number for each class
 * @param map of the input
 * @returns steps + 1 points of each curve
 * @throws UserError where the map is not of the input's size, or has fewer pixels than there are steps; the signal's reason,
 *   when that stops it
 */
export async function pixelFlipping(
  scoresOf: ScoresOf,
  input: TensorOf<'float32'>,
  target: Float32Array,
  map: PixelRelevance,
  { batch, signal, progress, ...options }: Partial<PixelFlippingOptions> & Running = {},
): Promise<Perturbation> {
  const { steps, ...fill } = completeOptions<PixelFlippingOptions>(
    MEASURES['pixel-flipping'].options,
    options,
  )
  requireInput(map, input)
  const pixels = map.data.length
  if (steps > pixels)
    throw new UserError(`is ${steps}`, 'steps', `Give at most ${pixels}, the number of pixels`)
  const morf = descending(map.data)
  const groupsOf = (order: Uint32Array) =>
    Array.from({ length: steps }, (_, k) =>
      order.subarray(Math.round((k * pixels) / steps), Math.round(((k + 1) * pixels) / steps)),
    )
  const groups = { morf: groupsOf(morf), lerf: groupsOf(morf.slice().reverse()) }
  return perturb(scoresOf, input, target, groups, { ...fill, batch, signal, progress })
}
