import { centreCrop } from '../pictures/crop.ts'
import type { PixelRelevance } from './heatMap.ts'

/** A picture with one number for each pixel; a map may show only its centre. */
interface PartLabels {
  readonly width: number
  readonly height: number
  /** The part at each pixel, by its index in a list of names. */
  readonly data: Uint8Array
}

/** How much of a map lies in one part of a picture. */
export interface PartShare {
  /** The sum of the positive relevance there, and of the negative. */
  readonly positive: number
  readonly negative: number
  /** Its share of the pixels, 0 to 1. */
  readonly area: number
}

/**
 * How much of a map lies in each part of a picture: the sum over its pixels. The parts' sums add up to the
 * map's.
 *
 * @param parts the names of the labels
 */
export function relevanceByPart(
  map: PixelRelevance,
  labels: PartLabels,
  parts: readonly string[],
): Record<string, number> {
  const shares = sharesByPart(map, labels, parts.length)
  return Object.fromEntries(parts.map((part, k) => [part, shares[k]!.positive + shares[k]!.negative]))
}

/**
 * What speaks for and against in each part of a picture, and how large it is.
 *
 * @param parts how many there are
 */
export function sharesByPart(map: PixelRelevance, labels: PartLabels, parts: number): PartShare[] {
  const [positive, negative] = [new Float64Array(parts), new Float64Array(parts)]
  const pixels = new Float64Array(parts)
  const { left } = centreCrop(labels.width, map.width)
  const { left: top } = centreCrop(labels.height, map.height)
  for (let y = 0; y < map.height; y++) {
    for (let x = 0; x < map.width; x++) {
      const part = labels.data[(top + y) * labels.width + left + x]!
      const value = map.data[y * map.width + x]!
      if (value > 0) positive[part]! += value
      else negative[part]! += value
      pixels[part]!++
    }
  }
  return Array.from(pixels, (count, k) => ({
    positive: positive[k]!,
    negative: negative[k]!,
    area: count / map.data.length,
  }))
}
