import { describe, expect, it } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { laplacianSpectrum } from '../../src/statistics/laplacianSpectrum.ts'
import { type Graph, graphOf, timesNormalised } from '../../src/statistics/neighbourGraph.ts'
import { symmetricEigen } from '../../src/statistics/symmetricEigen.ts'

/** A graph of joined pairs, each with weight 1. */
function joined(vertices: number, pairs: Iterable<readonly [number, number]>): Graph {
  const edges = Array.from({ length: vertices }, () => new Map<number, number>())
  for (const [a, b] of pairs) {
    edges[a]!.set(b, 1)
    edges[b]!.set(a, 1)
  }
  return graphOf(edges)
}

const ring = (n: number, from = 0) =>
  Array.from({ length: n }, (_, k) => [from + k, from + ((k + 1) % n)] as const)

const spectrum = (graph: Graph, count: number) => laplacianSpectrum(graph, count, { seed: 'test' })

describe('the spectrum of a normalised Laplacian', () => {
  // Chung, Spectral Graph Theory, 1997, examples 1.4 and 1.5.
  it('of a path of n vertices is 1 − cos(πk / (n − 1))', () => {
    const n = 60
    const { values } = spectrum(joined(n, ring(n).slice(0, -1)), 9)
    for (const [k, value] of values.entries())
      expect(value).toBeCloseTo(1 - Math.cos((Math.PI * k) / (n - 1)), 10)
  })

  it('of a ring of n vertices is 1 − cos(2πk / n), each but the first twice', () => {
    const { values } = spectrum(joined(500, ring(500)), 7)
    for (const [k, value] of values.entries())
      expect(value).toBeCloseTo(1 - Math.cos((2 * Math.PI * Math.ceil(k / 2)) / 500), 10)
  })

  it('has one zero per piece of the graph, even beyond the requested number, with vectors flat on each', () => {
    const pieces = [5, 8, 13, 40].map((n, k, all) =>
      ring(
        n,
        all.slice(0, k).reduce((sum, own) => sum + own, 0),
      ),
    )
    const { values, vectors } = spectrum(joined(66, pieces.flat()), 6)
    expect(values.filter((value) => value < 1e-9)).toHaveLength(4)
    for (const vector of vectors.slice(0, 4))
      for (const [a, b] of pieces.flat()) expect(vector[a]).toBeCloseTo(vector[b]!, 7)
    const many = Array.from({ length: 50 }, (_, k) => ring(6, 6 * k)).flat()
    expect(spectrum(joined(300, many), 10).values.every((value) => value < 1e-9)).toBe(true)
  })

  it('is that of the dense matrix, with its vectors, even for graphs smaller than the block', () => {
    const random = new Random('graph')
    for (const n of [6, 15, 90]) {
      const edges = Array.from({ length: n }, () => new Map<number, number>())
      for (let k = 0; k < 4 * n; k++) {
        const [a, b, weight] = [random.integer(n), random.integer(n), random.uniform()]
        if (a === b) continue
        edges[a]!.set(b, weight)
        edges[b]!.set(a, weight)
      }
      const graph = graphOf(edges)
      const times = timesNormalised(graph)
      const dense = Array.from({ length: n }, (_, k) =>
        times(Float64Array.from({ length: n }, (_, m) => Number(m === k))),
      )
      const known = symmetricEigen(dense).values.map((value) => 1 - value)
      const { values, vectors } = spectrum(graph, 8)
      expect(values).toHaveLength(Math.min(n, 8))
      for (const [k, value] of values.entries()) {
        expect(value).toBeCloseTo(known[k]!, 9)
        const image = times(vectors[k]!)
        for (const [place, own] of vectors[k]!.entries())
          expect(own - image[place]!).toBeCloseTo(value * own, 7)
      }
    }
  })

  it('is identical to the bit for the same seed', () => {
    const graph = joined(200, ring(200))
    expect(spectrum(graph, 5)).toEqual(spectrum(graph, 5))
  })
})
