/**
 * All eigenvalues and eigenvectors of a small symmetric matrix, by Jacobi's rotations: Golub and Van Loan, *Matrix
 * Computations*, 4th edition, section 8.5 (the cyclic method).
 *
 * @param matrix n rows of n numbers, symmetric
 * @returns the eigenvalues from the greatest to the smallest, and for each its unit vector
 */
export function symmetricEigen(matrix: readonly ArrayLike<number>[]): {
  readonly values: number[]
  readonly vectors: Float64Array[]
} {
  const n = matrix.length
  const a = matrix.map((row) => Float64Array.from(row))
  const vectors = a.map((_, k) => Float64Array.from({ length: n }, (_, column) => Number(column === k)))
  const size = Math.sqrt(a.reduce((sum, row) => sum + row.reduce((all, value) => all + value ** 2, 0), 0))
  for (let sweep = 0; sweep < SWEEPS && offDiagonal(a) > 1e-15 * size; sweep++) {
    for (let p = 0; p < n; p++) for (let q = p + 1; q < n; q++) rotate(a, vectors, p, q)
  }
  const order = [...a.keys()].sort((one, other) => a[other]![other]! - a[one]![one]!)
  return { values: order.map((k) => a[k]![k]!), vectors: order.map((k) => vectors[k]!) }
}

/** Each sweep makes the rest some orders of magnitude smaller; ten are enough for any matrix. */
const SWEEPS = 60

function offDiagonal(a: readonly Float64Array[]): number {
  let sum = 0
  for (const [p, row] of a.entries()) for (let q = p + 1; q < row.length; q++) sum += 2 * row[q]! ** 2
  return Math.sqrt(sum)
}

/** Rotate the axes p and q so that a[p][q] becomes 0. `vectors` has the axes as its rows. */
function rotate(a: readonly Float64Array[], vectors: readonly Float64Array[], p: number, q: number): void {
  const apq = a[p]![q]!
  if (apq === 0) return
  const tau = (a[q]![q]! - a[p]![p]!) / (2 * apq)
  const t = Math.sign(tau || 1) / (Math.abs(tau) + Math.hypot(1, tau))
  const c = 1 / Math.hypot(1, t)
  const s = t * c
  for (const row of a) turn(row, p, row, q, c, s)
  for (let k = 0; k < a.length; k++) {
    turn(a[p]!, k, a[q]!, k, c, s)
    turn(vectors[p]!, k, vectors[q]!, k, c, s)
  }
}

function turn(one: Float64Array, k: number, other: Float64Array, m: number, c: number, s: number): void {
  const [x, y] = [one[k]!, other[m]!]
  one[k] = c * x - s * y
  other[m] = s * x + c * y
}
