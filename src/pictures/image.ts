import { UserError } from '../base/errors.ts'

/** A picture: 8-bit RGB, interleaved, row by row from the top; `data` has 3 · width · height bytes. */
export interface Image {
  readonly width: number
  readonly height: number
  readonly data: Uint8Array
}

/**
 * Check a picture that a program hands over: with other numbers for each pixel, it would be read as another picture.
 *
 * @throws UserError unless it has whole pixels of three bytes each
 */
export function requireImage({ width, height, data }: Image): void {
  const bytes = data?.BYTES_PER_ELEMENT === 1
  const whole = [width, height].every((side) => Number.isInteger(side) && side > 0)
  if (whole && bytes && data.length === 3 * width * height) return
  const found = bytes ? `${data.length} bytes` : 'data of another type'
  throw new UserError(
    `a picture of ${width} × ${height} pixels has 3 bytes (red, green, blue) for each, as a Uint8Array, and not ${found}`,
    undefined,
    'The pixels of a canvas, which have 4, become a picture by fromRgba',
  )
}

/** A colour: red, green and blue, each 0 to 255. */
export type Colour = readonly [red: number, green: number, blue: number]

/** A point in a picture, in pixels from its top left corner; the centre of the first pixel is (0.5, 0.5). */
export interface Point {
  readonly x: number
  readonly y: number
}
