import { squaredDistance } from './kMeans.ts'

/**
 * How well each point sits in its group: (b − a) / max(a, b), a its mean distance to the others of its own group, b the
 * least mean distance to another group. Rousseeuw, *Silhouettes: a graphical aid to the interpretation and validation of
 * cluster analysis*, Journal of Computational and Applied Mathematics 20, 1987.
 *
 * @param points all of one length
 * @param labels the group of each, from 0
 * @returns −1 to 1 for each point: near 1 where its group lies apart, about 0 between groups, below 0 in the wrong one;
 *   0 for a point that is alone in its group, and where there is only one group
 */
export function silhouettes(points: readonly Float64Array[], labels: readonly number[]): Float64Array {
  const groups = labels.reduce((most, label) => Math.max(most, label), -1) + 1
  const counts = new Int32Array(groups)
  for (const label of labels) counts[label]!++
  return Float64Array.from(points, (point, n) => {
    const sums = new Float64Array(groups)
    for (const [m, other] of points.entries()) sums[labels[m]!]! += Math.sqrt(squaredDistance(point, other))
    const own = labels[n]!
    if (counts[own] === 1) return 0
    const inside = sums[own]! / (counts[own]! - 1)
    let outside = Number.POSITIVE_INFINITY
    for (let group = 0; group < groups; group++)
      if (group !== own && counts[group]! > 0) outside = Math.min(outside, sums[group]! / counts[group]!)
    const most = Math.max(inside, outside)
    return Number.isFinite(outside) && most > 0 ? (outside - inside) / most : 0
  })
}
