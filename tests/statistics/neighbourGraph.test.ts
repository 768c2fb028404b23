import { expect, it } from 'vitest'
import { neighbourGraph, timesNormalised } from '../../src/statistics/neighbourGraph.ts'

// 0 and 1 are each other's neighbours; 2 has 1 as a neighbour, but not the reverse.
const graph = neighbourGraph({
  count: 1,
  indices: Int32Array.of(1, 0, 1),
  distances: Float64Array.of(1, 1, 2),
})

it('a neighbour graph joins mutual neighbours by 1, and one-sided ones by ½', () => {
  expect([...graph.offsets]).toEqual([0, 1, 3, 4])
  expect([...graph.ends]).toEqual([1, 0, 2, 1])
  expect([...graph.weights]).toEqual([1, 1, 0.5, 0.5])
})

it('a normalised graph keeps the roots of its degrees, its eigenvector for the eigenvalue 1', () => {
  const roots = Float64Array.from([1, 1.5, 0.5], Math.sqrt)
  for (const [k, value] of timesNormalised(graph)(roots).entries()) expect(value).toBeCloseTo(roots[k]!, 14)
})
