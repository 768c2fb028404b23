import type { PixelRelevance } from './heatMap.ts'

/**
 * A map from some distance: means over equal parts, or its own pixels along a side that has fewer.
 *
 * @param side how many parts lie along each side
 */
export function pooled({ width, height, data }: PixelRelevance, side: number): PixelRelevance {
  const [columns, rows] = [Math.min(side, width), Math.min(side, height)]
  const sums = new Float64Array(columns * rows)
  const counts = new Float64Array(columns * rows)
  for (let y = 0; y < height; y++) {
    const row = Math.floor((y * rows) / height)
    for (let x = 0; x < width; x++) {
      const part = row * columns + Math.floor((x * columns) / width)
      sums[part]! += data[y * width + x]!
      counts[part]!++
    }
  }
  return { width: columns, height: rows, data: Float32Array.from(sums, (sum, k) => sum / counts[k]!) }
}
