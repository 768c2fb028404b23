import { UserError } from '../../base/errors.ts'
import { descending } from '../../statistics/ranks.ts'
import type { PixelRelevance } from '../heatMap.ts'

/** How many pixels count. */
export interface TopKOptions {
  /** The number of most relevant pixels. */
  readonly k: number
}

/**
 * The k most relevant pixels of a map, the most relevant first.
 *
 * @throws UserError where the map has fewer pixels
 */
export function topK(map: PixelRelevance, k: number): Uint32Array {
  requireK(map, k)
  return descending(map.data).subarray(0, k)
}

/** @throws UserError where a map has fewer than k pixels */
export function requireK({ data }: PixelRelevance, k: number): void {
  if (k > data.length)
    throw new UserError(`is ${k}`, 'k', `Give at most ${data.length}, the number of pixels of the map`)
}
