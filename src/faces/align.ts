import { UserError } from '../base/errors.ts'
import { type Affine, invertAffine } from '../pictures/affine.ts'
import type { Image, Point } from '../pictures/image.ts'
import { warpAffine } from '../pictures/warp.ts'
import { centre, eyeCentres, requireAll } from './landmarks.ts'
import { REFERENCE_FACE } from './reference.ts'

/** How a face is aligned: `r` rotated only (eyes level), `i` in-plane affine to the reference face. */
export type Alignment = 'r' | 'i'

/**
 * Cut an upright face out of a photo, as a square picture. What lies outside the photo repeats its edge pixels.
 *
 * @param landmarks the 49 landmarks, in pixels of the photo (see `landmarks.ts`)
 * @param as `r`: only rotated and scaled, so that the eyes are level and the face keeps its proportions;
 *   `i`: also stretched and sheared, so that the landmarks come as near as possible to {@link REFERENCE_FACE}
 * @param size the side of the result, in pixels
 * @throws UserError when there are not 49 landmarks, or they span no face or lie outside the photo
 */
export function align(image: Image, landmarks: readonly Point[], as: Alignment, size = 256): Image {
  const map = alignment(landmarks, as, size)
  const { x, y } = centre(landmarks)
  if (!(x >= 0 && y >= 0 && x <= image.width && y <= image.height)) {
    throw new UserError(
      `the landmarks lie outside the photo, around (${x.toFixed(0)}, ${y.toFixed(0)})`,
      undefined,
      `They must be pixels of the upright photo, which has ${image.width} × ${image.height}`,
    )
  }
  return warpAffine(image, map, size, size)
}

/**
 * The map from points of the aligned picture to points of the photo. Its inverse takes landmarks of the photo
 * to where they lie in the aligned picture.
 *
 * @param landmarks the 49 landmarks, in pixels of the photo
 * @param size the side of the aligned picture, in pixels
 * @throws UserError when there are not 49 landmarks, or they span no face
 */
export function alignment(landmarks: readonly Point[], as: Alignment, size: number): Affine {
  requireAll(landmarks)
  const shape = measure(landmarks)
  return as === 'r' ? levelEyes(landmarks, shape, size) : invertAffine(fitReference(landmarks, shape, size))
}

// The centre of the landmarks, and their second moments about it.
interface Shape {
  readonly centre: Point
  readonly xx: number
  readonly xy: number
  readonly yy: number
}

// Both alignments refuse the same landmarks, so that both keep the same faces of a data set.
function measure(landmarks: readonly Point[]): Shape {
  const middle = centre(landmarks)
  let [xx, xy, yy] = [0, 0, 0]
  for (const point of landmarks) {
    const [x, y] = [point.x - middle.x, point.y - middle.y]
    xx += x * x
    xy += x * y
    yy += y * y
  }
  const { right, left } = eyeCentres(landmarks)
  const apart = (left.x - right.x) ** 2 + (left.y - right.y) ** 2
  if (!(xx * yy - xy * xy > 1e-6 * (xx + yy) ** 2) || !(apart > 1e-6 * (xx + yy))) {
    throw new UserError('the landmarks lie on one point or line, so they do not outline a face')
  }
  return { centre: middle, xx, xy, yy }
}

// The side of the square, in units of the landmarks' spread, and how far below the eyes its middle lies.
// Chosen on photos of All-Age-Faces so that hair, ears, chin and a little background are inside, as in the faces that
// Adience calls coarse_tilt_aligned.
const SIDE = 5
const BELOW_EYES = 0.25

// The spread (root mean square distance from their centre) measures the size of a face better than the
// distance of the eyes, which halves as a head turns to the side.
function levelEyes(landmarks: readonly Point[], { xx, yy }: Shape, size: number): Affine {
  const spread = Math.sqrt((xx + yy) / landmarks.length)
  const scale = (SIDE * spread) / size
  const { right, left } = eyeCentres(landmarks)
  const apart = Math.hypot(left.x - right.x, left.y - right.y)
  const cosine = (scale * (left.x - right.x)) / apart
  const sine = (scale * (left.y - right.y)) / apart
  // The point between the eyes, in the aligned picture and in the photo.
  const to = { x: size / 2, y: size * (0.5 - BELOW_EYES / SIDE) }
  const from = centre([right, left])
  return [
    cosine,
    -sine,
    from.x - cosine * to.x + sine * to.y,
    sine,
    cosine,
    from.y - sine * to.x - cosine * to.y,
  ]
}

// The affine map from the photo that brings the landmarks nearest to the reference face, by least squares.
// With both sets of points measured from their centres, its linear part is M = (Σ r pᵀ)(Σ p pᵀ)⁻¹.
function fitReference(landmarks: readonly Point[], shape: Shape, size: number): Affine {
  const { centre: from, xx, xy, yy } = shape
  const reference = REFERENCE_FACE.map(({ x, y }) => ({ x: x * size, y: y * size }))
  const to = centre(reference)
  let [ux, uy, vx, vy] = [0, 0, 0, 0]
  for (const [i, point] of landmarks.entries()) {
    const [x, y] = [point.x - from.x, point.y - from.y]
    const [u, v] = [reference[i]!.x - to.x, reference[i]!.y - to.y]
    ux += u * x
    uy += u * y
    vx += v * x
    vy += v * y
  }
  const determinant = xx * yy - xy * xy
  const a = (ux * yy - uy * xy) / determinant
  const b = (uy * xx - ux * xy) / determinant
  const d = (vx * yy - vy * xy) / determinant
  const e = (vy * xx - vx * xy) / determinant
  return [a, b, to.x - a * from.x - b * from.y, d, e, to.y - d * from.x - e * from.y]
}
