/**
 * Small changes to the training pictures, so that a few of them teach more. The paper uses only windows and mirroring,
 * which are always drawn.
 */

import type { Random } from '../base/random.ts'
import type { Crop } from '../pictures/crop.ts'
import type { Hide } from './hiding.ts'

/** How much windows may change at most, and what is hidden in them; by default nothing changes. */
export interface Augmentation {
  /** A window's side is between 1 / (1 + zoom) and 1 + zoom times its usual one. */
  readonly zoom?: number
  /** Degrees that a window is turned by at most, in either direction. */
  readonly turn?: number
  /**
   * Contrast is between 1 − light and 1 + light times the original, and brightness changes by up to light · 128 in
   * either direction.
   */
  readonly light?: number
  /** A part that is hidden in some pictures. */
  readonly hide?: Hide
}

/** The changes to one window. */
export interface Distortion {
  /** Pixels of the picture from one pixel of the window to the next. */
  readonly step: number
  /** Radians that the window is turned by, clockwise. */
  readonly angle: number
  /** A pixel of the window is gain · pixel + shift. */
  readonly gain: number
  readonly shift: number
}

/** Draw the changes to a window: uniform in the logarithm of its side, in its angle, contrast and brightness. */
export function drawDistortion({ zoom = 0, turn = 0, light = 0 }: Augmentation, random: Random): Distortion {
  const gain = 1 + random.uniform(-light, light)
  return {
    step: (1 + zoom) ** random.uniform(-1, 1),
    angle: (random.uniform(-turn, turn) * Math.PI) / 180,
    gain,
    // Contrast changes about middle grey.
    shift: 128 * (1 - gain + random.uniform(-light, light)),
  }
}

/**
 * Write a changed window of a picture as network input, like `cropInto`: the window is turned and resized about its
 * centre, with bilinear interpolation, and the picture's edge pixels are repeated where it reaches beyond them.
 * Pixels may come out below 0 or above 255. The mean image is subtracted at the place that a pixel comes from.
 *
 * @param into where the 3 · crop² numbers go, from `offset`
 * @param pixels the picture: 3 · picture² bytes, RGB interleaved
 * @param mean the mean image: 3 · picture² numbers, planes of blue, green and red
 */
export function cropDistorted(
  into: Float32Array,
  offset: number,
  pixels: Uint8Array,
  mean: Float32Array,
  picture: number,
  crop: number,
  { left, top, mirrored }: Crop,
  { step, angle, gain, shift }: Distortion,
): void {
  const [area, plane, last, half] = [crop * crop, picture * picture, picture - 1, (crop - 1) / 2]
  const [cosine, sine] = [step * Math.cos(angle), step * Math.sin(angle)]
  for (let row = 0; row < crop; row++) {
    for (let column = 0; column < crop; column++) {
      const [u, v] = [(mirrored ? crop - 1 - column : column) - half, row - half]
      const x = Math.min(Math.max(left + half + cosine * u - sine * v, 0), last)
      const y = Math.min(Math.max(top + half + sine * u + cosine * v, 0), last)
      const [x0, y0] = [Math.floor(x), Math.floor(y)]
      const [right, down] = [x - x0, y - y0]
      const place = y0 * picture + x0
      const across = x0 < last ? 1 : 0
      const below = y0 < last ? picture : 0
      const w00 = (1 - right) * (1 - down)
      const w01 = right * (1 - down)
      const w10 = (1 - right) * down
      const w11 = right * down
      const to = offset + row * crop + column
      for (let channel = 0; channel < 3; channel++) {
        const from = 3 * place + 2 - channel
        const pixel =
          w00 * pixels[from]! +
          w01 * pixels[from + 3 * across]! +
          w10 * pixels[from + 3 * below]! +
          w11 * pixels[from + 3 * (across + below)]!
        const at = channel * plane + place
        const average =
          w00 * mean[at]! +
          w01 * mean[at + across]! +
          w10 * mean[at + below]! +
          w11 * mean[at + across + below]!
        into[to + channel * area] = gain * pixel + shift - average
      }
    }
  }
}
