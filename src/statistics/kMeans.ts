/**
 * k-means: Lloyd, *Least squares quantization in PCM*, 1982, from starts by k-means++ (Arthur and Vassilvitskii, *k-means++:
 * the advantages of careful seeding*, 2007).
 */

import { Random } from '../base/random.ts'

/** Points in groups. */
export interface Clustering {
  /** The group of each point, from 0. */
  readonly labels: readonly number[]
  /** The mean of each group. */
  readonly centres: readonly Float64Array[]
  /** The sum of the squared distances from the points to the means of their groups. */
  readonly within: number
}

interface KMeansOptions {
  readonly seed: string | number
}

/** The number of starts, of which the best counts. */
const RESTARTS = 20
/** Lloyd's algorithm ends by itself; this only bounds its steps. */
const STEPS = 300

/**
 * Divide points into k groups with the least sum of squared distances found.
 *
 * @param points all of one length, at least k of them
 * @param k at least 1; where points coincide, a group may be empty
 */
export function kMeans(points: readonly Float64Array[], k: number, { seed }: KMeansOptions): Clustering {
  const random = new Random(seed)
  let best: Clustering | undefined
  for (let start = 0; start < RESTARTS; start++) {
    const found = lloyd(points, spreadCentres(points, k, random))
    if (!best || found.within < best.within) best = found
  }
  return best!
}

/**
 * k-means++: each centre is a point drawn with a probability proportional to its squared distance from the nearest
 * earlier one.
 */
function spreadCentres(points: readonly Float64Array[], k: number, random: Random): Float64Array[] {
  const centres = [random.pick(points)]
  const nearest = points.map((point) => squaredDistance(point, centres[0]!))
  while (centres.length < k) {
    let left = random.uniform() * nearest.reduce((sum, square) => sum + square, 0)
    // Where all points lie on centres, any will do.
    const drawn = nearest.findIndex((square) => {
      left -= square
      return left < 0
    })
    const centre = points[drawn < 0 ? random.integer(points.length) : drawn]!
    centres.push(centre)
    for (const [n, point] of points.entries())
      nearest[n] = Math.min(nearest[n]!, squaredDistance(point, centre))
  }
  return centres
}

function lloyd(points: readonly Float64Array[], start: readonly Float64Array[]): Clustering {
  let centres = start
  let labels: number[] = []
  for (let step = 0; step < STEPS; step++) {
    const next = points.map((point) => nearestOf(point, centres))
    if (next.every((label, n) => label === labels[n])) break
    labels = next
    centres = centres.map((centre, label) => meanOf(points, labels, label) ?? centre)
  }
  const within = points.reduce((sum, point, n) => sum + squaredDistance(point, centres[labels[n]!]!), 0)
  return { labels, centres, within }
}

/** The nearest centre; the first in a tie. */
function nearestOf(point: Float64Array, centres: readonly Float64Array[]): number {
  let [best, least] = [0, Number.POSITIVE_INFINITY]
  for (const [label, centre] of centres.entries()) {
    const square = squaredDistance(point, centre)
    if (square < least) [best, least] = [label, square]
  }
  return best
}

/** The mean of a group; undefined for an empty one. */
function meanOf(
  points: readonly Float64Array[],
  labels: readonly number[],
  label: number,
): Float64Array | undefined {
  const sum = new Float64Array(points[0]!.length)
  let count = 0
  for (const [n, point] of points.entries()) {
    if (labels[n] !== label) continue
    for (let d = 0; d < sum.length; d++) sum[d]! += point[d]!
    count++
  }
  return count === 0 ? undefined : sum.map((value) => value / count)
}

/** The square of the distance between two points. */
export function squaredDistance(a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let k = 0; k < a.length; k++) sum += (a[k]! - b[k]!) ** 2
  return sum
}
