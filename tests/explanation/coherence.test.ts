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
  // SciPy 1.10.1, m the map, h, w = m.shape, b = scipy.ndimage.gaussian_filter(m, (h / 32, w / 32), mode='constant'):
  // numpy.bincount(scipy.ndimage.label(b >= b.max() / 2)[0].ravel())[1:].max() / m.size
  // g the means over 16 × 16 parts (or the map's own values along a shorter side), d = g - g.mean(), R, C = g.shape:
  // g.size / ((R - 1) * C + R * (C - 1)) * ((d[1:] * d[:-1]).sum() + (d[:, 1:] * d[:, :-1]).sum()) / (d ** 2).sum()
  it.each([
    [
      'of 112 × 90 pixels',
      mapOf(90, 112, (x, y) => Math.sin(x / 9) * Math.cos(y / 13) + 0.3 * Math.sin((x * y) / 50)),
      0.039186507936507936,
      0.8290047375530838,
    ],
    [
      'with a side that is shorter than there are parts',
      mapOf(30, 12, (x, y) => Math.sin(x * x + 3 * y) + 0.6 * Math.cos(y / 4)),
      0.025,
      -0.008810678160813252,
    ],
  ])('%s is what SciPy finds', (_, map, region, autocorrelation) => {
    const found = coherenceOf(map)
    expect(found.region).toBeCloseTo(region, 12)
    expect(found.autocorrelation).toBeCloseTo(autocorrelation, 6)
  })

  it('distinguishes one region from specks of the same relevance', () => {
    const one = coherenceOf(mapOf(64, 64, (x, y) => (x < 16 && y < 16 ? 1 : 0)))
    const specks = coherenceOf(mapOf(64, 64, (x, y) => (x % 8 < 2 && y % 8 < 2 ? 1 : 0)))
    expect(one.region).toBeGreaterThan(0.05)
    expect(specks.region).toBeLessThan(0.01)
    expect(one.autocorrelation).toBeGreaterThan(0.7)
    expect(specks.autocorrelation).toBeLessThan(0)
  })

  it('does not depend on scale', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -99, max: 99 }), { minLength: 480, maxLength: 480 }),
        (values) => {
          const scaled = (by: number) => coherenceOf(mapOf(24, 20, (x, y) => by * values[24 * y + x]!))
          expect(scaled(8)).toEqual(scaled(1))
        },
      ),
      { numRuns: 20 },
    )
  })

  it('finds no region in an empty map, or one that only speaks against the class', () => {
    expect(coherenceOf(mapOf(40, 40, () => 0))).toEqual({ region: 0, autocorrelation: 0 })
    expect(coherenceOf(mapOf(40, 40, (x) => -1 - x)).region).toBe(0)
  })
})
