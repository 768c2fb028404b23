import type { PixelRelevance } from '../heatMap.ts'
import { MEASURES } from '../measures.ts'
import { completeOptions } from '../options.ts'
import { type Mask, pixelsInside } from './mask.ts'
import { type TopKOptions, topK } from './topK.ts'

/**
 * Top-k intersection: the share of the k most relevant pixels that is inside the mask.
 *
 * Theiner, Müller-Budack and Ewerth 2022, *Interpretable Semantic Photo Geolocation* (arXiv 2021). Relevance is
 * ordered with its sign, and the number inside is divided by k, however many pixels the mask has.
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
  return topK(map, k).reduce((hits, pixel) => hits + (mask.data[pixel] ? 1 : 0), 0) / k
}
