import { coherenceOf } from '../coherence.ts'
import type { PixelRelevance } from '../heatMap.ts'

/**
 * The share of the picture that is in the largest connected region of high relevance: `region` of {@link coherenceOf}.
 *
 * @param map of at least 2 × 2 pixels
 * @returns 0 (where nothing speaks for the class) to 1
 */
export function largestRegion(map: PixelRelevance): number {
  return coherenceOf(map).region
}
