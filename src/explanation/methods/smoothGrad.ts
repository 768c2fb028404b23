import { UserError } from '../../base/errors.ts'
import { Random } from '../../base/random.ts'
import type { TensorOf } from '../../graph/types.ts'
import { checkCount, type GradientOf, inBatches } from './program.ts'

/** How much is averaged over what. */
export interface SmoothGradOptions {
  /** Noisy copies of the input. */
  readonly samples: number
  /** Standard deviation of the noise, as a fraction of the input's range (largest less smallest number). */
  readonly noise: number
  /** The same seed gives the same noise. */
  readonly seed: string | number
  /** Copies that run together. */
  readonly batch: number
}

/** What the paper finds to work: 10 to 20 % noise, and little change beyond 50 samples. */
const SMOOTH_GRAD: SmoothGradOptions = { samples: 50, noise: 0.15, seed: 0, batch: 8 }

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
  options: Partial<SmoothGradOptions> = {},
): Promise<TensorOf<'float32'>> {
  const { samples, noise, seed, batch } = { ...SMOOTH_GRAD, ...options }
  checkCount(samples, 'samples')
  if (!(noise >= 0))
    throw new UserError(`is ${noise}`, 'noise', 'Give a fraction of the input’s range, as 0.15')
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
    { count: samples, batch },
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
