/**
 * Superpixels by SLIC: a picture divided into connected patches of similar colour and size.
 *
 * Achanta, Shaji, Smith, Lucchi, Fua and Süsstrunk 2012, *SLIC Superpixels Compared to State-of-the-Art Superpixel
 * Methods*, section 3.
 */

import type { TensorOf } from '../graph/types.ts'

/** How a picture is divided. */
export interface SuperpixelOptions {
  /** About how many patches, at least 1. */
  readonly segments: number
  /**
   * How much nearness counts beside similarity of colour, usually 1 to 40: the higher, the rounder the patches, and the
   * less true to edges (m in equation 3).
   */
  readonly compactness: number
}

/** A picture divided into patches. */
export interface Superpixels {
  readonly count: number
  /** The number of each pixel's patch, row by row: 0 to `count` − 1, in the order of their first pixels. */
  readonly labels: Int32Array
}

/** How often pixels are assigned and centres moved; the paper found 10 enough for most pictures. */
const ROUNDS = 10
/** What the range of the input is stretched to, so that the compactness means what it does in CIELAB. */
const RANGE = 100
/** The share of the mean patch below which a separate piece is given to a neighbour. */
const LEAST = 1 / 4

/** The centre of a patch: its place and its colour. */
interface Centre {
  x: number
  y: number
  readonly colour: Float64Array
}

/**
 * Cut a picture into superpixels. Colours are compared in the network's own channels, whatever these are: by the root
 * mean square over the channels, with the whole input's range scaled to 100, like that of lightness in the paper's
 * CIELAB.
 *
 * A patch is connected by its pixels' sides. A separate piece becomes a patch of its own or, if it is smaller than a
 * quarter of the mean patch, joins the neighbour with the longest common border (the paper takes the nearest); so there
 * may be somewhat more or fewer patches than asked for.
 *
 * @param picture [1, channels, height, width]
 */
export function superpixels(
  { shape, data }: TensorOf<'float32'>,
  { segments, compactness }: SuperpixelOptions,
): Superpixels {
  const [, channels, height, width] = shape as [number, number, number, number]
  const colours = { channels, height, width, data: stretched(data, channels) }
  const count = Math.min(segments, height * width)
  // The number of rows that makes the cells nearly square.
  const rows = Math.min(height, count, Math.max(1, Math.round(Math.sqrt((count * height) / width))))
  const columns = Math.min(width, Math.floor(count / rows))
  const labels = assigned(colours, rows, columns, compactness)
  return connected(labels, height, width, LEAST * ((height * width) / (rows * columns)))
}

interface Colours {
  readonly channels: number
  readonly height: number
  readonly width: number
  /** Channel by channel. */
  readonly data: Float64Array
}

/** Colours scaled so that the sum of their squared differences over the channels is the one in the paper's distance. */
function stretched(data: Float32Array, channels: number): Float64Array {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const value of data) {
    low = Math.min(low, value)
    high = Math.max(high, value)
  }
  // A uniform picture has no colours to tell apart.
  const by = high > low ? RANGE / (high - low) / Math.sqrt(channels) : 0
  return Float64Array.from(data, (value) => (value - low) * by)
}

/** The nearest centre of each pixel, after as many rounds of k-means as the paper takes (algorithm 1). */
function assigned(colours: Colours, rows: number, columns: number, compactness: number): Int32Array {
  const { channels, height, width, data } = colours
  const area = height * width
  const [cellHeight, cellWidth] = [height / rows, width / columns]
  const centres = Array.from({ length: rows * columns }, (_, k) => {
    const x = Math.floor(((k % columns) + 0.5) * cellWidth)
    const y = Math.floor((Math.floor(k / columns) + 0.5) * cellHeight)
    return calmest(colours, x, y)
  })
  // A pixel that no centre reaches keeps its patch, at first that of its cell.
  const labels = Int32Array.from({ length: area }, (_, pixel) => {
    const [x, y] = [pixel % width, Math.floor(pixel / width)]
    return Math.floor(y / cellHeight) * columns + Math.floor(x / cellWidth)
  })
  const ofPlace = compactness ** 2 / (cellHeight * cellWidth)
  const distances = new Float64Array(area)
  for (let round = 0; round < ROUNDS; round++) {
    distances.fill(Number.POSITIVE_INFINITY)
    for (const [k, { x, y, colour }] of centres.entries()) {
      const [left, right] = [Math.max(0, Math.ceil(x - cellWidth)), Math.min(width - 1, x + cellWidth)]
      const [top, bottom] = [Math.max(0, Math.ceil(y - cellHeight)), Math.min(height - 1, y + cellHeight)]
      for (let py = top; py <= bottom; py++) {
        for (let px = left; px <= right; px++) {
          const pixel = py * width + px
          let distance = ofPlace * ((px - x) ** 2 + (py - y) ** 2)
          for (let c = 0; c < channels; c++) distance += (data[c * area + pixel]! - colour[c]!) ** 2
          if (distance >= distances[pixel]!) continue
          distances[pixel] = distance
          labels[pixel] = k
        }
      }
    }
    moveCentres(centres, labels, colours)
  }
  return labels
}

