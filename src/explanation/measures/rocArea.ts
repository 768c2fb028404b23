import { UserError } from '../../base/errors.ts'
import { ranksOf } from '../../statistics/ranks.ts'
import type { PixelRelevance } from '../heatMap.ts'
import { type Mask, pixelsInside } from './mask.ts'

/**
 * The area under the ROC curve of a map as a classifier of pixels inside and outside a mask: the chance that a pixel
 * inside has more relevance than one outside, where ties count a half.
 *
 * Fawcett 2006, *An introduction to ROC analysis*, “Area under an ROC curve”. It is computed from the ranks, as the statistic U of Mann and
 * Whitney over both counts: (Σ_inside rank − n (n + 1) / 2) / (n m), n pixels inside and m outside.
 *
 * @returns 0 to 1; ½ for a map that is independent of the mask
 * @throws UserError where the mask has no pixel, or all, or does not fit the map
 */
export function rocArea(map: PixelRelevance, mask: Mask): number {
  const inside = pixelsInside(mask, map)
  const outside = map.data.length - inside
  if (outside === 0) throw new UserError('all pixels are inside', 'mask', 'Leave some outside')
  const sum = ranksOf(map.data).reduce((total, rank, pixel) => total + (mask.data[pixel] ? rank : 0), 0)
  return (sum - (inside * (inside + 1)) / 2) / (inside * outside)
}
