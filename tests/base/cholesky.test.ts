import { expect, test } from 'vitest'
import { cholesky, solve } from '../../src/base/cholesky.ts'
import { Random } from '../../src/base/random.ts'

const random = new Random('cholesky')

/** B·Bᵀ of random rows: positive definite where there are as many columns as rows, or more. */
function gram(rows: number, columns: number): number[][] {
  const b = Array.from({ length: rows }, () => Array.from({ length: columns }, () => random.normal()))
  return b.map((one) => b.map((other) => one.reduce((sum, value, k) => sum + value * other[k]!, 0)))
}

test('a solution fulfils its equations', () => {
  for (const n of [1, 2, 5, 40]) {
    const matrix = gram(n, n + 5)
    const expected = Array.from({ length: n }, () => random.normal())
    const right = matrix.map((row) => row.reduce((sum, value, k) => sum + value * expected[k]!, 0))
    solve(matrix, right)!.forEach((value, k) => {
      expect(value).toBeCloseTo(expected[k]!, 9)
    })
  }
})

test('equations with many solutions, or none, are not solved', () => {
  expect(solve(gram(4, 3), [1, 2, 3, 4])).toBeUndefined()
  expect(solve([[0]], [1])).toBeUndefined()
  expect(
    solve(
      [
        [1, 2],
        [2, 1],
      ],
      [1, 1],
    ),
  ).toBeUndefined()
  expect(solve([], [])).toEqual([])
})

test('the triangle times its transpose is the matrix, even a semi-definite one', () => {
  for (const matrix of [gram(5, 9), gram(5, 2), gram(3, 1), [[0]]]) {
    const lower = cholesky(matrix)
    for (const [i, row] of matrix.entries())
      for (const [j, value] of row.entries()) {
        const product = lower[i]!.reduce((sum, each, k) => sum + each * (lower[j]![k] ?? 0), 0)
        expect(product).toBeCloseTo(value, 9)
      }
  }
})
