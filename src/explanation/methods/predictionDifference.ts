import { UserError } from '../../base/errors.ts'
import { Random } from '../../base/random.ts'
import type { TensorOf } from '../../graph/types.ts'
import { type LoadMethod, METHODS, type WithOptions } from '../methods.ts'
import { completeOptions } from '../options.ts'
import { loadScoreMaps } from './loadScoreMaps.ts'
import { type Running, type ScoresOf, scoresOfVariations } from './program.ts'
import { meanOverSquares, type Square, type SquareOptions, squaresOver } from './squares.ts'
import { drawInto, type Surroundings, surroundingsOf } from './surroundings.ts'

/** How large the squares are, and how often each is replaced. */
export interface PredictionDifferenceOptions extends SquareOptions {
  /** Draws for each square. */
  readonly samples: number
  /**
   * Width, in pixels, of the ring around a square from which its replacements are modelled; by default a quarter of its
   * side.
   */
  readonly ring?: number
  /** The same seed gives the same draws. */
  readonly seed: string | number
}

/**
 * Prediction difference analysis: the score minus its mean over what could stand in a square of the picture instead.
 * Each pixel gets the mean over the squares that cover it; squares at the right and the lower edge are cut off there.
 *
 * Zintgraf, Cohen, Adel and Welling 2017, *Visualizing Deep Neural Network Decisions: Prediction Difference Analysis*,
 * section 3: conditional sampling (3.1) of squares (3.2), and the difference of activations (3.3), which the paper
 * takes where a unit is not a probability; here the score is a sum of logits. The paper draws from a Gaussian that it
 * fits to patches of many pictures; here, where there is only one, it is fitted to the ring around the square
 * (`surroundings.ts`).
 *
 * @param input one picture: [1, channels, height, width]
 * @param target a number for each class
 * @returns a map of the picture: [1, height, width], positive where the score falls
 * @throws UserError where a square leaves no pixels around it
 */
export async function predictionDifference(
  scoresOf: ScoresOf,
  input: TensorOf<'float32'>,
  target: Float32Array,
  { batch, signal, progress, ...options }: Partial<PredictionDifferenceOptions> & Running = {},
): Promise<TensorOf<'float32'>> {
  const table = METHODS['prediction-difference'].options
  const { samples, seed, ring, ...given } = completeOptions<PredictionDifferenceOptions>(table, options)
  const [, , height, width] = input.shape as [number, number, number, number]
  const squares = squaresOver(height, width, given)
  const [{ bottom: side }] = squares as [Square]
  const random = new Random(seed)
  let around: Surroundings
  // Number 0 is the unchanged picture; the draws of each square follow.
  const count = 1 + squares.length * samples
  const [whole, ...drawn] = await scoresOfVariations(
    scoresOf,
    input,
    target,
    { count, batch, signal, progress },
    (k, picture) => {
      if (k === 0) return
      const square = squares[Math.floor((k - 1) / samples)]!
      if ((k - 1) % samples === 0) around = requireAround(input, square, ring ?? Math.ceil(side / 4))
      drawInto(picture, [height, width], square, around, random)
    },
  )
  const differences = squares.map((_, k) => {
    const own = drawn.slice(k * samples, (k + 1) * samples)
    return whole! - own.reduce((sum, score) => sum + score, 0) / samples
  })
  return meanOverSquares(height, width, squares, differences)
}

function requireAround(input: TensorOf<'float32'>, square: Square, ring: number): Surroundings {
  const around = surroundingsOf(input, square, ring)
  if (around) return around
  throw new UserError(
    'covers the whole picture',
    'window',
    'Make it smaller, so that something lies around it',
  )
}

/** Load a network to be explained by prediction difference analysis. */
export const load: LoadMethod<WithOptions<'prediction-difference', PredictionDifferenceOptions>> = (
  subject,
  { method: _, ...given },
) => {
  const table = METHODS['prediction-difference'].options
  const options = completeOptions<PredictionDifferenceOptions>(table, given)
  return loadScoreMaps(subject, (scoresOf, picture, target, running) =>
    predictionDifference(scoresOf, picture, target, { ...options, ...running }),
  )
}
