import { describe, expect, it } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { symmetricEigen } from '../../src/statistics/symmetricEigen.ts'

describe('the eigenvalues of a symmetric matrix', () => {
  it('of 2, 1, 1, 2 are 3 and 1', () => {
    const { values, vectors } = symmetricEigen([
      [2, 1],
      [1, 2],
    ])
    expect(values[0]).toBeCloseTo(3, 14)
    expect(values[1]).toBeCloseTo(1, 14)
    expect(Math.abs(vectors[0]![0]! + vectors[0]![1]!)).toBeCloseTo(Math.SQRT2, 14)
  })

  it('come with orthogonal vectors that reproduce the matrix', () => {
    const random = new Random('matrix')
    const n = 24
    const matrix = Array.from({ length: n }, () => new Float64Array(n))
    for (let p = 0; p < n; p++) for (let q = 0; q <= p; q++) matrix[p]![q] = matrix[q]![p] = random.normal()
    const { values, vectors } = symmetricEigen(matrix)
    expect(values).toEqual(values.toSorted((a, b) => b - a))
    for (let p = 0; p < n; p++) {
      for (let q = 0; q < n; q++) {
        const again = values.reduce((sum, value, k) => sum + value * vectors[k]![p]! * vectors[k]![q]!, 0)
        expect(again).toBeCloseTo(matrix[p]![q]!, 11)
        const angle = vectors[p]!.reduce((sum, value, k) => sum + value * vectors[q]![k]!, 0)
        expect(angle).toBeCloseTo(Number(p === q), 12)
      }
    }
  })
})
