import type { Point } from './image.ts'

/**
 * An affine map of the plane, the 2×3 matrix row by row: `[a, b, c, d, e, f]` takes (x, y) to
 * (a·x + b·y + c, d·x + e·y + f). Points are in pixels, pixel centres at half numbers (see {@link Point}).
 */
export type Affine = readonly [a: number, b: number, c: number, d: number, e: number, f: number]

/** Where a map takes a point. */
export function applyAffine([a, b, c, d, e, f]: Affine, { x, y }: Point): Point {
  return { x: a * x + b * y + c, y: d * x + e * y + f }
}

/** One map after another: first `inner`, then `outer`. */
export function composeAffine([a, b, c, d, e, f]: Affine, [p, q, r, s, t, u]: Affine): Affine {
  return [a * p + b * s, a * q + b * t, a * r + b * u + c, d * p + e * s, d * q + e * t, d * r + e * u + f]
}

/**
 * The map that undoes a map.
 *
 * @throws RangeError when the map is flat (it takes the plane to a line), so that nothing can undo it
 */
export function invertAffine([a, b, c, d, e, f]: Affine): Affine {
  const determinant = a * e - b * d
  if (!(Math.abs(determinant) > 0) || !Number.isFinite(determinant)) {
    throw new RangeError('a flat affine map has no inverse')
  }
  const [p, q, r, s] = [e / determinant, -b / determinant, -d / determinant, a / determinant]
  return [p, q, -(p * c + q * f), r, s, -(r * c + s * f)]
}
