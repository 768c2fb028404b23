/** The nearest neighbours of rows of numbers: exact, by all distances. */

import type { Watch } from '../base/watch.ts'

/** The nearest others of each row, nearest first. */
export interface Neighbours {
  /** How many neighbours each row has. */
  readonly count: number
  /** rows · count: the neighbours' indices. */
  readonly indices: Int32Array
  /** rows · count: the Euclidean distances to them, from 0. */
  readonly distances: Float64Array
}

/** Rows of a block: two blocks, with 1024 numbers a row, fit into a core's cache. */
const BLOCK = 32

/**
 * Find the nearest neighbours of each row, without itself. Of rows equally far away the first ones are taken.
 *
 * All n² / 2 distances are computed, block by block of rows: the other half follows by symmetry.
 *
 * @param rows all of one length, more than `count` of them; scaled so that |a|² + |b|² − 2 a·b still tells them apart,
 *   such as to unit length
 * @param count how many neighbours each gets, at least 1
 */
export async function nearestNeighbours(
  rows: readonly ArrayLike<number>[],
  count: number,
  { signal, progress }: Watch = {},
): Promise<Neighbours> {
  const [n, length] = [rows.length, rows[0]?.length ?? 0]
  if (n <= count) throw new Error(`${n} rows do not have ${count} neighbours each`)
  const data = new Float64Array(n * length)
  for (const [k, row] of rows.entries()) data.set(row, k * length)
  const squares = Float64Array.from(rows.keys(), (k) => dot(data, k * length, k * length, length))
  const nearest = new Nearest(n, count)
  const products = new Float64Array(BLOCK * BLOCK)
  for (let top = 0; top < n; top += BLOCK) {
    // A signal can arrive only while nothing runs.
    await new Promise((resolve) => setTimeout(resolve))
    signal?.throwIfAborted()
    const bottom = Math.min(n, top + BLOCK)
    for (let left = top; left < n; left += BLOCK) {
      const right = Math.min(n, left + BLOCK)
      multiply(data, length, top, bottom, left, right, products)
      for (let a = top; a < bottom; a++) {
        for (let b = Math.max(left, a + 1); b < right; b++) {
          const product = products[(a - top) * BLOCK + b - left]!
          const square = Math.max(0, squares[a]! + squares[b]! - 2 * product)
          nearest.offer(a, b, square)
          nearest.offer(b, a, square)
        }
      }
    }
    progress?.(bottom, n)
  }
  return { count, indices: nearest.indices, distances: nearest.squares.map(Math.sqrt) }
}

/** The nearest rows offered to each row so far. */
class Nearest {
  readonly indices: Int32Array
  readonly squares: Float64Array
  private readonly count: number

  constructor(rows: number, count: number) {
    this.count = count
    this.indices = new Int32Array(rows * count).fill(-1)
    this.squares = new Float64Array(rows * count).fill(Number.POSITIVE_INFINITY)
  }

  offer(row: number, other: number, square: number): void {
    const { count, indices, squares } = this
    const first = row * count
    let at = first + count - 1
    if (!isNearer(square, other, squares[at]!, indices[at]!)) return
    for (; at > first && isNearer(square, other, squares[at - 1]!, indices[at - 1]!); at--) {
      squares[at] = squares[at - 1]!
      indices[at] = indices[at - 1]!
    }
    squares[at] = square
    indices[at] = other
  }
}

function isNearer(square: number, index: number, than: number, thanIndex: number): boolean {
  return square < than || (square === than && index < thanIndex)
}

/**
 * The products of each row of one block with each of another, two by four at a time, so that each number is read less
 * often.
 */
function multiply(
  data: Float64Array,
  length: number,
  top: number,
  bottom: number,
  left: number,
  right: number,
  into: Float64Array,
): void {
  for (let a = top; a < bottom; a += 2) {
    for (let b = left; b < right; b += 4) {
      if (a + 2 > bottom || b + 4 > right) {
        for (let row = a; row < Math.min(a + 2, bottom); row++)
          for (let column = b; column < Math.min(b + 4, right); column++)
            into[(row - top) * BLOCK + column - left] = dot(data, row * length, column * length, length)
        continue
      }
      let [a0b0, a0b1, a0b2, a0b3, a1b0, a1b1, a1b2, a1b3] = [0, 0, 0, 0, 0, 0, 0, 0]
      const [a0, a1] = [a * length, (a + 1) * length]
      const [b0, b1, b2, b3] = [b * length, (b + 1) * length, (b + 2) * length, (b + 3) * length]
      for (let k = 0; k < length; k++) {
        const x0 = data[a0 + k]!
        const x1 = data[a1 + k]!
        const y0 = data[b0 + k]!
        const y1 = data[b1 + k]!
        const y2 = data[b2 + k]!
        const y3 = data[b3 + k]!
        a0b0 += x0 * y0
        a0b1 += x0 * y1
        a0b2 += x0 * y2
        a0b3 += x0 * y3
        a1b0 += x1 * y0
        a1b1 += x1 * y1
        a1b2 += x1 * y2
        a1b3 += x1 * y3
      }
      const [first, second] = [(a - top) * BLOCK + b - left, (a + 1 - top) * BLOCK + b - left]
      into.set([a0b0, a0b1, a0b2, a0b3], first)
      into.set([a1b0, a1b1, a1b2, a1b3], second)
    }
  }
}

function dot(data: Float64Array, a: number, b: number, length: number): number {
  let sum = 0
  for (let k = 0; k < length; k++) sum += data[a + k]! * data[b + k]!
  return sum
}
