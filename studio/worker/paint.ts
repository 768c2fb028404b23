/** Painting on a photo. */

import { fillPolygon, type Image, type Labels } from 'regard'
import type { Stroke } from './protocol.ts'

/** The covering grey: that of a mean face, which means nothing to a network. */
const COVER = 118

/** A photo with strokes on it, one after another. Elsewhere it is unchanged. */
export function painted(photo: Image, strokes: readonly Stroke[]): Image {
  const picture = { ...photo, data: photo.data.slice() }
  for (const stroke of strokes) paint(picture, stroke)
  return picture
}

/** A rectangle of whole pixels. */
interface Field {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
}

/** A field with 1 where a stroke lies, as small as possible, since photos are large. */
interface Mask extends Field, Labels {}

function paint(picture: Image, stroke: Stroke): void {
  const mask = maskOf(stroke, picture)
  if (mask.data.length === 0) return
  const filling = FILLINGS[stroke.brush](picture, mask, stroke)
  for (let k = 0; k < mask.data.length; k++) {
    if (!mask.data[k]) continue
    const y = mask.top + Math.floor(k / mask.width)
    const at = y * picture.width + mask.left + (k % mask.width)
    for (let c = 0; c < 3; c++) picture.data[3 * at + c] = filling[3 * k + c]!
  }
}

/** What each brush fills the field of a mask with: its pixels, interleaved. */
const FILLINGS: Record<Stroke['brush'], (photo: Image, mask: Mask, stroke: Stroke) => Uint8Array> = {
  cover: (_, { data }) => new Uint8Array(3 * data.length).fill(COVER),
  // A brush of any size leaves nothing recognisable.
  blur: (photo, mask, { size }) => blurred(photo, mask, Math.max(4, Math.round(size))),
  erase: fromAround,
}

/** Where a stroke lies in a picture. */
function maskOf(stroke: Stroke, picture: Pick<Image, 'width' | 'height'>): Mask {
  if ('areas' in stroke) {
    const mask = empty(
      stroke.areas.flatMap(({ outline, inside }) => (inside ? outline : [])),
      0,
      picture,
    )
    for (const { outline, inside } of stroke.areas) {
      const corners = outline.map(({ x, y }) => ({ x: x - mask.left, y: y - mask.top }))
      fillPolygon(mask, corners, inside ? 1 : 0)
    }
    return mask
  }
  const { points } = stroke
  const radius = stroke.size / 2
  const mask = empty(points, radius, picture)
  for (const [k, from] of points.entries()) {
    const to = points[k + 1] ?? from
    const near = fieldAround([from, to], radius, picture)
    const [dx, dy] = [to.x - from.x, to.y - from.y]
    const length = dx * dx + dy * dy
    for (let y = near.top; y < near.top + near.height; y++) {
      for (let x = near.left; x < near.left + near.width; x++) {
        // From the pixel's centre to the nearest point of the line.
        const [px, py] = [x + 0.5 - from.x, y + 0.5 - from.y]
        const along = length > 0 ? Math.min(1, Math.max(0, (px * dx + py * dy) / length)) : 0
        if (Math.hypot(px - along * dx, py - along * dy) > radius) continue
        mask.data[(y - mask.top) * mask.width + x - mask.left] = 1
      }
    }
  }
  return mask
}

function empty(points: Points, margin: number, picture: Pick<Image, 'width' | 'height'>): Mask {
  const field = fieldAround(points, margin, picture)
  return { ...field, data: new Uint8Array(field.width * field.height) }
}

type Points = readonly { readonly x: number; readonly y: number }[]

/** The field of a picture that holds some points with a margin around them. */
function fieldAround(points: Points, margin: number, { width, height }: Pick<Image, 'width' | 'height'>) {
  // No spread syntax: a scribble can have more points than a call takes arguments.
  let [left, top, right, bottom] = [width, height, 0, 0]
  for (const { x, y } of points) {
    left = Math.min(left, Math.floor(x - margin))
    top = Math.min(top, Math.floor(y - margin))
    right = Math.max(right, Math.ceil(x + margin))
    bottom = Math.max(bottom, Math.ceil(y + margin))
  }
  return within({ left, top, right, bottom }, width, height)
}

/** The part of a rectangle that lies in a picture. */
function within(
  { left, top, right, bottom }: Record<'left' | 'top' | 'right' | 'bottom', number>,
  width: number,
  height: number,
): Field {
  const [x, y] = [Math.max(0, left), Math.max(0, top)]
  return {
    left: x,
    top: y,
    width: Math.max(0, Math.min(width, right) - x),
    height: Math.max(0, Math.min(height, bottom) - y),
  }
}

