import type { PixelRelevance } from '../heatMap.ts'
import { type Mask, pixelsInside } from './mask.ts'

/**
 * The pointing game: whether the most relevant pixel is inside the mask; where several are equal, whether any is. Its mean
 * over pictures is the paper's accuracy.
 *
 * Zhang, Bargal, Lin, Brandt, Shen and Sclaroff 2018, *Top-Down Neural Attention by Excitation Backprop*, “The Pointing
 * Game”. The paper's tolerance around the mask is not added: widen the mask for that.
 *
 * @returns 1 or 0
 * @throws UserError where the mask does not fit the map
 */
export function pointingGame(map: PixelRelevance, mask: Mask): number {
  pixelsInside(mask, map)
  const most = map.data.reduce((greatest, value) => Math.max(greatest, value), Number.NEGATIVE_INFINITY)
  return map.data.some((value, pixel) => value === most && mask.data[pixel]) ? 1 : 0
}
