import { UserError } from '../base/errors.ts'
import { type Image, requireImage } from './image.ts'

/** A picture's pixels with an alpha of 255 each, as a canvas takes them: `new ImageData(rgba(image), image.width)`. */
export function rgba(image: Image): Uint8ClampedArray<ArrayBuffer> {
  requireImage(image)
  const { width, height, data } = image
  const pixels = new Uint8ClampedArray(4 * width * height).fill(255)
  for (let pixel = 0; pixel < width * height; pixel++) {
    for (let channel = 0; channel < 3; channel++) pixels[4 * pixel + channel] = data[3 * pixel + channel]!
  }
  return pixels
}

/** Pixels of a canvas, as an `ImageData` has them: red, green, blue and alpha, each 0 to 255, row by row from the top. */
export interface CanvasPixels {
  readonly width: number
  readonly height: number
  readonly data: Uint8ClampedArray
}

/**
 * The picture of a canvas's pixels; transparent ones are shown on white.
 *
 * @throws UserError where they are not four bytes for each pixel
 */
export function fromRgba({ width, height, data: pixels }: CanvasPixels): Image {
  if (pixels.length !== 4 * width * height)
    throw new UserError(
      `${width} × ${height} pixels of a canvas have 4 bytes each, not ${pixels.length} in all`,
    )
  const data = new Uint8Array(3 * width * height)
  for (let pixel = 0; pixel < width * height; pixel++) {
    const alpha = pixels[4 * pixel + 3]! / 255
    for (let channel = 0; channel < 3; channel++)
      data[3 * pixel + channel] = Math.round(pixels[4 * pixel + channel]! * alpha + 255 * (1 - alpha))
  }
  return { width, height, data }
}
