import { descending } from '../../statistics/ranks.ts'
import type { PixelRelevance } from '../heatMap.ts'
import { type Mask, pixelsInside } from './mask.ts'

/**
 * Relevance rank accuracy: the share of the K most relevant pixels that is inside, where K is the number of pixels in
 * the mask.
 *
 * Arras, Osman and Samek 2022, *CLEVR-XAI: A benchmark dataset for the ground truth evaluation of neural network
 * explanations*, “Relevance Rank Accuracy”. Relevance is ordered with its sign.
 *
 * @returns 0 to 1
 * @throws UserError where the mask does not fit the map
 */
export function relevanceRankAccuracy(map: PixelRelevance, mask: Mask): number {
  const count = pixelsInside(mask, map)
  return descending(map.data)
    .subarray(0, count)
    .reduce((hits, pixel) => hits + (mask.data[pixel] ? 1 : 0) / count, 0)
}
