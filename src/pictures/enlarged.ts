import type { Image } from './image.ts'

/** A picture enlarged by a whole number: each pixel becomes a square, so that nothing is smoothed. */
export function enlarged({ width, height, data }: Image, by: number): Image {
  const result = new Uint8Array(3 * width * by * height * by)
  const length = 3 * width * by
  for (let row = 0; row < height; row++) {
    const start = row * by * length
    for (let k = 0, to = start; k < 3 * width; k += 3) {
      const at = 3 * width * row + k
      for (let n = 0; n < by; n++) {
        result[to++] = data[at]!
        result[to++] = data[at + 1]!
        result[to++] = data[at + 2]!
      }
    }
    for (let n = 1; n < by; n++) result.copyWithin(start + n * length, start, start + length)
  }
  return { width: width * by, height: height * by, data: result }
}
