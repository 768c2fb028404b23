/** Average maps and pictures of faces in the same alignment. */

import type { PixelRelevance } from '../explanation/heatMap.ts'
import type { Image } from '../pictures/image.ts'
import { THUMBNAIL } from './explainedFaces.ts'

/**
 * The average of maps, each scaled so that its |R| adds up to 1 and every face counts equally.
 *
 * @param maps of one size; the average is empty where there are none, or all are empty
 */
export function averageMap(
  maps: readonly Float32Array[],
  { width, height }: { readonly width: number; readonly height: number },
): PixelRelevance {
  const data = new Float32Array(width * height)
  for (const map of maps) {
    const size = map.reduce((sum, value) => sum + Math.abs(value), 0)
    if (size === 0) continue
    map.forEach((value, k) => {
      data[k]! += value / size / maps.length
    })
  }
  return { width, height, data }
}

/** The mean of small pictures, as RGB of {@link THUMBNAIL} pixels a side. */
export function averagePicture(pictures: readonly Uint8Array[]): Image {
  const sums = new Float64Array(3 * THUMBNAIL ** 2)
  for (const picture of pictures) for (let k = 0; k < sums.length; k++) sums[k]! += picture[k]!
  return thumbnail(Uint8Array.from(sums, (sum) => Math.round(sum / pictures.length)))
}

/** A small picture, as it is stored. */
export function thumbnail(data: Uint8Array): Image {
  return { width: THUMBNAIL, height: THUMBNAIL, data }
}
