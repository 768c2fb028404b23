import type { Image } from './image.ts'

/** Pictures of one height in a row, with a white gap between them. */
export function sideBySide(images: readonly Image[], gap = 4): Image {
  const height = images[0]!.height
  if (images.some((image) => image.height !== height))
    throw new Error('pictures side by side have one height')
  const width = images.reduce((sum, image) => sum + image.width, gap * (images.length - 1))
  const data = new Uint8Array(3 * width * height).fill(255)
  let left = 0
  for (const image of images) {
    for (let row = 0; row < height; row++) {
      const line = image.data.subarray(3 * row * image.width, 3 * (row + 1) * image.width)
      data.set(line, 3 * (row * width + left))
    }
    left += image.width + gap
  }
  return { width, height, data }
}
