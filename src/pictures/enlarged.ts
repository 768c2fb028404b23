import type { Image } from './image.ts'

/** A picture enlarged by a whole number: each pixel becomes a square, so that nothing is smoothed. */
export function enlarged({ width, height, data }: Image, by: number): Image {
  const result = new Uint8Array(3 * width * by * height * by)
  let to = 0
  for (let row = 0; row < height * by; row++) {
    for (let column = 0; column < width * by; column++) {
      const from = 3 * (Math.floor(row / by) * width + Math.floor(column / by))
      for (let k = 0; k < 3; k++) result[to++] = data[from + k]!
    }
  }
  return { width: width * by, height: height * by, data: result }
}
