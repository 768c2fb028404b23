import { describe, expect, it } from 'vitest'
import { topClass } from '../../src/statistics/accuracy.ts'
import { calibrationOf } from '../../src/statistics/calibration.ts'

/** Faces with the softmax of some waves as probabilities. */
const probabilities = Array.from({ length: 200 }, (_, i) => {
  const powers = [0, 1, 2].map((k) => Math.exp(3 * Math.sin(1.7 * (3 * i + k) + k)))
  const sum = powers.reduce((all, one) => all + one)
  return powers.map((power) => power / sum)
})
const labels = probabilities.map((row, i) => (i % 4 === 0 ? (i * i + Math.floor(i / 3)) % 3 : topClass(row)))

describe('calibration', () => {
  // NumPy 1.24.2, re-derived:
  // i = numpy.arange(200); k = numpy.arange(3); p = numpy.exp(3 * numpy.sin(1.7 * (3 * i[:, None] + k) + k))
  // p /= p.sum(1, keepdims=True); y = numpy.where(i % 4 == 0, (i * i + i // 3) % 3, p.argmax(1))
  // c = p.max(1); r = p.argmax(1) == y; b = numpy.digitize(c, numpy.linspace(0, 1, 16), right=True)
  // ece = sum(abs(r[b == m].mean() - c[b == m].mean()) * (b == m).sum() for m in numpy.unique(b)) / 200
  // brier = ((p - numpy.eye(3)[y]) ** 2).sum(1).mean(); nll = -numpy.log(p[i, y]).mean()
  const { bins, ece, brier, nll } = calibrationOf(probabilities, labels)

  it('agrees with NumPy’s figures', () => {
    expect(ece).toBeCloseTo(0.15426051407566452, 12)
    expect(brier).toBeCloseTo(0.3429992231965855, 12)
    expect(nll).toBeCloseTo(0.753805093250559, 12)
  })

  it('agrees with NumPy’s bins', () => {
    expect(bins.map(({ n }) => n)).toEqual([0, 0, 0, 0, 0, 0, 0, 9, 13, 16, 13, 19, 36, 40, 54])
    for (const { low, high, n, confidence } of bins) {
      if (n === 0) continue
      expect(confidence).toBeGreaterThan(low)
      expect(confidence).toBeLessThanOrEqual(high)
    }
  })

  it('is perfect for sure and right answers, and worst for sure and wrong ones', () => {
    const sure = calibrationOf([[1, 0]], [0])
    expect([sure.ece, sure.brier, sure.nll]).toEqual([0, 0, 0])
    const wrong = calibrationOf([[1, 0]], [1])
    expect([wrong.ece, wrong.brier]).toEqual([1, 2])
    // The file says 0.000000.
    expect(wrong.nll).toBeCloseTo(-Math.log(0.5e-6), 12)
  })
})
