import { UserError } from '../../base/errors.ts'
import type { PixelRelevance } from '../heatMap.ts'
import { MEASURES } from '../measures.ts'
import { completeOptions } from '../options.ts'
import { type Mask, pixelsInside } from './mask.ts'

/** Which relevance counts. */
export interface RelevanceMassAccuracyOptions {
  /** Whether relevance against the class counts like relevance for it; otherwise it is subtracted. */
  readonly absolute: boolean
}

/**
 * Relevance mass accuracy: the share of all relevance that lies inside the mask, Σ_inside R / Σ R.
 *
 * Arras, Osman and Samek 2022, *CLEVR-XAI: A benchmark dataset for the ground truth evaluation of neural network
 * explanations*, “Relevance Mass Accuracy”. The paper's maps have no negative relevance. For a map that has some, both
 * sums are over signed R unless `absolute` is set.
 *
 * @returns 0 to 1 where no relevance is negative, or with `absolute`; any number otherwise
 * @throws UserError where all relevance adds up to 0, or the mask does not fit the map
 */
export function relevanceMassAccuracy(
  map: PixelRelevance,
  mask: Mask,
  options: Partial<RelevanceMassAccuracyOptions> = {},
): number {
  const { absolute } = completeOptions(MEASURES['mass-accuracy'].options, options)
  pixelsInside(mask, map)
  let [inside, all] = [0, 0]
  map.data.forEach((value, pixel) => {
    const relevance = absolute ? Math.abs(value) : value
    all += relevance
    if (mask.data[pixel]) inside += relevance
  })
  if (all === 0)
    throw new UserError(
      'its relevance adds up to 0, so there are no shares of it',
      'map',
      'Explain another class',
    )
  return inside / all
}
