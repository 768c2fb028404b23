/** Heat maps drawn into their photo. */

import { type Affine, applyAffine, invertAffine } from '../pictures/affine.ts'
import type { Image } from '../pictures/image.ts'

/** A heat map and where it lies. */
export interface PlacedMap {
  /** In the colours of `colours.ts`. */
  readonly map: Image
  /** From points of the map to points of the photo. */
  readonly toPhoto: Affine
}

/** How bright the grey photo is, so that the colours stand out. */
const DIM = 0.6
/** The frame around each map. */
const FRAME = 200

/**
 * Draw heat maps into a photo: the photo in grey, the light of each map added to it, and a thin frame around each.
 * Pixel by pixel, as the maps themselves are.
 */
export function drawnInto(photo: Image, maps: readonly PlacedMap[]): Image {
  const { width, height } = photo
  const data = grey(photo)
  for (const { map, toPhoto } of maps) {
    const toMap = invertAffine(toPhoto)
    // A pixel of the photo, in pixels of the map.
    const step = Math.max(Math.hypot(toMap[0], toMap[3]), Math.hypot(toMap[1], toMap[4]))
    const { left, top, right, bottom } = boundsOf(map, toPhoto, photo)
    for (let row = top; row < bottom; row++) {
      for (let column = left; column < right; column++) {
        const { x, y } = applyAffine(toMap, { x: column + 0.5, y: row + 0.5 })
        if (x < 0 || y < 0 || x >= map.width || y >= map.height) continue
        const at = 3 * (row * width + column)
        const edge = Math.min(x, y, map.width - x, map.height - y) < step
        const from = 3 * (Math.floor(y) * map.width + Math.floor(x))
        for (let channel = 0; channel < 3; channel++) {
          const light = edge ? FRAME : map.data[from + channel]!
          data[at + channel] = 255 - ((255 - data[at + channel]!) * (255 - light)) / 255
        }
      }
    }
  }
  return { width, height, data }
}

function grey({ width, height, data }: Image): Uint8Array {
  const result = new Uint8Array(3 * width * height)
  for (let at = 0; at < result.length; at += 3) {
    const light = 0.299 * data[at]! + 0.587 * data[at + 1]! + 0.114 * data[at + 2]!
    result.fill(DIM * light, at, at + 3)
  }
  return result
}

/** The pixels of the photo among which a map lies. */
function boundsOf(map: Image, toPhoto: Affine, { width, height }: Image) {
  const corners = [0, map.width].flatMap((x) => [0, map.height].map((y) => applyAffine(toPhoto, { x, y })))
  const inside = (value: number, most: number) => Math.min(Math.max(value, 0), most)
  const [xs, ys] = [corners.map(({ x }) => x), corners.map(({ y }) => y)]
  return {
    left: inside(Math.floor(Math.min(...xs)), width),
    right: inside(Math.ceil(Math.max(...xs)), width),
    top: inside(Math.floor(Math.min(...ys)), height),
    bottom: inside(Math.ceil(Math.max(...ys)), height),
  }
}
