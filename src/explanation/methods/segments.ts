/** What LIME and KernelSHAP share: a picture in which whole superpixels are kept or removed. */

import { float32, type TensorOf } from '../../graph/types.ts'
import { type SuperpixelOptions, superpixels } from '../superpixels.ts'
import { type Running, type ScoresOf, scoresOfVariations } from './program.ts'

/** How a picture is divided, and what replaces a removed segment. */
export interface SegmentOptions extends SuperpixelOptions {
  /** The value that fills a removed segment, in all channels; by default its own mean colour. */
  readonly fill?: number
}

/** Which segments are kept: for each, 1, or 0 where it is removed. */
export type Coalition = Uint8Array

/** A picture in segments that can be kept or removed one by one. */
export interface SegmentedPicture {
  readonly count: number
  /** The number of each pixel's segment, row by row. */
  readonly labels: Int32Array
  /** The scores of the picture with each coalition, in their order. */
  scoresWith(
    scoresOf: ScoresOf,
    target: Float32Array,
    coalitions: readonly Coalition[],
    running: Running,
  ): Promise<number[]>
  /** [1, height, width]: each pixel gets its segment's value, whatever the segment's size. */
  mapOf(values: readonly number[]): TensorOf<'float32'>
}

/** The result of a method that works on segments. */
export interface SegmentValues {
  /** [1, height, width]: each pixel has its segment's value. */
  readonly map: TensorOf<'float32'>
  /** The value of each segment. */
  readonly values: readonly number[]
  /** The number of each pixel's segment, row by row. */
  readonly labels: Int32Array
}

/**
 * Cut a picture into segments.
 *
 * @param input one picture: [1, channels, height, width]
 */
export function segmented(input: TensorOf<'float32'>, { fill, ...how }: SegmentOptions): SegmentedPicture {
  const [, , height, width] = input.shape as [number, number, number, number]
  const { count, labels } = superpixels(input, how)
  const gone =
    fill === undefined
      ? meanColours(input.data, labels, count)
      : new Float32Array(input.data.length).fill(fill)
  return {
    count,
    labels,
    scoresWith(scoresOf, target, coalitions, running) {
      const vary = (k: number, picture: Float32Array) => {
        const coalition = coalitions[k]!
        for (let i = 0; i < picture.length; i++) {
          if (coalition[labels[i % labels.length]!] === 0) picture[i] = gone[i]!
        }
      }
      return scoresOfVariations(scoresOf, input, target, { ...running, count: coalitions.length }, vary)
    },
    mapOf: (values) =>
      float32(
        [1, height, width],
        Float32Array.from(labels, (label) => values[label]!),
      ),
  }
}

/** The picture with each segment filled with its mean colour. */
function meanColours(data: Float32Array, labels: Int32Array, count: number): Float32Array {
  const area = labels.length
  const sums = new Float64Array((data.length / area) * count)
  const sizes = new Uint32Array(count)
  for (const label of labels) sizes[label]! += 1
  const cell = (i: number) => Math.floor(i / area) * count + labels[i % area]!
  data.forEach((value, i) => {
    sums[cell(i)]! += value
  })
  return data.map((_, i) => sums[cell(i)]! / sizes[labels[i % area]!]!)
}
