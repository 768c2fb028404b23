/** What replaces the pixels that are removed from a picture. */

import { Random } from '../../base/random.ts'
import type { TensorOf } from '../../graph/types.ts'
import { smoothed } from '../gaussian.ts'
import { interpolating } from './linearInterpolation.ts'

/** The names of the replacements for pixels. */
export type Fill = 'constant' | 'normal' | 'uniform' | 'blur' | 'linear'

/** How pixels are replaced. */
export interface FillOptions {
  /**
   * `constant`: one number; `normal`, `uniform`: noise with the mean and standard deviation of each channel of the
   * picture, or between its least and greatest number; `blur`: the picture blurred by a Gaussian; `linear`: an
   * interpolation of the pixels around, with a little noise.
   */
  readonly fill: Fill
  /** The number of `constant`, in all channels. 0 is the mean where the mean is subtracted. */
  readonly baseline: number
  /** The same seed gives the same noise. */
  readonly seed: string | number
}

/** A picture that loses its pixels, a few at a time. */
export interface FadingPicture {
  /** The picture in its present state: [channels, height, width]; {@link replace} changes it. */
  readonly data: Float32Array
  /** Replace pixels that are still there, by their indices. */
  replace(pixels: Uint32Array): void
}

/**
 * Gives a whole copy of a picture at each call, ready to lose its pixels. Noise is drawn once: a pixel gets the same
 * replacement in whatever order they go.
 *
 * @param picture [1, channels, height, width]
 */
export function fadingPicture(picture: TensorOf<'float32'>, options: FillOptions): () => FadingPicture {
  return FILLS[options.fill](picture, options)
}

const FILLS: Record<Fill, (picture: TensorOf<'float32'>, options: FillOptions) => () => FadingPicture> = {
  constant: (picture, { baseline }) =>
    replacing(
      picture,
      picture.data.map(() => baseline),
    ),
  // Samek et al. 2017 use uniform noise.
  normal: (picture, { seed }) => {
    const random = new Random(seed)
    return replacing(
      picture,
      planewise(picture, (plane) => {
        const { mean, deviation } = spreadOf(plane)
        return plane.map(() => random.normal(mean, deviation))
      }),
    )
  },
  uniform: (picture, { seed }) => {
    const random = new Random(seed)
    return replacing(
      picture,
      planewise(picture, (plane) => {
        const low = plane.reduce((least, value) => Math.min(least, value))
        const high = plane.reduce((greatest, value) => Math.max(greatest, value))
        return plane.map(() => random.uniform(low, high))
      }),
    )
  },
  blur: (picture) => replacing(picture, blurred(picture)),
  linear: (picture, { seed }) => {
    const random = new Random(seed)
    const noise = planewise(picture, (plane) => {
      const { deviation } = spreadOf(plane)
      return plane.map(() => random.normal(0, NOISE * deviation))
    })
    return () => interpolating(picture, noise)
  },
}

/** For `linear`, the standard deviation of the noise as a share of the channel's own, as small as in Rong et al. */
const NOISE = 0.01

/** For `blur`, the standard deviation as a share of the shorter side: 10 of 224 pixels, as in Fong and Vedaldi 2017. */
const BLUR = 10 / 224

/** A picture with each plane replaced by a function of it. */
function planewise(
  { shape, data }: TensorOf<'float32'>,
  make: (plane: Float32Array) => Float32Array,
): Float32Array {
  const area = shape[2]! * shape[3]!
  const result = new Float32Array(data.length)
  for (let from = 0; from < data.length; from += area)
    result.set(make(data.subarray(from, from + area)), from)
  return result
}

function spreadOf(plane: Float32Array): { mean: number; deviation: number } {
  const mean = plane.reduce((sum, value) => sum + value, 0) / plane.length
  const squares = plane.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  return { mean, deviation: Math.sqrt(squares / plane.length) }
}

/** At the edges, the mean is taken only over what lies in the picture, not over zeros around it. */
function blurred(picture: TensorOf<'float32'>): Float32Array {
  const [height, width] = picture.shape.slice(2) as [number, number]
  const sigma = BLUR * Math.min(height, width)
  const gaussian = { sigma, reach: Math.ceil(3 * sigma) }
  const under = (data: Float32Array) => smoothed({ width, height, data }, gaussian, gaussian).data
  const inside = under(new Float32Array(width * height).fill(1))
  return planewise(picture, (plane) => under(plane).map((value, k) => value / inside[k]!))
}

/** Replace pixels by those of another picture. */
function replacing({ shape, data }: TensorOf<'float32'>, other: Float32Array): () => FadingPicture {
  const area = shape[2]! * shape[3]!
  return () => {
    const own = data.slice()
    return {
      data: own,
      replace(pixels) {
        for (let from = 0; from < own.length; from += area)
          for (const pixel of pixels) own[from + pixel] = other[from + pixel]!
      },
    }
  }
}
