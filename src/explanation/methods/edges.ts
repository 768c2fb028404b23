import { float32, type TensorOf } from '../../graph/types.ts'
import { type LoadMethod, METHODS, type WithOptions } from '../methods.ts'
import { completeOptions } from '../options.ts'
import { loadMaps, ofPlaces } from './loadMaps.ts'

/**
 * A control: the steepness of the picture at each pixel, by Sobel's two 3 × 3 filters on the mean of the channels. It
 * does not run the network, but looks like an explanation: Adebayo, Gilmer, Muelly, Goodfellow, Hardt and Kim 2018,
 * *Sanity Checks for Saliency Maps*, set maps beside an edge detector.
 *
 * @param input one picture: [1, channels, height, width]; its outermost pixels are repeated beyond its edges
 * @returns a map of the picture: [1, height, width], in the input's unit per pixel, never negative, the same for every
 * class
 */
export function edges({ shape, data }: TensorOf<'float32'>): TensorOf<'float32'> {
  const [, channels, height, width] = shape as [number, number, number, number]
  const area = height * width
  const means = new Float64Array(area)
  data.forEach((value, k) => {
    means[k % area]! += value / channels
  })
  const at = (y: number, x: number) =>
    means[Math.min(Math.max(y, 0), height - 1) * width + Math.min(Math.max(x, 0), width - 1)]!
  const map = float32([1, height, width])
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      // The steps across and down, over two pixels; the middle of three lines counts twice.
      let [across, down] = [0, 0]
      for (const [line, weight] of [
        [-1, 1],
        [0, 2],
        [1, 1],
      ] as const) {
        across += weight * (at(y + line, x + 1) - at(y + line, x - 1))
        down += weight * (at(y + 1, x + line) - at(y - 1, x + line))
      }
      map.data[y * width + x] = Math.hypot(across, down) / 8
    }
  }
  return map
}

/** Load a network, for the edges of its pictures. */
export const load: LoadMethod<WithOptions<'edges', object>> = (subject, { method: _, ...given }) => {
  completeOptions(METHODS.edges.options, given)
  return loadMaps(subject, async () => ({
    async map(picture, _, { progress }) {
      const map = ofPlaces(edges(picture))
      progress?.(1, 1)
      return map
    },
  }))
}
