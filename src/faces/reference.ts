import type { Point } from '../pictures/image.ts'

/**
 * The face that the alignment `i` brings every face to: 49 landmarks (see `landmarks.ts`) in a square of side 1,
 * mirror-symmetric about x = 0.5, with room for hair, ears and chin.
 *
 * It was made from the landmarks of all 4581 photos of All-Age-Faces: aligned as `r` (eyes level, scaled by their
 * spread), averaged point by point, averaged with their mirror image, and rounded to 3 decimals. So a face is as large
 * in `i` as in `r`.
 */
export const REFERENCE_FACE: readonly Point[] = thousandths([
  // Right brow
  [259, 366],
  [294, 343],
  [337, 336],
  [381, 340],
  [424, 352],
  // Left brow
  [576, 352],
  [619, 340],
  [663, 336],
  [706, 343],
  [741, 366],
  // Bridge of the nose
  [500, 447],
  [500, 499],
  [500, 550],
  [500, 602],
  // Nostrils
  [442, 646],
  [470, 654],
  [500, 657],
  [530, 654],
  [558, 646],
  // Right eye
  [308, 451],
  [343, 430],
  [382, 432],
  [414, 458],
  [379, 466],
  [340, 465],
  // Left eye
  [586, 458],
  [618, 432],
  [657, 430],
  [692, 451],
  [660, 465],
  [621, 466],
  // Outer lips
  [386, 741],
  [421, 722],
  [459, 711],
  [500, 715],
  [541, 711],
  [579, 722],
  [614, 741],
  [585, 774],
  [547, 794],
  [500, 801],
  [453, 794],
  [415, 774],
  // Inner lips
  [451, 739],
  [500, 741],
  [549, 739],
  [550, 757],
  [500, 764],
  [450, 757],
])

function thousandths(points: readonly (readonly [x: number, y: number])[]): Point[] {
  return points.map(([x, y]) => ({ x: x / 1000, y: y / 1000 }))
}