/** The mean of the square around each pixel of a field, by sums along rows and then columns; edges are repeated. */
function blurred({ width, height, data }: Image, field: Field, radius: number): Uint8Array {
  const side = 2 * radius + 1
  const tall = field.height + 2 * radius
  const inside = (at: number, end: number) => Math.min(end - 1, Math.max(0, at))
  const rows = new Uint32Array(3 * field.width * tall)
  for (let y = 0; y < tall; y++) {
    const row = inside(field.top + y - radius, height) * width
    for (let c = 0; c < 3; c++) {
      const at = (x: number) => data[3 * (row + inside(field.left + x, width)) + c]!
      let sum = 0
      for (let x = -radius; x <= radius; x++) sum += at(x)
      for (let x = 0; x < field.width; x++) {
        rows[3 * (y * field.width + x) + c] = sum
        sum += at(x + radius + 1) - at(x - radius)
      }
    }
  }
  const means = new Uint8Array(3 * field.width * field.height)
  const line = 3 * field.width
  for (let k = 0; k < line; k++) {
    let sum = 0
    for (let y = 0; y < side; y++) sum += rows[y * line + k]!
    for (let y = 0; y < field.height; y++) {
      means[y * line + k] = Math.round(sum / side ** 2)
      if (y + 1 < field.height) sum += rows[(y + side) * line + k]! - rows[y * line + k]!
    }
  }
  return means
}

/** A level of a pyramid: colours, of which some are known. */
interface Level {
  readonly width: number
  readonly height: number
  /** Interleaved; meaningless where the weight is 0. */
  readonly colours: Float32Array
  /** How far each is known, 0 to 1. */
  readonly weights: Float32Array
}

/**
 * The surroundings of a mask, interpolated smoothly across it. A pyramid spreads known colours level by level, until
 * all are known, and then fills the finer levels from there (pull-push, Gortler et al. 1996).
 */
function fromAround(photo: Image, mask: Mask): Uint8Array {
  const margin = Math.ceil(Math.max(8, mask.width / 8, mask.height / 8))
  const { left, top, width, height } = within(
    {
      left: mask.left - margin,
      top: mask.top - margin,
      right: mask.left + mask.width + margin,
      bottom: mask.top + mask.height + margin,
    },
    photo.width,
    photo.height,
  )
  const level = levelOf(width, height)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [mx, my] = [left + x - mask.left, top + y - mask.top]
      const isInField = mx >= 0 && my >= 0 && mx < mask.width && my < mask.height
      if (isInField && mask.data[my * mask.width + mx]) continue
      level.weights[y * width + x] = 1
      for (let c = 0; c < 3; c++)
        level.colours[3 * (y * width + x) + c] = photo.data[3 * ((top + y) * photo.width + left + x) + c]!
    }
  }
  fill(level)
  return Uint8Array.from({ length: 3 * mask.data.length }, (_, k) => {
    const pixel = Math.floor(k / 3)
    const x = mask.left - left + (pixel % mask.width)
    const y = mask.top - top + Math.floor(pixel / mask.width)
    return Math.round(level.colours[3 * (y * width + x) + (k % 3)]!)
  })
}

function levelOf(width: number, height: number): Level {
  const count = width * height
  return { width, height, colours: new Float32Array(3 * count), weights: new Float32Array(count) }
}

/** Fill the unknown colours of a level. */
function fill(level: Level): void {
  const { width, height, colours, weights } = level
  if (width === 1 && height === 1) {
    // A mask that covers everything has no surroundings.
    if (weights[0] === 0) colours.fill(COVER)
    return
  }
  const coarse = halved(level)
  fill(coarse)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const weight = weights[y * width + x]!
      if (weight === 1) continue
      for (let c = 0; c < 3; c++) {
        const at = 3 * (y * width + x) + c
        colours[at] = weight * colours[at]! + (1 - weight) * between(coarse, x / 2 - 0.25, y / 2 - 0.25, c)
      }
    }
  }
}

/** A level of half the size: for every four pixels the mean of the known ones. */
function halved({ width, height, colours, weights }: Level): Level {
  const half = levelOf(Math.ceil(width / 2), Math.ceil(height / 2))
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const to = (y >> 1) * half.width + (x >> 1)
      const weight = weights[y * width + x]!
      half.weights[to]! += weight
      for (let c = 0; c < 3; c++) half.colours[3 * to + c]! += weight * colours[3 * (y * width + x) + c]!
    }
  }
  half.weights.forEach((weight, k) => {
    if (weight > 0) for (let c = 0; c < 3; c++) half.colours[3 * k + c]! /= weight
    half.weights[k] = Math.min(1, weight)
  })
  return half
}

/** A colour between the pixels of a level, at a place where integers are pixel centres. */
function between({ width, height, colours }: Level, x: number, y: number, channel: number): number {
  const inside = (at: number, end: number) => Math.min(end - 1, Math.max(0, at))
  const [x0, y0] = [Math.floor(x), Math.floor(y)]
  const at = (px: number, py: number) =>
    colours[3 * (inside(py, height) * width + inside(px, width)) + channel]!
  const above = at(x0, y0) + (x - x0) * (at(x0 + 1, y0) - at(x0, y0))
  const below = at(x0, y0 + 1) + (x - x0) * (at(x0 + 1, y0 + 1) - at(x0, y0 + 1))
  return above + (y - y0) * (below - above)
}
