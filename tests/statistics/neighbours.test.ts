import { describe, expect, it } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { nearestNeighbours } from '../../src/statistics/neighbours.ts'

describe('nearest neighbours', () => {
  it('agree with all distances, for every number of rows, even if blocks of rows are not full', async () => {
    const random = new Random('rows')
    for (const [n, length] of [
      [5, 3],
      [33, 7],
      [97, 10],
    ] as const) {
      const rows = Array.from({ length: n }, () => Float64Array.from({ length }, () => random.normal()))
      const { indices, distances } = await nearestNeighbours(rows, 4)
      for (const [k, row] of rows.entries()) {
        const all = rows
          .map((other, m) => ({ m, distance: Math.hypot(...other.map((value, d) => value - row[d]!)) }))
          .filter(({ m }) => m !== k)
          .sort((a, b) => a.distance - b.distance)
          .slice(0, 4)
        expect([...indices.slice(4 * k, 4 * k + 4)]).toEqual(all.map(({ m }) => m))
        for (const [place, { distance }] of all.entries())
          expect(distances[4 * k + place]).toBeCloseTo(distance, 12)
      }
    }
  })

  it('are the first ones among those equally far away', async () => {
    const rows = [[0], [1], [1], [1], [-1]]
    const { indices } = await nearestNeighbours(rows, 2)
    expect([...indices]).toEqual([1, 2, 2, 3, 1, 3, 1, 2, 0, 1])
  })

  it('report progress, and stop when asked to', async () => {
    const rows = Array.from({ length: 80 }, (_, k) => [k])
    const told: number[] = []
    await nearestNeighbours(rows, 1, { progress: (done, total) => told.push(done / total) })
    expect(told.at(-1)).toBe(1)
    const controller = new AbortController()
    const stopped = nearestNeighbours(rows, 1, {
      signal: controller.signal,
      progress: () => controller.abort(),
    })
    await expect(stopped).rejects.toThrow(/abort/)
  })
})
