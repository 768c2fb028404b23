import type { Image } from './image.ts'

/** A picture's pixels with an alpha of 255 each, as a canvas takes them: `new ImageData(rgba(image), image.width)`. */
export function rgba({ width, height, data }: Image): Uint8ClampedArray<ArrayBuffer> {
  const pixels = new Uint8ClampedArray(4 * width * height).fill(255)
  for (let pixel = 0; pixel < width * height; pixel++) {
    for (let channel = 0; channel < 3; channel++) pixels[4 * pixel + channel] = data[3 * pixel + channel]!
  }
  return pixels
}
