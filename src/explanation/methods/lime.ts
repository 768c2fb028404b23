import { solve } from '../../base/cholesky.ts'
import { UserError } from '../../base/errors.ts'
import { Random } from '../../base/random.ts'
import type { TensorOf } from '../../graph/types.ts'
import { type LoadMethod, METHODS, type WithOptions } from '../methods.ts'
import { completeOptions } from '../options.ts'
import { loadScoreMaps } from './loadScoreMaps.ts'
import type { Running, ScoresOf } from './program.ts'
import { type Coalition, type SegmentOptions, type SegmentValues, segmented } from './segments.ts'

/** How the picture is divided, and how the linear model is fitted. */
export interface LimeOptions extends SegmentOptions {
  /** Pictures that the model is fitted to, the picture itself among them. */
  readonly samples: number
  /** Width of the kernel: at this cosine distance from the whole picture a sample counts 1/e. */
  readonly kernel: number
  /** The penalty on the squares of the coefficients, which shrinks all of them a little. */
  readonly ridge: number
  /** The same seed gives the same samples. */
  readonly seed: string | number
}

/**
 * LIME: the coefficients of a linear model on the presence of superpixels, fitted to the scores of pictures in which
 * each superpixel is kept or removed by the toss of a coin. Pictures closer to the whole count more, by an exponential
 * kernel on the cosine distance; the fit is a weighted ridge regression with a free constant.
 *
 * Ribeiro, Singh and Guestrin 2016, *“Why Should I Trust You?”: Explaining the Predictions of Any Classifier*, equation 2
 * and section 3.4; for all superpixels, where the paper picks a few.
 *
 * @param input one picture: [1, channels, height, width]
 * @param target a number for each class
 * @returns the coefficients, positive where a segment raises the score; not divided by the segments' sizes
 * @throws UserError where there are fewer samples than the fit needs
 */
export async function lime(
  scoresOf: ScoresOf,
  input: TensorOf<'float32'>,
  target: Float32Array,
  { batch, signal, progress, ...options }: Partial<LimeOptions> & Running = {},
): Promise<SegmentValues> {
  const { samples, kernel, ridge, seed, ...cut } = completeOptions<LimeOptions>(METHODS.lime.options, options)
  const picture = segmented(input, cut)
  const random = new Random(seed)
  // The first is the whole picture.
  const coalitions = Array.from({ length: samples }, (_, k) =>
    Uint8Array.from({ length: picture.count }, () => (k === 0 || random.chance(0.5) ? 1 : 0)),
  )
  const scores = await picture.scoresWith(scoresOf, target, coalitions, { batch, signal, progress })
  const weights = coalitions.map((coalition) => Math.exp(-((distanceOf(coalition) / kernel) ** 2)))
  const values = ridgeFit(coalitions, scores, weights, ridge)
  if (!values) {
    throw new UserError(
      `are ${samples}, too few for ${picture.count} segments`,
      'samples',
      'Give more, or a ridge above 0',
    )
  }
  return { map: picture.mapOf(values), values, labels: picture.labels }
}

/**
 * The cosine distance of a coalition from that of all segments, 0 to 1; that of the empty coalition, which has no
 * angle, is 1.
 */
function distanceOf(coalition: Coalition): number {
  const there = coalition.reduce((sum, each) => sum + each, 0)
  return 1 - Math.sqrt(there / coalition.length)
}

/**
 * The coefficients w that, together with the best constant, minimise Σ weight · (score − constant − w·coalition)² +
 * ridge · |w|²; undefined where they are not unique.
 */
function ridgeFit(
  coalitions: readonly Coalition[],
  scores: readonly number[],
  weights: readonly number[],
  ridge: number,
): number[] | undefined {
  const count = coalitions[0]!.length
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  // After subtracting the weighted means, the constant is 0.
  const meanScore = scores.reduce((sum, score, k) => sum + weights[k]! * score, 0) / total
  const means = new Float64Array(count)
  coalitions.forEach((coalition, k) => {
    for (let i = 0; i < count; i++) means[i]! += (weights[k]! * coalition[i]!) / total
  })
  const matrix = Array.from({ length: count }, (_, i) =>
    Array.from({ length: count }, (_, j) => (i === j ? ridge : 0)),
  )
  const right = new Array<number>(count).fill(0)
  for (const [k, coalition] of coalitions.entries()) {
    const centred = means.map((mean, i) => coalition[i]! - mean)
    for (let i = 0; i < count; i++) {
      const weighted = weights[k]! * centred[i]!
      right[i]! += weighted * (scores[k]! - meanScore)
      for (let j = 0; j <= i; j++) matrix[i]![j]! += weighted * centred[j]!
    }
  }
  return solve(matrix, right)
}

/** Load a network to be explained by LIME. */
export const load: LoadMethod<WithOptions<'lime', LimeOptions>> = (subject, { method: _, ...given }) => {
  const options = completeOptions<LimeOptions>(METHODS.lime.options, given)
  return loadScoreMaps(subject, async (scoresOf, picture, target, running) => {
    const { map } = await lime(scoresOf, picture, target, { ...options, ...running })
    return map
  })
}
