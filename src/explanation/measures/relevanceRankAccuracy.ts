import { shareOfGreatest } from '../../statistics/ranks.ts'
import type { PixelRelevance } from '../heatMap.ts'
import { type Mask, pixelsInside } from './mask.ts'

/**
 * Relevance rank accuracy: the share of the K most relevant pixels that is inside, where K is the number of pixels in
 * the mask.
 *
 * Arras, Osman and Samek 2022, *CLEVR-XAI: A benchmark dataset for the ground truth evaluation of neural network
 * explanations*, “Relevance Rank Accuracy”. Relevance is ordered with its sign; pixels that are equal share the last
 * places.
 *
 * @returns 0 to 1
 * @throws UserError where the mask does not fit the map
 */
export function relevanceRankAccuracy(map: PixelRelevance, mask: Mask): number {
  return shareOfGreatest(map.data, pixelsInside(mask, map), mask.data)
}
