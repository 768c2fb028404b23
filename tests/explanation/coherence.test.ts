import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { coherenceOf } from '../../src/explanation/coherence.ts'
import type { PixelRelevance } from '../../src/explanation/heatMap.ts'

function mapOf(width: number, height: number, value: (x: number, y: number) => number): PixelRelevance {
  const data = Float32Array.from({ length: width * height }, (_, k) =>
    value(k % width, Math.floor(k / width)),
  )
  return { width, height, data }
}

describe('the coherence of a heat map', () => {
  // SciPy 1.10.1, g the means over 32 × 32 parts (or the map, along a side that is shorter), d = g - g.mean():
  // numpy.bincount(scipy.ndimage.label(g >= g.max() / 2)[0].ravel())[1:].max() / g.size
  // W = 2 * ((R - 1) * C + R * (C - 1)) for R, C = g.shape
  // g.size / W * 2 * ((d[1:] * d[:-1]).sum() + (d[:, 1:] * d[:, :-1]).sum()) / (d ** 2).sum()
  it.each([
    [
      'of 112 × 90 pixels',
      mapOf(90, 112, (x, y) => Math.sin(x / 9) * Math.cos(y / 13) + 0.3 * Math.sin((x * y) / 50)),
      0.0341796875,
      0.9215315391007876,
    ],
    [
      'that is smaller than its parts',
      mapOf(30, 20, (x, y) => Math.sin(x * x + 3 * y) + 0.6 * Math.cos(y / 4)),
      0.005,
      -0.11024667407150832,
    ],
  ])('%s is what SciPy finds', (_, map, region, autocorrelation) => {
    const found = coherenceOf(map)
    expect(found.region).toBeCloseTo(region, 12)
    expect(found.autocorrelation).toBeCloseTo(autocorrelation, 6)
  })

  it('tells one region from specks of the same relevance', () => {
    const one = coherenceOf(mapOf(64, 64, (x, y) => (x < 16 && y < 16 ? 1 : 0)))
    const specks = coherenceOf(mapOf(64, 64, (x, y) => (x % 8 < 2 && y % 8 < 2 ? 1 : 0)))
    expect(one.region).toBe(1 / 16)
    expect(specks.region).toBe(1 / 1024)
    expect(one.autocorrelation).toBeGreaterThan(0.8)
    expect(specks.autocorrelation).toBeLessThan(0)
  })

  it('is the same at any scale, and mirrored', () => {
    const value = fc.double({ min: -1, max: 1, noNaN: true })
    fc.assert(
      fc.property(fc.array(value, { minLength: 48, maxLength: 48 }), (values) => {
        const map = mapOf(8, 6, (x, y) => values[8 * y + x]!)
        const own = coherenceOf(map)
        const other = coherenceOf(mapOf(8, 6, (x, y) => 4 * map.data[8 * y + 7 - x]!))
        expect(other.region).toBe(own.region)
        expect(other.autocorrelation).toBeCloseTo(own.autocorrelation, 10)
      }),
    )
  })

  it('of a map that says nothing, or speaks against the class alone, has no region', () => {
    expect(coherenceOf(mapOf(40, 40, () => 0))).toEqual({ region: 0, autocorrelation: 0 })
    expect(coherenceOf(mapOf(40, 40, (x) => -1 - x)).region).toBe(0)
  })
})
