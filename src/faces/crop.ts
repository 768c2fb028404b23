/** A window of a square picture, as a network sees it. */
export interface Crop {
  /** Left and top edge in the picture, in pixels. */
  readonly left: number
  readonly top: number
  /** Whether the window is mirrored left to right. */
  readonly mirrored: boolean
}

/** The window in the middle. */
export function centreCrop(picture: number, crop: number): Crop {
  const margin = Math.floor((picture - crop) / 2)
  return { left: margin, top: margin, mirrored: false }
}

/**
 * Write a window of a picture as network input: planes of blue, green and red, 0–255, the mean image's window
 * subtracted; mirrored after that, as Caffe does.
 *
 * @param into where the 3 · crop² numbers go, from `offset`
 * @param pixels the picture: 3 · picture² bytes, RGB interleaved
 * @param mean the mean image: 3 · picture² numbers, planes of blue, green and red
 */
export function cropInto(
  into: Float32Array,
  offset: number,
  pixels: Uint8Array,
  mean: Float32Array,
  picture: number,
  crop: number,
  { left, top, mirrored }: Crop,
): void {
  const area = crop * crop
  const first = mirrored ? crop - 1 : 0
  const step = mirrored ? -1 : 1
  for (let row = 0; row < crop; row++) {
    const source = (top + row) * picture + left
    for (let channel = 0; channel < 3; channel++) {
      const means = channel * picture * picture + source
      let to = offset + channel * area + row * crop + first
      let from = source * 3 + 2 - channel
      for (let column = 0; column < crop; column++) {
        into[to] = pixels[from]! - mean[means + column]!
        to += step
        from += 3
      }
    }
  }
}
