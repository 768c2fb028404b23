import type { Point } from '../../pictures/image.ts'

/** SVG path data of a smooth curve through the points (Catmull–Rom as cubic Béziers). */
export function smooth(points: readonly Point[], closed = false): string {
  const at = (i: number): Point =>
    closed
      ? points[(i + points.length) % points.length]!
      : points[Math.min(Math.max(i, 0), points.length - 1)]!
  const pieces = [`M${pair(at(0))}`]
  for (let i = 0; i < points.length - (closed ? 0 : 1); i++) {
    const [before, from, to, after] = [at(i - 1), at(i), at(i + 1), at(i + 2)]
    const leave = { x: from.x + (to.x - before.x) / 6, y: from.y + (to.y - before.y) / 6 }
    const arrive = { x: to.x - (after.x - from.x) / 6, y: to.y - (after.y - from.y) / 6 }
    pieces.push(`C${pair(leave)} ${pair(arrive)} ${pair(to)}`)
  }
  return pieces.join('') + (closed ? 'Z' : '')
}

/** SVG path data of an ellipse. */
export function ellipse(x: number, y: number, rx: number, ry: number): string {
  const radii = `${number(rx)} ${number(ry)}`
  return `M${number(x - rx)} ${number(y)}a${radii} 0 1 0 ${number(2 * rx)} 0a${radii} 0 1 0 ${number(-2 * rx)} 0Z`
}

/** Between two points: `a` at 0, `b` at 1. */
export function between(a: Point, b: Point, share: number): Point {
  return { x: a.x + (b.x - a.x) * share, y: a.y + (b.y - a.y) * share }
}

/** The same points seen in a mirror at x = 0, in their order. */
export function mirrored(points: readonly Point[]): Point[] {
  return points.map(({ x, y }) => ({ x: -x, y }))
}

/** A number with no more digits than the picture needs. */
export function number(value: number): string {
  return String(Math.round(value * 100) / 100)
}

function pair({ x, y }: Point): string {
  return `${number(x)} ${number(y)}`
}
