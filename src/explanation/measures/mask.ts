import { UserError } from '../../base/errors.ts'
import type { PixelRelevance } from '../heatMap.ts'
import { requireSameSize } from './sameSize.ts'

/** The pixels of a picture that show something: where a map of it should have its relevance. */
export interface Mask {
  readonly width: number
  readonly height: number
  /** width · height numbers, row by row: 0 outside, anything else inside. */
  readonly data: ArrayLike<number>
}

/**
 * How many pixels are inside.
 *
 * @throws UserError where the mask and the map differ in size, or no pixel is inside
 */
export function pixelsInside(mask: Mask, map: PixelRelevance): number {
  requireSameSize(mask, map, 'mask')
  let count = 0
  for (let k = 0; k < mask.data.length; k++) if (mask.data[k]) count++
  if (count === 0) throw new UserError('no pixel is inside', 'mask', 'Mark at least one')
  return count
}
