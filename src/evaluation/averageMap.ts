import type { PixelRelevance } from '../explanation/heatMap.ts'

/**
 * The average of maps whose parts are made to add up to 1 in size, so that each face counts alike.
 *
 * @param maps of one size; where there are none, or they are empty, so is their average
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
