/** Turns pictures into a network's input, and back. */

import type { PixelRelevance } from '../explanation/heatMap.ts'
import { float32, type TensorOf } from '../graph/types.ts'
import { type Affine, composeAffine } from '../pictures/affine.ts'
import { centreCrop } from '../pictures/crop.ts'
import { fitMap, fitted, type Size } from '../pictures/fit.ts'
import { type Image, requireImage } from '../pictures/image.ts'
import type { Channels } from '../pictures/layout.ts'
import { meanAt, type Preprocessing } from './preprocessing.ts'

/**
 * A photo as a network's input: float32 [1, channels, height, width] or [1, height, width, channels].
 *
 * @param photo of any size; one that already has the size of the preprocessing's picture is used unchanged
 */
export function inputOf(photo: Image, preprocessing: Preprocessing): TensorOf<'float32'> {
  requireImage(photo)
  const { size, picture, channels, scale } = preprocessing
  const { data } = pictureFor(photo, preprocessing)
  const top = centreCrop(picture.height, size.height).top
  const left = centreCrop(picture.width, size.width).left
  const mean = meanAt(preprocessing)
  const input = float32(shapeOf(preprocessing))
  forEachValue(preprocessing, (to, channel, row, column) => {
    const from = 3 * ((top + row) * picture.width + left + column)
    const pixel = channels === 'gray' ? gray(data, from) : data[from + colour(channels, channel)]!
    input.data[to] = (pixel - mean(channel, row, column)) * scale[channel]!
  })
  return input
}

/** A photo, or a face that was cut out of one, as the picture that the input is cut from. */
export function pictureFor(photo: Image, { picture, fit }: Preprocessing): Image {
  const ready = photo.height === picture.height && photo.width === picture.width
  return ready ? photo : fitted(photo, picture, fit)
}

/**
 * From points of the input, in pixels, to points of the photo.
 *
 * @param shown the picture that the input was made from: a photo, or a face that was cut out of one
 * @param map from that picture to the photo; by default the identity
 */
export function inputToPhoto(
  { size, picture, fit }: Preprocessing,
  shown: Size,
  map: Affine = [1, 0, 0, 0, 1, 0],
): Affine {
  const { top } = centreCrop(picture.height, size.height)
  const { left } = centreCrop(picture.width, size.width)
  const toShown = composeAffine(fitMap(shown, picture, fit), [1, 0, left, 0, 1, top])
  return composeAffine(map, toShown)
}

/**
 * The picture that an input shows: {@link inputOf} undone. Input from elsewhere is rounded and clamped to what a
 * picture can hold.
 */
export function pictureOf(input: TensorOf<'float32'>, preprocessing: Preprocessing): Image {
  const { size, channels, scale } = preprocessing
  const mean = meanAt(preprocessing)
  const data = new Uint8Array(3 * size.width * size.height)
  forEachValue(preprocessing, (from, channel, row, column) => {
    const value = input.data[from]! / scale[channel]! + mean(channel, row, column)
    const pixel = Math.min(Math.max(Math.round(value), 0), 255)
    const to = 3 * (row * size.width + column)
    if (channels === 'gray') data.fill(pixel, to, to + 3)
    else data[to + colour(channels, channel)] = pixel
  })
  return { ...size, data }
}

/**
 * A picture of an input where it is not known how photos become it: the mean of its channels as grey, from the least to
 * the greatest.
 *
 * @param sums the sums over the channels, row by row
 */
export function greyPicture({ width, height, data: sums }: PixelRelevance): Image {
  const least = sums.reduce((a, b) => Math.min(a, b))
  const most = sums.reduce((a, b) => Math.max(a, b))
  const data = new Uint8Array(3 * width * height)
  sums.forEach((sum, k) => {
    data.fill(most > least ? Math.round((255 * (sum - least)) / (most - least)) : 0, 3 * k, 3 * k + 3)
  })
  return { width, height, data }
}

function shapeOf({ size, layout, scale }: Preprocessing): number[] {
  const { height, width } = size
  return layout === 'NCHW' ? [1, scale.length, height, width] : [1, height, width, scale.length]
}

/** Visit every number of an input: where it lies, and which channel of which pixel it is. */
function forEachValue(
  { size: { height, width }, layout, scale }: Preprocessing,
  visit: (index: number, channel: number, row: number, column: number) => void,
): void {
  const depth = scale.length
  for (let channel = 0; channel < depth; channel++) {
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < width; column++) {
        const pixel = row * width + column
        visit(
          layout === 'NCHW' ? channel * height * width + pixel : pixel * depth + channel,
          channel,
          row,
          column,
        )
      }
    }
  }
}

/** The index of a network's channel in a pixel of a picture, which is red, green, blue. */
function colour(order: Exclude<Channels, 'gray'>, channel: number): number {
  return order === 'RGB' ? channel : 2 - channel
}

/** The brightness of a pixel, by the weights that television and image libraries use (ITU-R BT.601). */
function gray(data: Uint8Array, at: number): number {
  return Math.round(0.299 * data[at]! + 0.587 * data[at + 1]! + 0.114 * data[at + 2]!)
}
