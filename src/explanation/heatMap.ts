/** From relevance to pictures. Nothing is smoothed: a map shows what was computed, pixel by pixel. */

import type { Image } from '../pictures/image.ts'
import type { Layout } from '../pictures/layout.ts'
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
    throw new Error(`a map of shape [${shape.join(', ')}] is not that of one picture`)
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
 * @param scale the |R| that is drawn white; by default the map's own largest
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
