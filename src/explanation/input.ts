/** Between pictures and what a network takes in. */

import { centreCrop, cropInto } from '../faces/crop.ts'
import type { Image } from '../faces/image.ts'
import { float32, type TensorOf } from '../graph/types.ts'

/**
 * The centre of a picture as a network's input: float32 [1, 3, size, size].
 *
 * @param pixels 3 · picture² bytes, RGB interleaved
 * @param mean the mean picture: 3 · picture² numbers, planes of blue, green and red
 * @param picture side of the picture, in pixels
 * @param size side of the network's input, in pixels
 */
export function centreInput(
  pixels: Uint8Array,
  mean: Float32Array,
  picture: number,
  size: number,
): TensorOf<'float32'> {
  const input = float32([1, 3, size, size])
  cropInto(input.data, 0, pixels, mean, picture, size, centreCrop(picture, size))
  return input
}

/**
 * The picture that an input shows: {@link centreInput} undone. Input that comes from elsewhere is rounded and
 * cut off to what a picture can hold.
 *
 * @param mean the mean picture: 3 · picture² numbers, planes of blue, green and red
 * @param picture side of the mean picture, in pixels
 */
export function pictureOf(input: TensorOf<'float32'>, mean: Float32Array, picture: number): Image {
  const size = input.shape[2]!
  const { left, top } = centreCrop(picture, size)
  const data = new Uint8Array(3 * size * size)
  for (let k = 0; k < data.length; k++) {
    const [channel, pixel] = [2 - (k % 3), Math.floor(k / 3)]
    const [row, column] = [Math.floor(pixel / size), pixel % size]
    const offset = mean[(channel * picture + top + row) * picture + left + column]!
    data[k] = Math.min(Math.max(Math.round(input.data[channel * size * size + pixel]! + offset), 0), 255)
  }
  return { width: size, height: size, data }
}
