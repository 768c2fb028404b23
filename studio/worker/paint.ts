import type { Image } from 'regard'
import type { Stroke } from './protocol.ts'

/** What covers: the grey of a mean face, which is none to a network. */
const COVER = 118

/** A photo with strokes on it, one after the other. */
export function painted(photo: Image, strokes: readonly Stroke[]): Image {
  let data = photo.data
  for (const stroke of strokes) {
    const mask = maskOf(stroke, photo)
    const filling = FILLINGS[stroke.brush]({ ...photo, data }, mask, stroke)
    const next = data.slice()
    for (let k = 0; k < mask.length; k++) {
      if (mask[k]) for (let c = 0; c < 3; c++) next[3 * k + c] = filling(k, c)
    }
    data = next
  }
  return { ...photo, data }
}

type Filling = (photo: Image, mask: Uint8Array, stroke: Stroke) => (pixel: number, channel: number) => number

const FILLINGS: Record<Stroke['brush'], Filling> = {
  cover: () => () => COVER,
  blur: (photo, _, { size }) => {
    const blurred = boxBlurred(photo, Math.max(4, Math.round(size)))
    return (pixel, channel) => blurred[3 * pixel + channel]!
  },
  /** As the pixels around it: the mean of those that the mask's edge lies on. */
  erase: (photo, mask) => {
    const sums = [0, 0, 0]
    let count = 0
    const { width, height, data } = photo
    for (let k = 0; k < mask.length; k++) {
      if (mask[k]) continue
      const [x, y] = [k % width, Math.floor(k / width)]
      const beside =
        (x > 0 && mask[k - 1]) ||
        (x < width - 1 && mask[k + 1]) ||
        (y > 0 && mask[k - width]) ||
        (y < height - 1 && mask[k + width])
      if (!beside) continue
      for (let c = 0; c < 3; c++) sums[c]! += data[3 * k + c]!
      count++
    }
    const mean = sums.map((sum) => (count > 0 ? Math.round(sum / count) : COVER))
    return (_, channel) => mean[channel]!
  },
}

/** 1 where a stroke lies. */
export function maskOf(
  { size, points, filled }: Stroke,
  { width, height }: { readonly width: number; readonly height: number },
): Uint8Array {
  const mask = new Uint8Array(width * height)
  if (filled) {
    for (let y = 0; y < height; y++) {
      const crossings: number[] = []
      points.forEach((a, k) => {
        const b = points[(k + 1) % points.length]!
        const middle = y + 0.5
        if (a.y <= middle !== b.y <= middle)
          crossings.push(a.x + ((middle - a.y) / (b.y - a.y)) * (b.x - a.x))
      })
      crossings.sort((a, b) => a - b)
      for (let k = 0; k + 1 < crossings.length; k += 2) {
        const [from, to] = [
          Math.max(0, Math.ceil(crossings[k]! - 0.5)),
          Math.min(width, Math.ceil(crossings[k + 1]! - 0.5)),
        ]
        if (to > from) mask.fill(1, y * width + from, y * width + to)
      }
    }
    return mask
  }
  const radius = size / 2
  points.forEach((a, k) => {
    const b = points[k + 1] ?? a
    const steps = Math.max(1, Math.ceil(Math.hypot(b.x - a.x, b.y - a.y) / Math.max(1, radius / 2)))
    for (let step = 0; step < steps; step++) {
      const [cx, cy] = [a.x + ((b.x - a.x) * step) / steps, a.y + ((b.y - a.y) * step) / steps]
      for (let y = Math.max(0, Math.floor(cy - radius)); y < Math.min(height, cy + radius); y++) {
        for (let x = Math.max(0, Math.floor(cx - radius)); x < Math.min(width, cx + radius); x++) {
          if ((x + 0.5 - cx) ** 2 + (y + 0.5 - cy) ** 2 <= radius ** 2) mask[y * width + x] = 1
        }
      }
    }
  })
  return mask
}

/** The mean of the square around each pixel, by sums along rows and then columns. */
function boxBlurred({ width, height, data }: Image, radius: number): Uint8Array {
  const along = (from: ArrayLike<number>, count: number, length: number, next: number, line: number) => {
    const to = new Float32Array(from.length)
    for (let k = 0; k < count; k++) {
      for (let c = 0; c < 3; c++) {
        const at = (j: number) => 3 * (k * line + Math.min(length - 1, Math.max(0, j)) * next) + c
        let sum = 0
        for (let j = -radius; j <= radius; j++) sum += from[at(j)]!
        for (let j = 0; j < length; j++) {
          to[at(j)] = sum / (2 * radius + 1)
          sum += from[at(j + radius + 1)]! - from[at(j - radius)]!
        }
      }
    }
    return to
  }
  const rows = along(data, height, width, 1, width)
  return Uint8Array.from(along(rows, width, height, width, 1), Math.round)
}
