/**
 * The smallest eigenvalues of a graph's normalised Laplacian and their vectors, for graphs of thousands of vertices.
 *
 * By subspace iteration with a Chebyshev filter: Zhou, Saad, Tiago and Chelikowsky, *Self-consistent-field calculations
 * using Chebyshev-filtered subspace iteration*, Journal of Computational Physics 219, 2006. A whole block of vectors is
 * filtered at once, so that multiple eigenvalues, such as 0 in a graph of several components, are found with their
 * multiplicity.
 */

import { Random } from '../base/random.ts'
import { type Graph, timesNormalised } from './neighbourGraph.ts'
import { symmetricEigen } from './symmetricEigen.ts'

/** The smallest eigenvalues of the normalised Laplacian, and their vectors. */
export interface LaplacianSpectrum {
  /** From 0 to 2, rising. The first is 0, and there are as many zeros as the graph has components. */
  readonly values: readonly number[]
  /** For each, a number for each vertex: orthonormal vectors. */
  readonly vectors: readonly Float64Array[]
}

interface SpectrumOptions {
  readonly seed: string | number
}

/** Extra vectors in the block, so that the last of the wanted ones converge too. */
const GUARD = 8
/** The degree of the filter's polynomial. */
const DEGREE = 20
/** |L v − λ v| of every returned vector, at most. */
const TOLERANCE = 1e-9
const ROUNDS = 500
/** The filter leaves eigenvalues nearer to 1 than this alone, however many there are. */
const NEAR_ONE = 1e-3

/**
 * Find the smallest eigenvalues of the normalised Laplacian L = 1 − D^−½ W D^−½.
 *
 * @param count how many, at most one for each vertex
 */
export function laplacianSpectrum(graph: Graph, count: number, { seed }: SpectrumOptions): LaplacianSpectrum {
  const vertices = graph.offsets.length - 1
  const wanted = Math.min(count, vertices)
  const size = Math.min(count + GUARD, vertices)
  const times = timesNormalised(graph)
  const random = new Random(seed)
  let vectors: Float64Array[] = Array.from({ length: size }, () =>
    Float64Array.from({ length: vertices }, () => random.normal()),
  )
  for (let round = 0; round < ROUNDS; round++) {
    const { values, images, ...turned } = ritz(orthonormal(vectors, random), times)
    vectors = turned.vectors
    const left = values
      .slice(0, wanted)
      .map((value, k) => lengthOf(vectors[k]!.map((own, place) => images[k]![place]! - value * own)))
    if (left.every((length) => length < TOLERANCE))
      return {
        values: values.slice(0, wanted).map((value) => Math.max(0, 1 - value)),
        vectors: vectors.slice(0, wanted),
      }
    // The wanted eigenvalues are the greatest of 1 − L, which lie above the last one of the block.
    const high = Math.min(values.at(-1)!, 1 - NEAR_ONE)
    vectors = vectors.map((vector) => filtered(vector, times, high))
  }
  throw new Error(`the spectrum of ${vertices} vertices was not found in ${ROUNDS} rounds`)
}

/** Orthonormal vectors that span the same space (Gram–Schmidt, twice); a new one where one vanishes. */
function orthonormal(vectors: readonly Float64Array[], random: Random): Float64Array[] {
  const done: Float64Array[] = []
  for (const vector of vectors) {
    let own = scaledTo1(vector)
    for (let pass = 0; pass < 2; pass++) {
      for (const other of done) addTo(own, other, -product(own, other))
      const length = lengthOf(own)
      if (length < 1e-10) {
        own = scaledTo1(own.map(() => random.normal()))
        pass = -1
      } else own = scaledTo1(own)
    }
    done.push(own)
  }
  return done
}

/** Rotate an orthonormal block so that the matrix is diagonal in it (Rayleigh–Ritz), greatest values first. */
function ritz(block: readonly Float64Array[], times: (vector: Float64Array) => Float64Array) {
  const images = block.map(times)
  const small = block.map((one) => images.map((image) => product(one, image)))
  const { values, vectors } = symmetricEigen(small)
  const turned = (of: readonly Float64Array[]) =>
    vectors.map((weights) => {
      const sum = new Float64Array(of[0]!.length)
      for (const [k, vector] of of.entries()) addTo(sum, vector, weights[k]!)
      return sum
    })
  return { values, vectors: turned(block), images: turned(images) }
}

/**
 * A Chebyshev polynomial of the matrix, which does not enlarge components with eigenvalues from −1 to `high`, but
 * enlarges the rest.
 */
function filtered(
  vector: Float64Array,
  times: (vector: Float64Array) => Float64Array,
  high: number,
): Float64Array {
  // Where the block spans the whole space, nothing lies below; the interval must not vanish.
  const half = Math.max((high + 1) / 2, NEAR_ONE)
  const centre = half - 1
  const step = (own: Float64Array) => {
    const image = times(own)
    for (let k = 0; k < image.length; k++) image[k] = (image[k]! - centre * own[k]!) / half
    return image
  }
  let [before, now] = [vector, step(vector)]
  for (let degree = 2; degree <= DEGREE; degree++) {
    const next = step(now)
    for (let k = 0; k < next.length; k++) next[k] = 2 * next[k]! - before[k]!
    ;[before, now] = [now, next]
  }
  return now
}

function product(a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let k = 0; k < a.length; k++) sum += a[k]! * b[k]!
  return sum
}

function addTo(into: Float64Array, vector: Float64Array, times: number): void {
  for (let k = 0; k < into.length; k++) into[k]! += times * vector[k]!
}

function lengthOf(vector: Float64Array): number {
  return Math.sqrt(product(vector, vector))
}

function scaledTo1(vector: Float64Array): Float64Array {
  const length = lengthOf(vector)
  return vector.map((value) => value / length)
}
