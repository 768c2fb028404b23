import { Random } from '../../base/random.ts'
import type { TensorOf } from '../../graph/types.ts'
import { type LoadMethod, METHODS, type WithOptions } from '../methods.ts'
import { completeOptions } from '../options.ts'
import { loadMaps } from './loadMaps.ts'
import { loadGradient } from './loadPrograms.ts'
import { type GradientOf, inBatches, type Running } from './program.ts'

/** How many copies are averaged, and how noisy they are. */
export interface SmoothGradOptions {
  /** How many noisy copies of the input are averaged. */
  readonly samples: number
  /** Standard deviation of the noise, as a fraction of the input's range (largest minus smallest number). */
  readonly noise: number
  /** The same seed gives the same noise. */
  readonly seed: string | number
}

/**
 * SmoothGrad: the mean gradient over noisy copies of the input.
 *
 * Smilkov, Thorat, Kim, Viégas and Wattenberg 2017, *SmoothGrad: removing noise by adding noise*, section 3.
 *
 * @param input [1, …]
 * @param target a number for each class
 * @returns the mean gradient, of the input's shape
 */
export async function smoothGrad(
  gradientOf: GradientOf,
  input: TensorOf<'float32'>,
  target: Float32Array,
  { batch = 8, signal, progress, ...options }: Partial<SmoothGradOptions> & Running = {},
): Promise<TensorOf<'float32'>> {
  const { samples, noise, seed } = completeOptions(METHODS.smoothgrad.options, options)
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const value of input.data) {
    low = Math.min(low, value)
    high = Math.max(high, value)
  }
  const deviation = noise * (high - low)
  const random = new Random(seed)
  const sum = new Float64Array(input.data.length)
  await inBatches(
    input,
    target,
    { count: samples, batch, signal, progress },
    (_, copy) => {
      for (let k = 0; k < copy.length; k++) copy[k]! += random.normal(0, deviation)
    },
    async (inputs, targets) => {
      const { gradients } = await gradientOf(inputs, targets)
      gradients.data.forEach((value, k) => {
        sum[k % sum.length]! += value
      })
    },
  )
  return { type: 'float32', shape: input.shape, data: Float32Array.from(sum, (value) => value / samples) }
}

/** Load a network to be explained by SmoothGrad. */
export const load: LoadMethod<WithOptions<'smoothgrad', SmoothGradOptions>> = (
  subject,
  { method: _, ...given },
) => {
  const options = completeOptions(METHODS.smoothgrad.options, given)
  return loadMaps(subject, async (network, output, batch) => {
    const { program, gradientOf } = await loadGradient(subject.engine, network, output)
    return {
      program,
      map: (...[picture, target, watch]) =>
        smoothGrad(gradientOf, picture, target, { ...options, ...watch, batch }),
    }
  })
}
