import { UserError } from '../../base/errors.ts'
import { float32, type TensorOf } from '../../graph/types.ts'
import { type LoadMethod, METHODS, type WithOptions } from '../methods.ts'
import { completeOptions } from '../options.ts'
import { loadMaps, ofPlaces } from './loadMaps.ts'
import { loadScores } from './loadPrograms.ts'
import { inBatches, type Running, type ScoresOf } from './program.ts'

/** What is covered, and how. */
export interface OcclusionOptions {
  /** Side of the square that is covered, in pixels; an eighth of the shorter side of the picture where not given. */
  readonly window?: number
  /**
   * From one square to the next, in pixels; no more than the window, so that every pixel is covered once. Half of the
   * window where not given.
   */
  readonly stride?: number
  /** What the square is filled with, in all channels. 0 is the mean where the mean is subtracted. */
  readonly fill: number
}

/** How many squares of the size that is taken by itself fit along the shorter side of a picture. */
const SQUARES = 8

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
  { batch = 8, signal, progress, ...options }: Partial<OcclusionOptions> & Running = {},
): Promise<TensorOf<'float32'>> {
  const given = completeOptions<OcclusionOptions>(METHODS.occlusion.options, options)
  const [, channels, height, width] = input.shape as [number, number, number, number]
  const { window = Math.ceil(Math.min(height, width) / SQUARES), fill } = given
  const { stride = Math.ceil(window / 2) } = given
  if (stride > window)
    throw new UserError(`is ${stride}`, 'stride', `Give ${window} at most, or some pixels are never covered`)
  const squares = starts(height, window, stride).flatMap((top) =>
    starts(width, window, stride).map((left) => ({
      top,
      left,
      bottom: Math.min(top + window, height),
      right: Math.min(left + window, width),
    })),
  )
  // Number 0 is the picture as it is.
  const scores: number[] = []
  await inBatches(
    input,
    target,
    { count: squares.length + 1, batch, signal, progress },
    (k, picture) => {
      const square = squares[k - 1]
      if (!square) return
      for (let row = 0; row < channels * height; row++) {
        const y = row % height
        if (y < square.top || y >= square.bottom) continue
        picture.fill(fill, row * width + square.left, row * width + square.right)
      }
    },
    async (inputs, targets) => {
      scores.push(...(await scoresOf(inputs, targets)))
    },
  )
  const sums = new Float64Array(height * width)
  const counts = new Uint32Array(height * width)
  squares.forEach(({ top, left, bottom, right }, k) => {
    for (let y = top; y < bottom; y++) {
      for (let x = left; x < right; x++) {
        sums[y * width + x]! += scores[0]! - scores[k + 1]!
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

/** Load a network to be explained by occlusion. */
export const load: LoadMethod<WithOptions<'occlusion', OcclusionOptions>> = (
  subject,
  { method: _, ...given },
) => {
  const options = completeOptions<OcclusionOptions>(METHODS.occlusion.options, given)
  return loadMaps(subject, async (network, output, batch) => {
    const { program, scoresOf } = await loadScores(subject.engine, network, output)
    return {
      program,
      map: async (...[picture, target, watch]) =>
        ofPlaces(await occlusion(scoresOf, picture, target, { ...options, ...watch, batch })),
    }
  })
}
