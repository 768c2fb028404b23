import type { PixelRelevance } from '../heatMap.ts'
import { ranksOf } from './ranking.ts'
import { requireSameSize } from './sameSize.ts'

/**
 * Spearman's rank correlation of two maps: the correlation of the ranks of their pixels, those of equal relevance sharing
 * the mean of their ranks. Relevance is ordered with its sign.
 *
 * Spearman 1904, *The Proof and Measurement of Association between Two Things*; of maps: Adebayo, Gilmer, Muelly, Goodfellow, Hardt
 * and Kim 2018, *Sanity Checks for Saliency Maps*.
 *
 * @returns −1, where one has the opposite order of the other, to 1; 0 where a map has no differences and so no order
 * @throws UserError where the maps are not of the same size
 */
export function rankCorrelation(one: PixelRelevance, other: PixelRelevance): number {
  requireSameSize(other, one, 'second map', 'first')
  const [a, b] = [ranksOf(one.data), ranksOf(other.data)]
  // The mean of the ranks 1 to n.
  const mean = (a.length + 1) / 2
  let [products, squaresOfA, squaresOfB] = [0, 0, 0]
  a.forEach((rank, pixel) => {
    const [x, y] = [rank - mean, b[pixel]! - mean]
    products += x * y
    squaresOfA += x * x
    squaresOfB += y * y
  })
  const spread = Math.sqrt(squaresOfA * squaresOfB)
  return spread === 0 ? 0 : products / spread
}
