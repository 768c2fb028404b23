import { describe, expect, it } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { kMeans } from '../../src/statistics/kMeans.ts'

const points = (...rows: number[][]) => rows.map((row) => Float64Array.from(row))

describe('k-means', () => {
  it('finds the best partition of a few numbers', () => {
    const { labels, centres, within } = kMeans(points([0], [1], [2], [10], [11]), 2, { seed: 1 })
    expect(new Set(labels.slice(0, 3)).size).toBe(1)
    expect(new Set(labels.slice(3)).size).toBe(1)
    expect([...centres.map(([x]) => x!)].sort((a, b) => a - b)).toEqual([1, 10.5])
    expect(within).toBeCloseTo(2.5, 12)
  })

  it('finds ten heaps, which some starts miss', () => {
    const random = new Random('heaps')
    const rows = Array.from({ length: 300 }, (_, k) => [20 * (k % 10) + random.normal(), random.normal()])
    const { labels } = kMeans(points(...rows), 10, { seed: 'heaps' })
    for (const [k, label] of labels.entries()) expect(label).toBe(labels[k % 10])
    expect(new Set(labels).size).toBe(10)
  })

  it('separates coinciding points as far as possible', () => {
    const { within, labels } = kMeans(points([1], [1], [1], [2]), 3, { seed: 2 })
    expect(within).toBe(0)
    expect(labels[3]).not.toBe(labels[0])
  })

  it('is the same for the same seed', () => {
    const random = new Random('noise')
    const rows = points(...Array.from({ length: 60 }, () => [random.normal(), random.normal()]))
    expect(kMeans(rows, 5, { seed: 'a' })).toEqual(kMeans(rows, 5, { seed: 'a' }))
  })
})