/** The place among a pixel and its neighbours where the picture changes least, so that no centre lies on an edge. */
function calmest({ channels, height, width, data }: Colours, x: number, y: number): Centre {
  const area = height * width
  const at = (c: number, px: number, py: number) =>
    data[c * area + Math.min(Math.max(py, 0), height - 1) * width + Math.min(Math.max(px, 0), width - 1)]!
  let [least, best] = [Number.POSITIVE_INFINITY, { x, y }]
  for (let py = Math.max(y - 1, 0); py <= Math.min(y + 1, height - 1); py++) {
    for (let px = Math.max(x - 1, 0); px <= Math.min(x + 1, width - 1); px++) {
      let change = 0
      for (let c = 0; c < channels; c++) {
        change += (at(c, px + 1, py) - at(c, px - 1, py)) ** 2 + (at(c, px, py + 1) - at(c, px, py - 1)) ** 2
      }
      if (change >= least) continue
      least = change
      best = { x: px, y: py }
    }
  }
  const colour = Float64Array.from({ length: channels }, (_, c) => at(c, best.x, best.y))
  return { ...best, colour }
}

/** Move each centre to the mean of its pixels; one that has none stays. */
function moveCentres(
  centres: readonly Centre[],
  labels: Int32Array,
  { channels, width, data }: Colours,
): void {
  const counts = new Uint32Array(centres.length)
  for (const label of labels) counts[label]! += 1
  for (const [k, centre] of centres.entries()) {
    if (counts[k] === 0) continue
    centre.x = centre.y = 0
    centre.colour.fill(0)
  }
  labels.forEach((label, pixel) => {
    const centre = centres[label]!
    const share = 1 / counts[label]!
    centre.x += (pixel % width) * share
    centre.y += Math.floor(pixel / width) * share
    for (let c = 0; c < channels; c++) centre.colour[c]! += data[c * labels.length + pixel]! * share
  })
}

/** Patches that are each connected, and none smaller than `least` pixels unless it is the only one. */
function connected(labels: Int32Array, height: number, width: number, least: number): Superpixels {
  const pieces: number[][] = []
  const pieceOf = new Int32Array(labels.length).fill(-1)
  for (const start of labels.keys()) {
    if (pieceOf[start] !== -1) continue
    const piece = [start]
    pieceOf[start] = pieces.length
    // It grows while it is being walked.
    for (const pixel of piece) {
      for (const next of neighbours(pixel, height, width)) {
        if (pieceOf[next] !== -1 || labels[next] !== labels[start]) continue
        pieceOf[next] = pieces.length
        piece.push(next)
      }
    }
    pieces.push(piece)
  }
  for (const [k, piece] of pieces.entries()) {
    if (piece.length >= least) continue
    const borders = new Map<number, number>()
    for (const pixel of piece) {
      for (const next of neighbours(pixel, height, width)) {
        const other = pieceOf[next]!
        if (other !== k) borders.set(other, (borders.get(other) ?? 0) + 1)
      }
    }
    const [taker] = [...borders].sort(([a, one], [b, two]) => two - one || a - b)[0] ?? [k]
    if (taker === k) continue
    for (const pixel of piece) {
      pieceOf[pixel] = taker
      pieces[taker]!.push(pixel)
    }
  }
  const numbers = new Map<number, number>()
  const numbered = pieceOf.map((piece) => {
    if (!numbers.has(piece)) numbers.set(piece, numbers.size)
    return numbers.get(piece)!
  })
  return { count: numbers.size, labels: numbered }
}

/** The pixels that share a side with one. */
function neighbours(pixel: number, height: number, width: number): number[] {
  const x = pixel % width
  const found: number[] = []
  if (pixel >= width) found.push(pixel - width)
  if (x > 0) found.push(pixel - 1)
  if (x < width - 1) found.push(pixel + 1)
  if (pixel < (height - 1) * width) found.push(pixel + width)
  return found
}
