import type { GraphBuilder, Value } from '../../graph/builder.ts'
import { float32 } from '../../graph/types.ts'

/** A matrix of numbers, row by row. */
export type Matrix = readonly (readonly number[])[]

/**
 * The transpose of what a matrix does along one axis: where y = M·x along it, dx = Mᵀ·dy. Interpolation, average
 * pooling and gathering are such matrices, one for each axis.
 *
 * @param matrix a row for each position of the output, a column for each of the input
 */
export function transposedAlong(g: GraphBuilder, dy: Value, axis: number, matrix: Matrix): Value {
  const [rows, columns] = [matrix.length, matrix[0]!.length]
  const last = dy.shape.length - 1
  if (axis === last - 1) {
    const turned = Array.from({ length: columns }, (_, i) => matrix.map((row) => row[i]!)).flat()
    return g.matmul(g.constant(float32([columns, rows], turned), 'matrix'), dy)
  }
  const product = (value: Value) =>
    g.matmul(value, g.constant(float32([rows, columns], matrix.flat()), 'matrix'))
  if (last === 0) {
    const front = g.integers([0])
    return g.op('Squeeze', [product(g.op('Unsqueeze', [dy, front])), front])
  }
  if (axis === last) return product(dy)
  const exchanged = dy.shape.map((_, k) => (k === axis ? last : k === last ? axis : k))
  return g.transpose(product(g.transpose(dy, exchanged)), exchanged)
}
