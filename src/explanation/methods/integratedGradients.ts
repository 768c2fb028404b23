import type { TensorOf } from '../../graph/types.ts'
import { type LoadMethod, METHODS, type WithOptions } from '../methods.ts'
import { completeOptions } from '../options.ts'
import { loadMaps } from './loadMaps.ts'
import { loadGradient } from './loadPrograms.ts'
import { type GradientOf, inBatches, type Running } from './program.ts'

/** How finely the path is sampled. */
export interface IntegratedGradientsOptions {
  /** Points on the path. */
  readonly steps: number
}

/** What each number of the input contributes, and how complete that is. */
export interface IntegratedGradients {
  /** Of the input's shape. */
  readonly attribution: TensorOf<'float32'>
  /** The score of the input minus that of the baseline: the sum of the attribution, given enough steps. */
  readonly difference: number
  /** What the attribution adds up to. */
  readonly sum: number
}

/**
 * Integrated gradients: (x − x′) · ∫ ∇f(x′ + t (x − x′)) dt for t from 0 to 1, integrated by the midpoint rule, which
 * avoids the baseline, where every ReLU may be at its kink for a black picture.
 *
 * Sundararajan, Taly and Yan 2017, *Axiomatic Attribution for Deep Networks*, equations 1 and 3. They add up to
 * f(x) − f(x′) (their proposition 1, completeness).
 *
 * @param input [1, …]
 * @param target a number for each class
 * @param options.baseline where the path starts, of the input's shape: an input that shows nothing. By default zeros
 */
export async function integratedGradients(
  gradientOf: GradientOf,
  input: TensorOf<'float32'>,
  target: Float32Array,
  {
    baseline,
    batch = 8,
    signal,
    progress,
    ...options
  }: Partial<IntegratedGradientsOptions> & Running & { readonly baseline?: TensorOf<'float32'> } = {},
): Promise<IntegratedGradients> {
  const { steps } = completeOptions(METHODS['integrated-gradients'].options, options)
  if (baseline && baseline.data.length !== input.data.length) {
    throw new Error(
      `the baseline [${baseline.shape.join(', ')}] differs from the input [${input.shape.join(', ')}]`,
    )
  }
  const from = baseline?.data ?? new Float32Array(input.data.length)
  // The points on the path, then its two ends, for their scores.
  const places = [...Array.from({ length: steps }, (_, k) => (k + 0.5) / steps), 0, 1]
  const sums = new Float64Array(input.data.length)
  const scores: number[] = []
  await inBatches(
    input,
    target,
    { count: places.length, batch, signal, progress },
    (k, point) => {
      const t = places[k]!
      for (let i = 0; i < point.length; i++) point[i] = from[i]! + t * (point[i]! - from[i]!)
    },
    async (inputs, targets, first) => {
      const results = await gradientOf(inputs, targets)
      scores.push(...results.scores)
      const rows = Math.min(inputs.shape[0]!, steps - first)
      for (let k = 0; k < rows * sums.length; k++) sums[k % sums.length]! += results.gradients.data[k]!
    },
  )
  const data = input.data.map((value, i) => ((value - from[i]!) * sums[i]!) / steps)
  return {
    attribution: { type: 'float32', shape: input.shape, data },
    difference: scores.at(-1)! - scores.at(-2)!,
    sum: data.reduce((total, value) => total + value, 0),
  }
}

/** Load a network to be explained by integrated gradients. */
export const load: LoadMethod<WithOptions<'integrated-gradients', IntegratedGradientsOptions>> = (
  subject,
  { method: _, ...given },
) => {
  const options = completeOptions(METHODS['integrated-gradients'].options, given)
  return loadMaps(subject, async (network, output, batch) => {
    const { program, gradientOf } = await loadGradient(subject.engine, network, output)
    return {
      program,
      map: async (...[picture, target, watch]) =>
        (await integratedGradients(gradientOf, picture, target, { ...options, ...watch, batch })).attribution,
    }
  })
}
