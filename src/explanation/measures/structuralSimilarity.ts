import { UserError } from '../../base/errors.ts'
import { smoothed } from '../gaussian.ts'
import { type PixelRelevance, scaleOf } from '../heatMap.ts'
import { requireSameSize } from './sameSize.ts'

/** The window of the paper: 11 × 11 pixels, a Gaussian of deviation 1.5. */
const WINDOW = { sigma: 1.5, reach: 5 }
const SIDE = 2 * WINDOW.reach + 1

/** The paper's constants against small denominators, for numbers with a range of 2. */
const [C1, C2] = [(0.01 * 2) ** 2, (0.03 * 2) ** 2]

/**
 * Structural similarity of two maps: the mean over windows of
 * (2 μ₁μ₂ + C₁)(2 σ₁₂ + C₂) / ((μ₁² + μ₂² + C₁)(σ₁² + σ₂² + C₂)).
 *
 * Wang, Bovik, Sheikh and Simoncelli 2004, *Image Quality Assessment: From Error Visibility to Structural Similarity*, equations 13 to
 * 17; of maps: Adebayo et al. 2018, *Sanity Checks for Saliency Maps*. Each map is first divided by its greatest |R|,
 * as when it is drawn, so that relevance lies in −1 to 1 and the scale of a map does not matter. Only windows that lie
 * wholly in the map count.
 *
 * @returns −1 to 1; 1 for equal maps
 * @throws UserError where the maps differ in size, or are smaller than a window of 11 × 11 pixels
 */
export function structuralSimilarity(one: PixelRelevance, other: PixelRelevance): number {
  requireSameSize(other, one, 'second map', 'first')
  const { width, height } = one
  if (Math.min(width, height) < SIDE)
    throw new UserError(`has ${width} × ${height} pixels`, 'map', `Give one of at least ${SIDE} × ${SIDE}`)
  const [a, b] = [scaled(one), scaled(other)]
  const mean = (value: (pixel: number) => number) =>
    smoothed({ width, height, data: a.map((_, pixel) => value(pixel)) }, WINDOW, WINDOW).data
  const [meanA, meanB] = [mean((k) => a[k]!), mean((k) => b[k]!)]
  const [squaresA, squaresB] = [mean((k) => a[k]! ** 2), mean((k) => b[k]! ** 2)]
  const products = mean((k) => a[k]! * b[k]!)
  let [sum, count] = [0, 0]
  for (let y = WINDOW.reach; y < height - WINDOW.reach; y++) {
    for (let x = WINDOW.reach; x < width - WINDOW.reach; x++) {
      const k = y * width + x
      const [m, n] = [meanA[k]!, meanB[k]!]
      const variances = squaresA[k]! - m * m + squaresB[k]! - n * n
      const covariance = products[k]! - m * n
      sum += ((2 * m * n + C1) * (2 * covariance + C2)) / ((m * m + n * n + C1) * (variances + C2))
      count++
    }
  }
  return sum / count
}

/** A map divided by its greatest |R|; zeros stay zeros. */
function scaled(map: PixelRelevance): Float32Array {
  const scale = scaleOf([map]) || 1
  return map.data.map((value) => value / scale)
}
