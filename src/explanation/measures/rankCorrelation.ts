import { spearman } from '../../statistics/spearman.ts'
import type { PixelRelevance } from '../heatMap.ts'
import { requireSameSize } from './sameSize.ts'

/**
 * Spearman's rank correlation of two maps: the correlation of the ranks of their pixels, where pixels of equal
 * relevance share the mean of their ranks. Relevance is ordered with its sign.
 *
 * Spearman 1904, *The Proof and Measurement of Association between Two Things*; of maps: Adebayo, Gilmer, Muelly, Goodfellow, Hardt
 * and Kim 2018, *Sanity Checks for Saliency Maps*.
 *
 * @returns −1, where one has the opposite order of the other, to 1; 0 where a map is uniform and so has no order
 * @throws UserError where the maps differ in size
 */
export function rankCorrelation(one: PixelRelevance, other: PixelRelevance): number {
  requireSameSize(other, one, 'second map', 'first')
  const correlation = spearman(one.data, other.data)
  return Number.isNaN(correlation) ? 0 : correlation
}
