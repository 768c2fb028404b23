import type { TensorOf } from '../../graph/types.ts'
import { type LoadMethod, METHODS, type WithOptions } from '../methods.ts'
import { completeOptions } from '../options.ts'
import { loadScoreMaps } from './loadScoreMaps.ts'
import { type Running, type ScoresOf, scoresOfVariations } from './program.ts'
import { meanOverSquares, type SquareOptions, squaresOver } from './squares.ts'

/** How large the squares are, and how they are filled. */
export interface OcclusionOptions extends SquareOptions {
  /** What the square is filled with, in all channels. 0 is the mean where the mean is subtracted. */
  readonly fill: number
}

/**
 * Occlusion: how much the score falls where a square of the picture is covered. Each pixel gets the mean over the
 * squares that cover it; squares at the right and the lower edge are cut off there.
 *
 * Zeiler and Fergus 2014, *Visualizing and Understanding Convolutional Networks*, section 4.2.
 *
 * @param input one picture: [1, channels, height, width]
 * @param target a number for each class
 * @returns a map of the picture: [1, height, width], positive where the score falls
 */
export async function occlusion(
  scoresOf: ScoresOf,
  input: TensorOf<'float32'>,
  target: Float32Array,
  { batch, signal, progress, ...options }: Partial<OcclusionOptions> & Running = {},
): Promise<TensorOf<'float32'>> {
  const { fill, ...given } = completeOptions<OcclusionOptions>(METHODS.occlusion.options, options)
  const [, channels, height, width] = input.shape as [number, number, number, number]
  const squares = squaresOver(height, width, given)
  // Number 0 is the unchanged picture.
  const count = squares.length + 1
  const [whole, ...covered] = await scoresOfVariations(
    scoresOf,
    input,
    target,
    { count, batch, signal, progress },
    (k, picture) => {
      const square = squares[k - 1]
      if (!square) return
      for (let row = 0; row < channels * height; row++) {
        const y = row % height
        if (y < square.top || y >= square.bottom) continue
        picture.fill(fill, row * width + square.left, row * width + square.right)
      }
    },
  )
  const falls = covered.map((score) => whole! - score)
  return meanOverSquares(height, width, squares, falls)
}

/** Load a network to be explained by occlusion. */
export const load: LoadMethod<WithOptions<'occlusion', OcclusionOptions>> = (
  subject,
  { method: _, ...given },
) => {
  const options = completeOptions<OcclusionOptions>(METHODS.occlusion.options, given)
  return loadScoreMaps(subject, (scoresOf, picture, target, running) =>
    occlusion(scoresOf, picture, target, { ...options, ...running }),
  )
}
