/** Clusters of a graph's vertices, from its spectrum. */

import { type Clustering, kMeans } from './kMeans.ts'
import type { LaplacianSpectrum } from './laplacianSpectrum.ts'

/**
 * How many clusters a graph has by the eigengap: the k from 2 on with the widest gap between the k-th and the next
 * eigenvalue (von Luxburg, *A tutorial on spectral clustering*, 2007, section 8.3).
 *
 * A graph without clusters has its widest gap after the first eigenvalue. It is then still divided, at its next widest
 * gap, and `whole` says so.
 *
 * @param values the smallest eigenvalues of a normalised Laplacian, at least three
 * @param most the largest k
 */
export function eigengap(
  values: readonly number[],
  most: number,
): { readonly clusters: number; readonly gap: number; readonly whole: boolean } {
  const gaps = values.slice(0, Math.min(most, values.length - 1)).map((value, k) => values[k + 1]! - value)
  const gap = Math.max(...gaps.slice(1))
  return { clusters: gaps.indexOf(gap, 1) + 1, gap, whole: gaps[0]! > gap }
}

/**
 * Where each vertex lies among k clusters: the numbers of the first k eigenvectors, scaled to unit length (Ng, Jordan and
 * Weiss, *On spectral clustering: analysis and an algorithm*, 2002, steps 3 and 4).
 */
export function spectralPoints({ vectors }: LaplacianSpectrum, k: number): Float64Array[] {
  const used = vectors.slice(0, k)
  return Array.from(used[0]!, (_, vertex) => {
    const point = Float64Array.from(used, (vector) => vector[vertex]!)
    const length = Math.hypot(...point)
    return length === 0 ? point : point.map((value) => value / length)
  })
}

/** The vertices of a graph in k clusters: k-means of {@link spectralPoints}. */
export function spectralClusters(
  spectrum: LaplacianSpectrum,
  k: number,
  options: { readonly seed: string | number },
): Clustering {
  return kMeans(spectralPoints(spectrum, k), k, options)
}
