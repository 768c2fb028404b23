import { describe, expect, it } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { laplacianSpectrum } from '../../src/statistics/laplacianSpectrum.ts'
import { neighbourGraph } from '../../src/statistics/neighbourGraph.ts'
import { nearestNeighbours } from '../../src/statistics/neighbours.ts'
import { eigengap, spectralClusters } from '../../src/statistics/spectralClusters.ts'

describe('the eigengap', () => {
  it('is the widest between an eigenvalue and the next, from the second on', () => {
    expect(eigengap([0, 0.01, 0.02, 0.4, 0.5], 4)).toEqual({ clusters: 3, gap: 0.38, whole: false })
  })

  it('says if a graph has no parts, and divides it anyway', () => {
    const { clusters, whole } = eigengap([0, 0.5, 0.6, 0.8, 0.9], 4)
    expect([clusters, whole]).toEqual([3, true])
  })

  it('looks no further than the maximum number of clusters', () => {
    expect(eigengap([0, 0.1, 0.3, 0.35, 0.9], 3).clusters).toBe(2)
  })
})

describe('spectral clusters', () => {
  it('find three concentric rings, which no centre separates', async () => {
    const random = new Random('rings')
    const rows = Array.from({ length: 900 }, (_, k) => {
      const [radius, angle] = [1 + (k % 3) + random.normal(0, 0.05), random.uniform(0, 2 * Math.PI)]
      return [radius * Math.cos(angle), radius * Math.sin(angle)]
    })
    const graph = neighbourGraph(await nearestNeighbours(rows, 12))
    const spectrum = laplacianSpectrum(graph, 10, { seed: 'rings' })
    const { clusters } = eigengap(spectrum.values, 6)
    expect(clusters).toBe(3)
    const { labels } = spectralClusters(spectrum, clusters, { seed: 'rings' })
    for (const [k, label] of labels.entries()) expect(label).toBe(labels[k % 3])
    expect(new Set(labels).size).toBe(3)
  })
})
