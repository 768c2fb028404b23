/**
 * Hides a part of training pictures, so that a network learns to answer without it: what an explanation has shown to be
 * a mark, or any part that it should not rely on.
 */

/** Which part to hide, in how many of the pictures, and how. */
export interface Hide {
  /** A part of the data set's faces. Pictures that do not show it are not changed. */
  readonly part: string
  /** The share of pictures in which it is hidden, above 0 and up to 1; the others are not changed. */
  readonly probability: number
  readonly how: HideWay
}

/** The ways to hide a part. */
export const HIDE_WAYS = ['noise', 'mean', 'blur', 'swap'] as const

/**
 * `noise`: uniform noise; `mean`: the mean colour of its surroundings; `blur`: its surroundings are blurred into it;
 * `swap`: the pixels that a picture of another class has there, including that picture's own part, if it shows it.
 */
export type HideWay = (typeof HIDE_WAYS)[number]

/** A picture, and the part at each of its pixels. */
export interface Labelled {
  /** 3 · size² bytes, RGB interleaved. */
  readonly pixels: Uint8Array
  /** size² bytes. */
  readonly parts: Uint8Array
}

/**
 * Hide a part in a picture, if it shows it.
 *
 * @param part its index among the labels
 * @param how the way, with what it needs: a source of bytes for noise, or a picture of another class to swap with
 */
export function hidePart(
  { pixels, parts }: Labelled,
  size: number,
  part: number,
  how:
    | { readonly how: 'mean' | 'blur' }
    | { readonly how: 'noise'; readonly byte: () => number }
    | { readonly how: 'swap'; readonly other: Labelled },
): void {
  const region = parts.map((label) => Number(label === part))
  // Swap also where only the other picture shows it, so that the part says equally much about the other class.
  if (how.how === 'swap') {
    for (const [at, label] of how.other.parts.entries()) if (label === part) region[at] = 1
  }
  if (!region.includes(1)) return
  const hidden = grown(region, size, Math.max(1, Math.round(size * EDGE)))
  switch (how.how) {
    case 'noise':
      fill(pixels, hidden, how.byte)
      break
    case 'swap':
      fill(pixels, hidden, (at) => how.other.pixels[at]!)
      break
    case 'mean': {
      const around = grown(hidden, size, Math.max(1, Math.round(size * AROUND)))
      const colour = meanOf(pixels, (at) => around[at]! > hidden[at]!)
      fill(pixels, hidden, (at) => colour[at % 3]!)
      break
    }
    case 'blur':
      blurIn(pixels, hidden, size)
  }
}

/** Soft edges and JPEG artefacts of a part reach beyond its label, by this share of the picture's side. */
const EDGE = 1 / 64

/** The surroundings of a part lie within this share of the picture's side. */
const AROUND = 1 / 16

/** A region and everything within `by` pixels of it, along rows and columns. */
function grown(region: Uint8Array, size: number, by: number): Uint8Array {
  const along = (from: Uint8Array, step: number, place: (at: number) => number) =>
    from.map((_, at) => {
      const here = place(at)
      for (let k = -Math.min(by, here); k <= Math.min(by, size - 1 - here); k++) {
        if (from[at + k * step]) return 1
      }
      return 0
    })
  const wide = along(region, 1, (at) => at % size)
  return along(wide, size, (at) => Math.floor(at / size))
}

/** @param value the new byte at an index of the picture's bytes */
function fill(pixels: Uint8Array, region: Uint8Array, value: (at: number) => number): void {
  for (let at = 0; at < pixels.length; at++) if (region[Math.floor(at / 3)]) pixels[at] = value(at)
}

/** The mean colour of some pixels; middle grey for none. */
function meanOf(pixels: Uint8Array, wanted: (pixel: number) => boolean): number[] {
  const sums = [0, 0, 0]
  let count = 0
  for (let pixel = 0; 3 * pixel < pixels.length; pixel++) {
    if (!wanted(pixel)) continue
    count++
    for (let channel = 0; channel < 3; channel++) sums[channel]! += pixels[3 * pixel + channel]!
  }
  return sums.map((sum) => (count === 0 ? 128 : Math.round(sum / count)))
}

/**
 * Give every pixel of a region the mean of the pixels outside the region in a square about it: the smallest of 3, 5, 9,
 * 17 … pixels a side of which at least a quarter lies outside, or else the whole picture.
 */
function blurIn(pixels: Uint8Array, region: Uint8Array, size: number): void {
  // Sums over all pixels above and to the left: how many are outside the region, and their colours.
  const side = size + 1
  const sums = new Float64Array(4 * side * side)
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const pixel = y * size + x
      for (let k = 0; k < 4; k++) {
        const own = region[pixel] ? 0 : k === 3 ? 1 : pixels[3 * pixel + k]!
        const above = sums[4 * (y * side + x + 1) + k]!
        const before = sums[4 * ((y + 1) * side + x) + k]!
        sums[4 * ((y + 1) * side + x + 1) + k] = own + above + before - sums[4 * (y * side + x) + k]!
      }
    }
  }
  region.forEach((inside, pixel) => {
    if (!inside) return
    const [x, y] = [pixel % size, Math.floor(pixel / size)]
    for (let reach = 1; ; reach *= 2) {
      const [left, right] = [Math.max(x - reach, 0), Math.min(x + reach + 1, size)]
      const [top, bottom] = [Math.max(y - reach, 0), Math.min(y + reach + 1, size)]
      const sum = (k: number) =>
        sums[4 * (bottom * side + right) + k]! -
        sums[4 * (top * side + right) + k]! -
        sums[4 * (bottom * side + left) + k]! +
        sums[4 * (top * side + left) + k]!
      const count = sum(3)
      const whole = reach >= size
      if (4 * count < (right - left) * (bottom - top) && !whole) continue
      for (let k = 0; k < 3; k++) pixels[3 * pixel + k] = count === 0 ? 128 : Math.round(sum(k) / count)
      return
    }
  })
}
