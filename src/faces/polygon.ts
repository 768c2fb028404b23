import type { Point } from '../pictures/image.ts'

/** A picture with one number for each pixel, row by row from the top. */
export interface Labels {
  readonly width: number
  readonly height: number
  /** width · height numbers. */
  readonly data: Uint8Array
}

/**
 * Write a number into every pixel whose centre lies in a polygon. Where the outline goes around twice is inside too
 * (the nonzero rule). A centre on an edge belongs to the side that lies to its right, or else below: polygons that
 * share an edge leave no pixel between them, and share none.
 *
 * @param polygon its corners in turn, in pixels of the picture; they may lie outside it
 * @param label the number, 0 to 255
 */
export function fillPolygon({ width, height, data }: Labels, polygon: readonly Point[], label: number): void {
  const edges = polygon.map((from, k) => {
    const to = polygon[(k + 1) % polygon.length]!
    // Always from the top down, whichever way the outline goes, so that a shared edge is computed to the same bits.
    return from.y < to.y ? { top: from, bottom: to, turn: 1 } : { top: to, bottom: from, turn: -1 }
  })
  const ys = polygon.map(({ y }) => y)
  const first = Math.max(firstCentre(Math.min(...ys)), 0)
  const end = Math.min(firstCentre(Math.max(...ys)), height)
  for (let row = first; row < end; row++) {
    const y = row + 0.5
    const crossings = edges
      .filter(({ top, bottom }) => top.y <= y && y < bottom.y)
      .map(({ top, bottom, turn }) => ({
        x: top.x + ((y - top.y) * (bottom.x - top.x)) / (bottom.y - top.y),
        turn,
      }))
      .sort((a, b) => a.x - b.x)
    let winding = 0
    for (const [k, { x, turn }] of crossings.entries()) {
      winding += turn
      if (winding === 0) continue
      const from = Math.max(firstCentre(x), 0)
      const to = Math.min(firstCentre(crossings[k + 1]!.x), width)
      if (from < to) data.fill(label, row * width + from, row * width + to)
    }
  }
}

/** The index of the first pixel whose centre lies at a place or after it. */
function firstCentre(place: number): number {
  return Math.ceil(place - 0.5)
}
