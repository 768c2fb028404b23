/**
 * A graph of nearest neighbours, and its Laplacian: von Luxburg, *A tutorial on spectral clustering*, 2007, section 2.
 */

import type { Neighbours } from './neighbours.ts'

/** An undirected graph without loops, row by row (compressed sparse rows). */
export interface Graph {
  /** vertices + 1: where each vertex's edges begin in the other lists. */
  readonly offsets: Int32Array
  /** The vertex at the other end of each edge. */
  readonly ends: Int32Array
  /** The weight of each edge, above 0; the same from both ends. */
  readonly weights: Float64Array
}

/**
 * The graph of nearest neighbours, made symmetric: (A + Aᵀ) / 2. Two that are neighbours of each other are joined by an
 * edge of weight 1; where only one is a neighbour of the other, an edge of weight ½.
 */
export function neighbourGraph({ count, indices }: Neighbours): Graph {
  const edges = Array.from({ length: indices.length / count }, () => new Map<number, number>())
  for (const [place, other] of indices.entries()) {
    const one = Math.floor(place / count)
    edges[one]!.set(other, (edges[one]!.get(other) ?? 0) + 0.5)
    edges[other]!.set(one, (edges[other]!.get(one) ?? 0) + 0.5)
  }
  return graphOf(edges)
}

/** A graph from the weights of each vertex's edges, which must be the same from both ends. */
export function graphOf(edges: readonly ReadonlyMap<number, number>[]): Graph {
  const offsets = new Int32Array(edges.length + 1)
  for (const [k, own] of edges.entries()) offsets[k + 1] = offsets[k]! + own.size
  const sorted = edges.flatMap((own) => [...own].sort(([a], [b]) => a - b))
  return {
    offsets,
    ends: Int32Array.from(sorted, ([end]) => end),
    weights: Float64Array.from(sorted, ([, weight]) => weight),
  }
}

/**
 * Multiply with D^−½ W D^−½, which is 1 − L of the normalised Laplacian L (its L_sym): as a function of a vector with a
 * number for each vertex. A vertex without edges counts as joined only to itself.
 */
export function timesNormalised({ offsets, ends, weights }: Graph): (vector: Float64Array) => Float64Array {
  const vertices = offsets.length - 1
  const roots = new Float64Array(vertices)
  for (let k = 0; k < vertices; k++) {
    let degree = 0
    for (let edge = offsets[k]!; edge < offsets[k + 1]!; edge++) degree += weights[edge]!
    roots[k] = Math.sqrt(degree)
  }
  const scaled = weights.slice()
  for (let k = 0; k < vertices; k++)
    for (let edge = offsets[k]!; edge < offsets[k + 1]!; edge++)
      scaled[edge]! /= roots[k]! * roots[ends[edge]!]!
  return (vector) => {
    const result = new Float64Array(vertices)
    for (let k = 0; k < vertices; k++) {
      let sum = offsets[k] === offsets[k + 1] ? vector[k]! : 0
      for (let edge = offsets[k]!; edge < offsets[k + 1]!; edge++) sum += scaled[edge]! * vector[ends[edge]!]!
      result[k] = sum
    }
    return result
  }
}
