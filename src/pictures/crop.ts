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
 * Write a window of a picture as network input: planes of blue, green and red, 0–255, minus the mean image's window;
 * then mirrored, as Caffe does.
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
  const plane = picture * picture
  const step = mirrored ? -1 : 1
  for (let row = 0; row < crop; row++) {
    let place = (top + row) * picture + left
    let from = 3 * place
    let to = offset + row * crop + (mirrored ? crop - 1 : 0)
    // The three planes in one pass, so that each pixel is read once.
    for (let column = 0; column < crop; column++) {
      into[to] = pixels[from + 2]! - mean[place]!
      into[to + area] = pixels[from + 1]! - mean[place + plane]!
      into[to + 2 * area] = pixels[from]! - mean[place + 2 * plane]!
      to += step
      from += 3
      place++
    }
  }
}
