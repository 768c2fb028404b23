/** What some explained faces have in common: their mean map and the average of their pictures. */

import { THUMBNAIL } from '../evaluation/explainedFaces.ts'
import type { PixelRelevance } from '../explanation/heatMap.ts'
import type { Image } from '../pictures/image.ts'

/** Maps whose parts add up to 1 in size each, so that each face counts alike. */
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

/** The mean of the stored pictures. */
export function averagePicture(pictures: readonly Uint8Array[]): Image {
  const sums = new Float64Array(3 * THUMBNAIL ** 2)
  for (const picture of pictures) for (let k = 0; k < sums.length; k++) sums[k]! += picture[k]!
  return thumbnail(Uint8Array.from(sums, (sum) => Math.round(sum / pictures.length)))
}

/** A stored picture. */
export function thumbnail(data: Uint8Array): Image {
  return { width: THUMBNAIL, height: THUMBNAIL, data }
}
