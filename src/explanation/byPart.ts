import { centreCrop } from '../pictures/crop.ts'
import type { PixelRelevance } from './heatMap.ts'

/**
 * What each part of a picture has of a map: the sum over its pixels. The sums add up to the map's.
 *
 * @param labels the part at each pixel, by its index in `parts`; of a picture of which the map shows the centre
 * @param parts their names
 */
export function relevanceByPart(
  map: PixelRelevance,
  labels: { readonly width: number; readonly height: number; readonly data: Uint8Array },
  parts: readonly string[],
): Record<string, number> {
  const sums = new Array<number>(parts.length).fill(0)
  const { left } = centreCrop(labels.width, map.width)
  const { left: top } = centreCrop(labels.height, map.height)
  for (let y = 0; y < map.height; y++) {
    for (let x = 0; x < map.width; x++) {
      sums[labels.data[(top + y) * labels.width + left + x]!]! += map.data[y * map.width + x]!
    }
  }
  return Object.fromEntries(parts.map((part, k) => [part, sums[k]!]))
}
