import type { PixelRelevance } from '../heatMap.ts'
import { MEASURES } from '../measures.ts'
import { completeOptions } from '../options.ts'
import { requireSameSize } from './sameSize.ts'
import { type TopKOptions, topK } from './topK.ts'

/**
 * Top-k overlap: the share of the k most relevant pixels of one map that are among those of the other.
 *
 * Ghorbani, Abid and Zou 2019, *Interpretation of Neural Networks Is Fragile*, “top-k intersection”.
 *
 * @returns 0 to 1
 * @throws UserError where the maps differ in size, or have fewer than k pixels
 */
export function topKOverlap(
  one: PixelRelevance,
  other: PixelRelevance,
  options: Partial<TopKOptions> = {},
): number {
  const { k } = completeOptions(MEASURES['top-k-overlap'].options, options)
  requireSameSize(other, one, 'second map', 'first')
  const known = new Set(topK(one, k))
  return topK(other, k).reduce((hits, pixel) => hits + (known.has(pixel) ? 1 : 0), 0) / k
}
