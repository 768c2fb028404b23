/** A picture: 8-bit RGB, interleaved, row by row from the top; `data` has 3 · width · height bytes. */
export interface Image {
  readonly width: number
  readonly height: number
  readonly data: Uint8Array
}

/** A colour: red, green and blue, each 0 to 255. */
export type Colour = readonly [red: number, green: number, blue: number]

/** A point in a picture, in pixels from its top left corner; the centre of the first pixel is (0.5, 0.5). */
export interface Point {
  readonly x: number
  readonly y: number
}
