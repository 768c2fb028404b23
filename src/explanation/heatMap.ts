/** From relevance to pictures. Nothing is smoothed: a map shows what was computed, pixel by pixel. */

import type { Image } from '../pictures/image.ts'
import type { Layout } from '../models/preprocessing.ts'
import { heatColour } from './colours.ts'

/** The relevance of each pixel. */
export interface PixelRelevance {
  readonly width: number
  readonly height: number
  /** width · height numbers, row by row. */
  readonly data: Float32Array
}

/**
 * Relevance of each pixel: the sum over its channels.
 *
 * @param map of one picture, [1, channels, height, width] or as `layout` says
 */
export function pixelRelevance(
  { shape, data }: { shape: readonly number[]; data: Float32Array },
  layout: Layout = 'NCHW',
): PixelRelevance {
  const sides = shape.slice(-3) as [number, number, number]
  const [channels, height, width] = layout === 'NCHW' ? sides : [sides[2], sides[0], sides[1]]
  const area = height * width
  if (data.length !== channels * area)
    throw new Error(`a map of shape [${shape.join(', ')}] is not one picture's`)
  const [ofChannel, ofPixel] = layout === 'NCHW' ? [area, 1] : [1, channels]
  const sums = new Float32Array(area)
  for (let pixel = 0; pixel < area; pixel++) {
    let sum = 0
    for (let channel = 0; channel < channels; channel++) sum += data[channel * ofChannel + pixel * ofPixel]!
    sums[pixel] = sum
  }
  return { width, height, data: sums }
}

/** The largest |R| of some maps: the scale that makes them comparable. */
export function scaleOf(maps: readonly PixelRelevance[]): number {
  let most = 0
  for (const { data } of maps) for (const value of data) most = Math.max(most, Math.abs(value))
  return most
}

/**
 * Draw a map in the colours of `colours.ts`.
 *
 * @param scale the |R| that is drawn white; the map's own largest where not given
 */
export function heatMap(map: PixelRelevance, scale: number = scaleOf([map])): Image {
  const { width, height } = map
  const data = new Uint8Array(3 * width * height)
  // A map of nothing but zeros is black.
  if (scale > 0)
    map.data.forEach((value, pixel) => {
      data.set(heatColour(value / scale), 3 * pixel)
    })
  return { width, height, data }
}

/** A picture enlarged by a whole number: each pixel becomes a square, so that nothing is smoothed. */
export function enlarged({ width, height, data }: Image, by: number): Image {
  const result = new Uint8Array(3 * width * by * height * by)
  for (let row = 0; row < height * by; row++) {
    for (let column = 0; column < width * by; column++) {
      const from = 3 * (Math.floor(row / by) * width + Math.floor(column / by))
      result.set(data.subarray(from, from + 3), 3 * (row * width * by + column))
    }
  }
  return { width: width * by, height: height * by, data: result }
}

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
