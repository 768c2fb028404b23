/** Squares that slide over a picture, and the map of one number for each. */

import { UserError } from '../../base/errors.ts'
import { float32, type TensorOf } from '../../graph/types.ts'

/** The size of the squares, and the step between them. */
export interface SquareOptions {
  /** Side of a square, in pixels; by default an eighth of the picture's shorter side. */
  readonly window?: number
  /**
   * Step from one square to the next, in pixels; at most the window, so that every pixel lies in a square. By default
   * half of the window.
   */
  readonly stride?: number
}

/** A part of a picture, in pixels: from `top` and `left` to before `bottom` and `right`. */
export interface Square {
  readonly top: number
  readonly left: number
  readonly bottom: number
  readonly right: number
}

/** How many squares of the default size fit along the shorter side of a picture. */
const SQUARES = 8

/**
 * The squares of a picture, row by row; those at the right and the lower edge are cut off there.
 *
 * @throws UserError where some pixels would lie in none
 */
export function squaresOver(height: number, width: number, given: SquareOptions): Square[] {
  const { window = Math.ceil(Math.min(height, width) / SQUARES) } = given
  const { stride = Math.ceil(window / 2) } = given
  if (stride > window)
    throw new UserError(`is ${stride}`, 'stride', `Give at most ${window}, or some pixels are never covered`)
  return starts(height, window, stride).flatMap((top) =>
    starts(width, window, stride).map((left) => ({
      top,
      left,
      bottom: Math.min(top + window, height),
      right: Math.min(left + window, width),
    })),
  )
}

/**
 * Each pixel's mean over the squares that cover it.
 *
 * @param values one for each square
 * @returns [1, height, width]
 */
export function meanOverSquares(
  height: number,
  width: number,
  squares: readonly Square[],
  values: ArrayLike<number>,
): TensorOf<'float32'> {
  const sums = new Float64Array(height * width)
  const counts = new Uint32Array(height * width)
  squares.forEach(({ top, left, bottom, right }, k) => {
    for (let y = top; y < bottom; y++) {
      for (let x = left; x < right; x++) {
        sums[y * width + x]! += values[k]!
        counts[y * width + x]! += 1
      }
    }
  })
  return float32(
    [1, height, width],
    Float32Array.from(sums, (sum, k) => sum / counts[k]!),
  )
}

/** Where windows start on a line, so that the last one reaches its end. */
function starts(size: number, window: number, stride: number): number[] {
  const count = Math.max(Math.ceil((size - window) / stride), 0) + 1
  return Array.from({ length: count }, (_, k) => k * stride)
}
