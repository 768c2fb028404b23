/** Solves linear equations with a symmetric, positive definite matrix, in double precision. */

/** The share of its diagonal below which a pivot counts as zero, up to rounding. */
const NOTHING = 1e-12

/**
 * The lower triangle L with L·Lᵀ = A, for a symmetric A that is positive definite or semi-definite: a row that depends
 * linearly on those above it has a zero on the diagonal, and zeros below that.
 *
 * @param matrix n rows of n numbers; only the lower triangle is read
 * @returns n rows; row k has k + 1 numbers
 */
export function cholesky(matrix: readonly (readonly number[])[]): number[][] {
  const lower: number[][] = []
  for (const [i, given] of matrix.entries()) {
    const row: number[] = []
    for (let j = 0; j <= i; j++) {
      const upper = j < i ? lower[j]! : row
      let left = given[j]!
      for (let k = 0; k < j; k++) left -= row[k]! * upper[k]!
      if (j === i) row.push(left > NOTHING * given[i]! ? Math.sqrt(left) : 0)
      else row.push(upper[j] === 0 ? 0 : left / upper[j]!)
    }
    lower.push(row)
  }
  return lower
}

/**
 * Solve A·x = b for a symmetric, positive definite A.
 *
 * @param matrix A: n rows of n numbers; only the lower triangle is read
 * @param right b: n numbers
 * @returns x; undefined where A is not positive definite, so that there is no unique x
 */
export function solve(
  matrix: readonly (readonly number[])[],
  right: readonly number[],
): number[] | undefined {
  const lower = cholesky(matrix)
  if (lower.some((row) => row.at(-1) === 0)) return undefined
  const found: number[] = []
  for (const [i, row] of lower.entries()) {
    let left = right[i]!
    for (let k = 0; k < i; k++) left -= row[k]! * found[k]!
    found.push(left / row[i]!)
  }
  for (let i = found.length - 1; i >= 0; i--) {
    for (let k = i + 1; k < found.length; k++) found[i]! -= lower[k]![i]! * found[k]!
    found[i]! /= lower[i]![i]!
  }
  return found
}
