import type { PixelRelevance } from './heatMap.ts'

/** A Gaussian, along one side of a picture. */
export interface Gaussian {
  /** Its standard deviation, in pixels. */
  readonly sigma: number
  /** How many pixels it reaches to either side; it is cut off beyond. */
  readonly reach: number
}

/**
 * A plane of numbers blurred by a Gaussian whose weights add up to 1, with zeros around the plane.
 *
 * @param across along the width
 * @param down along the height
 */
export function smoothed(
  { width, height, data }: PixelRelevance,
  across: Gaussian,
  down: Gaussian,
): PixelRelevance {
  const half = alongLines(data, width, height, 1, width, across)
  return { width, height, data: alongLines(half, height, width, width, 1, down) }
}

/** Smooth along lines of `length` values that lie `step` apart; the lines themselves lie `stride` apart. */
function alongLines(
  data: Float32Array,
  length: number,
  lines: number,
  step: number,
  stride: number,
  { sigma, reach }: Gaussian,
): Float32Array {
  const weights = Array.from({ length: 2 * reach + 1 }, (_, k) =>
    Math.exp(-((k - reach) ** 2) / (2 * sigma ** 2)),
  )
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const result = new Float32Array(data.length)
  for (let line = 0; line < lines; line++) {
    for (let at = 0; at < length; at++) {
      let sum = 0
      for (let from = Math.max(0, at - reach); from <= Math.min(length - 1, at + reach); from++) {
        sum += weights[from - at + reach]! * data[line * stride + from * step]!
      }
      result[line * stride + at * step] = sum / total
    }
  }
  return result
}
