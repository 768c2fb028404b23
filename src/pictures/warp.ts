import type { Affine } from './affine.ts'
import { type Image, requireImage } from './image.ts'

/**
 * Warp a picture by an affine map, with bilinear interpolation. Node and the browser share this code, so both
 * give the same pixels.
 *
 * Outside the source the nearest edge pixel is repeated. Where the map shrinks the picture to a half or less
 * along an axis of the source, the source is first averaged over boxes of whole pixels, so that fine texture
 * does not turn into false patterns.
 *
 * @param outputToSource takes a point of the output to the point of the source that is shown there
 * @param width of the output, in pixels
 * @param height of the output, in pixels
 */
export function warpAffine(image: Image, outputToSource: Affine, width: number, height: number): Image {
  requireImage(image)
  const [a, b, c, d, e, f] = outputToSource
  // How many source pixels one step in the output crosses, along each axis of the source.
  const boxWidth = wholeStep(Math.hypot(a, b), image.width)
  const boxHeight = wholeStep(Math.hypot(d, e), image.height)
  if (boxWidth === 1 && boxHeight === 1) return interpolate(image, outputToSource, width, height)
  return interpolate(
    averageBoxes(image, boxWidth, boxHeight),
    [a / boxWidth, b / boxWidth, c / boxWidth, d / boxHeight, e / boxHeight, f / boxHeight],
    width,
    height,
  )
}

// Rounded down, but a step of 2 that came out as 1.9999999999 is 2.
function wholeStep(step: number, most: number): number {
  return Math.min(Math.max(Math.floor(step + 1e-9), 1), most)
}

function interpolate(image: Image, [a, b, c, d, e, f]: Affine, width: number, height: number): Image {
  const source = image.data
  const lastX = image.width - 1
  const lastY = image.height - 1
  const row = 3 * image.width
  const data = new Uint8Array(3 * width * height)
  let at = 0
  for (let v = 0; v < height; v++) {
    const x0 = b * (v + 0.5) + c - 0.5
    const y0 = e * (v + 0.5) + f - 0.5
    for (let u = 0; u < width; u++) {
      // Counted from the centre of the first source pixel. Clamping the point repeats the edge pixels.
      const x = Math.min(Math.max(a * (u + 0.5) + x0, 0), lastX)
      const y = Math.min(Math.max(d * (u + 0.5) + y0, 0), lastY)
      const left = x | 0
      const top = y | 0
      const right = x - left
      const down = y - top
      const first = top * row + 3 * left
      const next = left < lastX ? 3 : 0
      const below = first + (top < lastY ? row : 0)
      const w00 = (1 - right) * (1 - down)
      const w01 = right * (1 - down)
      const w10 = (1 - right) * down
      const w11 = right * down
      for (let channel = 0; channel < 3; channel++) {
        data[at++] =
          w00 * source[first + channel]! +
          w01 * source[first + next + channel]! +
          w10 * source[below + channel]! +
          w11 * source[below + next + channel]! +
          0.5
      }
    }
  }
  return { width, height, data }
}

// The mean over each box of pixels. A box that reaches beyond the last column or row repeats the edge pixels.
function averageBoxes(image: Image, boxWidth: number, boxHeight: number): Image {
  const width = Math.ceil(image.width / boxWidth)
  const height = Math.ceil(image.height / boxHeight)
  const data = new Uint8Array(3 * width * height)
  const sums = new Float64Array(3 * width)
  for (let y = 0; y < height; y++) {
    sums.fill(0)
    for (let line = 0; line < boxHeight; line++) {
      const start = 3 * image.width * Math.min(y * boxHeight + line, image.height - 1)
      for (let x = 0; x < width * boxWidth; x++) {
        const from = start + 3 * Math.min(x, image.width - 1)
        const to = 3 * Math.floor(x / boxWidth)
        sums[to]! += image.data[from]!
        sums[to + 1]! += image.data[from + 1]!
        sums[to + 2]! += image.data[from + 2]!
      }
    }
    for (let i = 0; i < sums.length; i++) {
      data[3 * width * y + i] = sums[i]! / (boxWidth * boxHeight) + 0.5
    }
  }
  return { width, height, data }
}
