import type { Point } from './image.ts'

/**
 * The face that the alignment `i` brings every face to: 49 landmarks (see `landmarks.ts`) in a square of side 1,
 * mirror-symmetric about x = 0.5, with room for hair, ears and chin.
 *
 * How it came to be: the landmarks of all 4581 photos of All-Age-Faces, aligned as `r` (eyes level, scaled by
 * their spread), averaged point by point, averaged with their mirror image, and rounded to 3 decimals. So a face
 * is as large in `i` as it is in `r`.
 */
export const REFERENCE_FACE: readonly Point[] = thousandths([
  // Right brow
  [299, 388],
  [328, 369],
  [364, 363],
  [401, 367],
  [437, 377],
  // Left brow
  [563, 377],
  [599, 367],
  [636, 363],
  [672, 369],
  [701, 388],
  // Bridge of the nose
  [500, 456],
  [500, 499],
  [500, 542],
  [500, 585],
  // Nostrils
  [452, 622],
  [475, 628],
  [500, 631],
  [525, 628],
  [548, 622],
  // Right eye
  [340, 459],
  [369, 442],
  [402, 443],
  [428, 465],
  [399, 472],
  [367, 471],
  // Left eye
  [572, 465],
  [598, 443],
  [631, 442],
  [660, 459],
  [633, 471],
  [601, 472],
  // Outer lips
  [405, 701],
  [434, 685],
  [466, 676],
  [500, 679],
  [534, 676],
  [566, 685],
  [595, 701],
  [571, 728],
  [539, 745],
  [500, 751],
  [461, 745],
  [429, 728],
  // Inner lips
  [459, 699],
  [500, 701],
  [541, 699],
  [542, 714],
  [500, 720],
  [458, 714],
])

function thousandths(points: readonly (readonly [x: number, y: number])[]): Point[] {
  return points.map(([x, y]) => ({ x: x / 1000, y: y / 1000 }))
}
