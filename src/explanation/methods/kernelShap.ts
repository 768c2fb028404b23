import { solve } from '../../base/cholesky.ts'
import { UserError } from '../../base/errors.ts'
import { Random } from '../../base/random.ts'
import type { TensorOf } from '../../graph/types.ts'
import { type LoadMethod, METHODS, type WithOptions } from '../methods.ts'
import { completeOptions } from '../options.ts'
import { loadScoreMaps } from './loadScoreMaps.ts'
import type { Running, ScoresOf } from './program.ts'
import { type Coalition, type SegmentOptions, type SegmentValues, segmented } from './segments.ts'

/** How the picture is divided, and how many coalitions are tried. */
export interface KernelShapOptions extends SegmentOptions {
  /**
   * Coalitions to draw, each together with its complement, so an odd number means one fewer. With few segments all
   * coalitions are tried instead.
   */
  readonly samples: number
  /** The same seed gives the same coalitions. */
  readonly seed: string | number
}

/** How a score divides among the segments. */
export interface ShapleyValues extends SegmentValues {
  /** The score of the picture minus that of the picture without any segment: the sum of the values. */
  readonly difference: number
}

/** Up to this many segments all coalitions are tried: 2048 pictures at most. */
const ALL_TRIED = 11

/**
 * KernelSHAP: the Shapley values of superpixels, by a weighted linear regression on the scores of pictures without some
 * superpixels. They add up to the score of the picture minus that of the picture without any.
 *
 * Lundberg and Lee 2017, *A Unified Approach to Interpreting Model Predictions*, theorem 2. With 11 segments or fewer
 * all coalitions are tried, and the values are exact. With more, coalitions are drawn by the Shapley kernel, each with
 * its complement, which reduces the variance: Covert and Lee 2021, *Improving KernelSHAP: Practical Shapley Value
 * Estimation Using Linear Regression*.
 *
 * @param input one picture: [1, channels, height, width]
 * @param target a number for each class
 * @returns the values, positive where a segment raises the score; not divided by the segments' sizes
 * @throws UserError where there are fewer samples than the regression needs
 */
export async function kernelShap(
  scoresOf: ScoresOf,
  input: TensorOf<'float32'>,
  target: Float32Array,
  { batch, signal, progress, ...options }: Partial<KernelShapOptions> & Running = {},
): Promise<ShapleyValues> {
  const table = METHODS['kernel-shap'].options
  const { samples, seed, ...cut } = completeOptions<KernelShapOptions>(table, options)
  const picture = segmented(input, cut)
  const { count } = picture
  const some = count <= ALL_TRIED ? allCoalitions(count) : drawnCoalitions(count, samples, new Random(seed))
  const coalitions = [new Uint8Array(count).fill(1), new Uint8Array(count), ...some.coalitions]
  const scores = await picture.scoresWith(scoresOf, target, coalitions, { batch, signal, progress })
  const [whole, none, ...others] = scores as [number, number, ...number[]]
  const difference = whole - none
  const gains = others.map((score) => score - none)
  const values = constrainedFit(some, gains, difference, count)
  if (!values) throw new UserError(`are ${samples}, too few for ${count} segments`, 'samples', 'Give more')
  return { map: picture.mapOf(values), values, labels: picture.labels, difference }
}

/** Coalitions of some segments, neither all nor none, and how much each counts. */
interface Weighted {
  readonly coalitions: readonly Coalition[]
  readonly weights: readonly number[]
}

/** All coalitions, each with its Shapley kernel: (M − 1) / (C(M, s) · s · (M − s)) for s segments among M. */
function allCoalitions(count: number): Weighted {
  const coalitions = Array.from({ length: Math.max(2 ** count - 2, 0) }, (_, k) =>
    Uint8Array.from({ length: count }, (_, i) => ((k + 1) >> i) & 1),
  )
  const choices = [1]
  for (let s = 1; s <= count; s++) choices.push((choices[s - 1]! * (count - s + 1)) / s)
  const weights = coalitions.map((coalition) => {
    const s = coalition.reduce((sum, each) => sum + each, 0)
    return (count - 1) / (choices[s]! * s * (count - s))
  })
  return { coalitions, weights }
}

/** Coalitions drawn by the Shapley kernel, which then count equally, each followed by its complement. */
function drawnCoalitions(count: number, samples: number, random: Random): Weighted {
  // All coalitions of s segments together weigh (M − 1) / (s · (M − s)).
  const sums = [0]
  for (let s = 1; s < count; s++) sums.push(sums[s - 1]! + 1 / (s * (count - s)))
  const segments = Array.from({ length: count }, (_, i) => i)
  const coalitions = Array.from({ length: Math.floor(samples / 2) }, () => {
    const drawn = random.uniform(0, sums.at(-1))
    const size = sums.findIndex((sum) => drawn < sum)
    const coalition = new Uint8Array(count)
    for (const segment of random.shuffle(segments).slice(0, size)) coalition[segment] = 1
    return [coalition, coalition.map((each) => 1 - each)]
  }).flat()
  return { coalitions, weights: coalitions.map(() => 1) }
}

/**
 * The values that minimise Σ weight · (gain − values·coalition)² among those that add up to the difference; undefined
 * where they are not unique. With A = Σ weight · z·zᵀ and b = Σ weight · gain · z they are A⁻¹·(b − λ·1), and λ is such
 * that the sum is right.
 */
function constrainedFit(
  { coalitions, weights }: Weighted,
  gains: readonly number[],
  difference: number,
  count: number,
): number[] | undefined {
  // A single segment gets the whole difference; there are no coalitions to fit.
  if (count === 1) return [difference]
  const matrix = Array.from({ length: count }, () => new Array<number>(count).fill(0))
  const right = new Array<number>(count).fill(0)
  for (const [k, coalition] of coalitions.entries()) {
    for (let i = 0; i < count; i++) {
      if (coalition[i] === 0) continue
      right[i]! += weights[k]! * gains[k]!
      for (let j = 0; j <= i; j++) matrix[i]![j]! += weights[k]! * coalition[j]!
    }
  }
  const free = solve(matrix, right)
  const ones = solve(matrix, new Array<number>(count).fill(1))
  if (!free || !ones) return undefined
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)
  const excess = (sum(free) - difference) / sum(ones)
  return free.map((value, i) => value - excess * ones[i]!)
}

/** Load a network to be explained by KernelSHAP. */
export const load: LoadMethod<WithOptions<'kernel-shap', KernelShapOptions>> = (
  subject,
  { method: _, ...given },
) => {
  const options = completeOptions<KernelShapOptions>(METHODS['kernel-shap'].options, given)
  return loadScoreMaps(subject, async (scoresOf, picture, target, running) => {
    const { map } = await kernelShap(scoresOf, picture, target, { ...options, ...running })
    return map
  })
}
