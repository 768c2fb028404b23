import type { Image } from './image.ts'
import { warpAffine } from './warp.ts'

/**
 * A picture made square and resized: the shorter sides are filled up by repeating the edge pixels, so that
 * nothing is cut off or stretched.
 *
 * @param size side of the result, in pixels
 */
export function square(image: Image, size: number): Image {
  const scale = Math.max(image.width, image.height) / size
  const [left, top] = [image.width, image.height].map((side) => (side - scale * size) / 2)
  return warpAffine(image, [scale, 0, left!, 0, scale, top!], size, size)
}
