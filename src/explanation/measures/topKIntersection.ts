import { shareOfGreatest } from '../../statistics/ranks.ts'
import type { PixelRelevance } from '../heatMap.ts'
import { MEASURES } from '../measures.ts'
import { completeOptions } from '../options.ts'
import { type Mask, pixelsInside } from './mask.ts'
import { requireK, type TopKOptions } from './topK.ts'

/**
 * Top-k intersection: the share of the k most relevant pixels that is inside the mask.
 *
 * Theiner, Müller-Budack and Ewerth 2022, *Interpretable Semantic Photo Geolocation* (arXiv 2021). Relevance is
 * ordered with its sign, pixels that are equal share the last places, and the number inside is divided by k, however many
 * pixels the mask has.
 *
 * @returns 0 to 1
 * @throws UserError where the map has fewer than k pixels, or the mask does not fit it
 */
export function topKIntersection(
  map: PixelRelevance,
  mask: Mask,
  options: Partial<TopKOptions> = {},
): number {
  const { k } = completeOptions(MEASURES['top-k-intersection'].options, options)
  pixelsInside(mask, map)
  requireK(map, k)
  return shareOfGreatest(map.data, k, mask.data)
}
