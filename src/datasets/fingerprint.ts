/**
 * Tells whether two pictures are the same, however each was scaled, compressed, brightened or mirrored.
 *
 * A fingerprint is 256 bits, cheap to keep and to search: the signs of the lowest 16 × 16 coefficients of the cosine
 * transform (DCT-II) of the picture's brightness at 32 × 32 pixels, an idea as old as perceptual hashing (Zauner,
 * Implementation and Benchmarking of Perceptual Image Hash Functions, 2010). On aligned faces most are near 128 bits
 * apart, and copies within 30. Pictures with near fingerprints are then compared by their detail.
 */

import { fitted } from '../pictures/fit.ts'
import type { Image } from '../pictures/image.ts'

/** Coefficients along each axis. */
const WAVES = 16
/** Pixels along each axis that they are computed from. */
const SIDE = 32

/** 32-bit words of a fingerprint. */
export const WORDS = (WAVES * WAVES) / 32

/** cos(π (x + ½) u / SIDE), wave by wave. */
const COSINES = Float64Array.from({ length: WAVES * SIDE }, (_, k) => {
  const [wave, x] = [Math.floor(k / SIDE), k % SIDE]
  return Math.cos((Math.PI * (x + 0.5) * wave) / SIDE)
})

/**
 * The fingerprint of a picture.
 *
 * Bit 16·((u + v) mod 16) + u is that of the wave with u half periods across and v down, so every 16 consecutive bits
 * hold waves of all lengths, and are as good as any other 16 to search by.
 */
export function fingerprint(picture: Image): Uint32Array {
  const pixels = brightness(fitted(picture, { width: SIDE, height: SIDE }, 'stretch'))
  const across = new Float64Array(WAVES * SIDE)
  for (let u = 0; u < WAVES; u++) {
    for (let y = 0; y < SIDE; y++) {
      let sum = 0
      for (let x = 0; x < SIDE; x++) sum += pixels[y * SIDE + x]! * COSINES[u * SIDE + x]!
      across[u * SIDE + y] = sum
    }
  }
  const print = new Uint32Array(WORDS)
  for (let v = 0; v < WAVES; v++) {
    for (let u = 0; u < WAVES; u++) {
      let sum = 0
      for (let y = 0; y < SIDE; y++) sum += across[u * SIDE + y]! * COSINES[v * SIDE + y]!
      // A threshold above rounding errors: a picture of one colour has no waves at all.
      if (sum > 1e-3) print[bitOf(u, v) >> 5]! |= 1 << (bitOf(u, v) & 31)
    }
  }
  return print
}

function bitOf(u: number, v: number): number {
  return WAVES * ((u + v) % WAVES) + u
}

/**
 * The bits that change when a picture is mirrored left to right: those of waves with an odd number of half periods
 * across.
 */
export const MIRRORED: Uint32Array = (() => {
  const mask = new Uint32Array(WORDS)
  for (let v = 0; v < WAVES; v++) {
    for (let u = 1; u < WAVES; u += 2) mask[bitOf(u, v) >> 5]! |= 1 << (bitOf(u, v) & 31)
  }
  return mask
})()

/** The number of bits that are set in a 32-bit word. */
function bitsIn(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555)
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333)
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
}

/**
 * The number of bits that differ between two fingerprints.
 *
 * @param others one or several, one after another; the one that begins at `offset` is compared
 */
export function bitsApart(print: Uint32Array, others: Uint32Array, offset = 0): number {
  let bits = 0
  for (let word = 0; word < WORDS; word++) bits += bitsIn(print[word]! ^ others[offset + word]!)
  return bits
}

/** The side in pixels of the pictures whose detail is compared. */
export const DETAIL_SIDE = 64
/** Structure coarser than this many pixels to either side is not detail. */
const COARSE = 4
/** How far two pictures may be shifted against each other, in pixels. */
const SHIFT = 2

/** The fine detail of a picture of {@link DETAIL_SIDE} pixels a side, up to 127 where it is strongest. */
export type Detail = Int8Array

/**
 * The fine detail of a picture: its brightness, minus the mean around each pixel. Different faces in the same alignment
 * differ more in detail than as a whole, and light and contrast matter less.
 *
 * @param picture of {@link DETAIL_SIDE} pixels a side
 */
export function detail(picture: Image): Detail {
  const fine = boxMean(brightness(picture), picture.width, 1)
  const coarse = boxMean(fine, picture.width, COARSE)
  const detail = fine.map((value, k) => value - coarse[k]!)
  const most = detail.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-3)
  return Int8Array.from(detail, (value) => Math.round((127 * value) / most))
}

/**
 * How alike two pictures are by their detail: the correlation, from −1 to 1, at the best of the shifts by up to two
 * pixels; 0 where a picture has a single colour.
 *
 * @param mirrored whether the second is mirrored first
 */
export function likeness(a: Detail, b: Detail, mirrored: boolean): number {
  let best = 0
  for (let down = -SHIFT; down <= SHIFT; down++) {
    for (let right = -SHIFT; right <= SHIFT; right++) {
      let [ab, aa, bb] = [0, 0, 0]
      for (let y = SHIFT; y < DETAIL_SIDE - SHIFT; y++) {
        for (let x = SHIFT; x < DETAIL_SIDE - SHIFT; x++) {
          const p = a[y * DETAIL_SIDE + x]!
          const column = mirrored ? DETAIL_SIDE - 1 - x - right : x + right
          const q = b[(y + down) * DETAIL_SIDE + column]!
          ab += p * q
          aa += p * p
          bb += q * q
        }
      }
      if (ab > best * Math.sqrt(aa * bb)) best = ab / Math.sqrt(aa * bb)
    }
  }
  return best
}

/** The brightness of each pixel (ITU-R BT.601), 0 to 255. */
function brightness({ width, height, data }: Image): Float32Array {
  return Float32Array.from(
    { length: width * height },
    (_, k) => 0.299 * data[3 * k]! + 0.587 * data[3 * k + 1]! + 0.114 * data[3 * k + 2]!,
  )
}

/** The mean over the pixels of the picture up to `reach` away along either axis. */
function boxMean(pixels: Float32Array, width: number, reach: number): Float32Array {
  const height = pixels.length / width
  const rows = alongLine(pixels, width, height, 1, width, reach)
  return alongLine(rows, height, width, width, 1, reach)
}

function alongLine(
  pixels: Float32Array,
  length: number,
  lines: number,
  step: number,
  stride: number,
  reach: number,
): Float32Array {
  const means = new Float32Array(pixels.length)
  for (let line = 0; line < lines; line++) {
    for (let k = 0; k < length; k++) {
      const [from, to] = [Math.max(k - reach, 0), Math.min(k + reach, length - 1)]
      let sum = 0
      for (let i = from; i <= to; i++) sum += pixels[line * stride + i * step]!
      means[line * stride + k * step] = sum / (to - from + 1)
    }
  }
  return means
}
