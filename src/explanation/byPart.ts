import { centreCrop } from '../pictures/crop.ts'
import type { PixelRelevance } from './heatMap.ts'

/** A picture with one number a pixel, of which a map may show the centre. */
interface PartLabels {
  readonly width: number
  readonly height: number
  /** The part at each pixel, by its index in a list of names. */
  readonly data: Uint8Array
}

/** What one part of a picture has of a map. */
export interface PartShare {
  /** The sum of what is positive there, and of what is negative. */
  readonly positive: number
  readonly negative: number
  /** Its share of the pixels, 0 to 1. */
  readonly area: number
}

/**
 * What each part of a picture has of a map: the sum over its pixels. The sums add up to the map's.
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
