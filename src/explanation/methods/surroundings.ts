/** What could stand in a square of a picture, judging by its surroundings: a Gaussian fitted to the ring around it. */

import { cholesky } from '../../base/cholesky.ts'
import type { Random } from '../../base/random.ts'
import type { TensorOf } from '../../graph/types.ts'
import type { Square } from './squares.ts'

/** How the pixels around a square are distributed. */
export interface Surroundings {
  /** The mean of each channel. */
  readonly mean: readonly number[]
  /** The Cholesky factor (lower triangle) of the covariance of the channels. */
  readonly deviation: readonly (readonly number[])[]
  /** The correlation of pixels that share a side, 0 to 1. */
  readonly likeness: number
}

/**
 * Fit a Gaussian to the pixels around a square.
 *
 * @param picture [1, channels, height, width]
 * @param ring how many pixels wide the ring is; at the picture's edges it is cut off
 * @returns undefined where the square covers the whole picture
 */
export function surroundingsOf(
  { shape, data }: TensorOf<'float32'>,
  { top, left, bottom, right }: Square,
  ring: number,
): Surroundings | undefined {
  const [, channels, height, width] = shape as [number, number, number, number]
  const [first, last] = [Math.max(top - ring, 0), Math.min(bottom + ring, height)]
  const [start, end] = [Math.max(left - ring, 0), Math.min(right + ring, width)]
  const isIn = (y: number, x: number) =>
    y < last && x < end && !(y >= top && y < bottom && x >= left && x < right)
  const pixels: number[] = []
  const pairs: [number, number][] = []
  for (let y = first; y < last; y++) {
    for (let x = start; x < end; x++) {
      if (!isIn(y, x)) continue
      const pixel = y * width + x
      pixels.push(pixel)
      if (isIn(y, x + 1)) pairs.push([pixel, pixel + 1])
      if (isIn(y + 1, x)) pairs.push([pixel, pixel + width])
    }
  }
  if (pixels.length === 0) return undefined
  const value = (channel: number, pixel: number) => data[channel * height * width + pixel]!
  const all = Array.from({ length: channels }, (_, channel) => channel)
  const mean = all.map((c) => pixels.reduce((sum, pixel) => sum + value(c, pixel), 0) / pixels.length)
  const product = (a: number, b: number, one: number, other: number) =>
    (value(a, one) - mean[a]!) * (value(b, other) - mean[b]!)
  const covariance = all.map((a) =>
    all.map((b) => pixels.reduce((sum, pixel) => sum + product(a, b, pixel, pixel), 0) / pixels.length),
  )
  const variance = all.reduce((sum, c) => sum + covariance[c]![c]!, 0)
  const together = all.reduce(
    (sum, c) => sum + pairs.reduce((part, [one, other]) => part + product(c, c, one, other), 0),
    0,
  )
  // Pixels without neighbours, or all equal, say nothing about it.
  const likeness = pairs.length > 0 && variance > 0 ? together / pairs.length / variance : 0
  return { mean, deviation: cholesky(covariance), likeness: Math.min(Math.max(likeness, 0), 1) }
}

/**
 * Fill a square with what could stand there: each pixel is drawn from the Gaussian of the surroundings, and pixels
 * correlate as those around do, less with distance (the correlation is the product over rows and columns of
 * likeness^distance).
 *
 * @param picture [channels, height, width], written in the square only
 */
export function drawInto(
  picture: Float32Array,
  [height, width]: readonly [height: number, width: number],
  { top, left, bottom, right }: Square,
  { mean, deviation, likeness }: Surroundings,
  random: Random,
): void {
  const [rows, columns] = [bottom - top, right - left]
  const fields = mean.map(() => drawnField(rows, columns, likeness, random))
  for (const [channel, row] of deviation.entries()) {
    for (let y = 0; y < rows; y++) {
      for (let x = 0; x < columns; x++) {
        const noise = row.reduce((sum, each, k) => sum + each * fields[k]![y * columns + x]!, 0)
        picture[(channel * height + top + y) * width + left + x] = mean[channel]! + noise
      }
    }
  }
}

/**
 * Normal numbers of mean 0 and standard deviation 1, each correlated with those above and to the left of it (AR(1) in
 * both directions).
 */
function drawnField(rows: number, columns: number, likeness: number, random: Random): Float64Array {
  const field = Float64Array.from({ length: rows * columns }, () => random.normal())
  const fresh = Math.sqrt(1 - likeness ** 2)
  for (let k = 0; k < field.length; k++) {
    if (k % columns > 0) field[k] = likeness * field[k - 1]! + fresh * field[k]!
  }
  for (let k = columns; k < field.length; k++) field[k] = likeness * field[k - columns]! + fresh * field[k]!
  return field
}
