import { solve } from '../base/cholesky.ts'
import type { Point } from '../pictures/image.ts'
import { requireAll } from './landmarks.ts'
import { LANDMARK_DEPTHS, MEAN_MESH } from './meanMesh.ts'
import { REFERENCE_FACE } from './reference.ts'

/**
 * How far a landmark pulls the mesh along: the standard deviation of a Gaussian, where the side of the reference face
 * is 1.
 */
const REACH = 0.07
/** How much of its offset a landmark keeps to itself, as it may be wrong: the ridge. */
const RIDGE = 0.5

/**
 * Estimate the face mesh where only the 49 landmarks are known.
 *
 * The mean mesh is brought to the landmarks as a solid face seen from anywhere: by the affine map of x, y and depth that
 * fits them best (least squares). Then each landmark pulls what is near it the rest of the way (Gaussian radial basis
 * functions with a ridge), so that an open mouth is open. Lids, lips, brows and nose come out well; forehead, temples
 * and jaw, where no landmarks are, are those of a mean face.
 *
 * @param landmarks the 49 landmarks, in any picture
 * @returns 468 points, in pixels of the same picture
 * @throws UserError when there are not 49 landmarks
 */
export function meshFromLandmarks(landmarks: readonly Point[]): Point[] {
  requireAll(landmarks)
  const xs = carried(landmarks.map(({ x }) => x))
  const ys = carried(landmarks.map(({ y }) => y))
  return xs.map((x, k) => ({ x, y: ys[k]! }))
}

/** The terms that the affine map is linear in. */
const solid = ({ x, y }: Point, depth: number) => [x, y, depth, 1]
/** How strongly each landmark pulls a point along. */
const pull = (point: Point) =>
  REFERENCE_FACE.map(({ x, y }) => Math.exp(-((point.x - x) ** 2 + (point.y - y) ** 2) / (2 * REACH ** 2)))

const LANDMARKS = REFERENCE_FACE.map((point, k) => solid(point, LANDMARK_DEPTHS[k]!))
const LANDMARK_PULLS = REFERENCE_FACE.map((point, i) => pull(point).map((v, k) => (i === k ? v + RIDGE : v)))
const MESH = MEAN_MESH.map((point) => solid(point, point.depth))
const MESH_PULLS = MEAN_MESH.map(pull)

/** One coordinate of the 49 landmarks, carried to the 468 points. */
function carried(values: readonly number[]): number[] {
  const terms = LANDMARKS[0]!.map((_, k) => k)
  // Both matrices are fixed and positive definite, so there is always a solution.
  const fit = solve(
    terms.map((j) => terms.map((k) => sum(LANDMARKS, (row) => row[j]! * row[k]!))),
    terms.map((j) => sum(LANDMARKS, (row, i) => row[j]! * values[i]!)),
  )!
  const left = values.map((value, i) => value - dot(LANDMARKS[i]!, fit))
  const pulls = solve(LANDMARK_PULLS, left)!
  return MESH.map((row, k) => dot(row, fit) + dot(MESH_PULLS[k]!, pulls))
}

function dot(a: readonly number[], b: readonly number[]): number {
  return sum(a, (value, k) => value * b[k]!)
}

function sum<Item>(items: readonly Item[], of: (item: Item, index: number) => number): number {
  return items.reduce((total, item, index) => total + of(item, index), 0)
}
