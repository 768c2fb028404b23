import type { GraphBuilder, Value } from '../graph/builder.ts'
import type { Shape } from '../graph/types.ts'

/** A matrix, or each of a stack of them, transposed. */
export function matrixTransposed(g: GraphBuilder, x: Value): Value {
  return g.transpose(x, lastTwoSwapped(x.shape))
}

/** The axes of a stack of matrices, with those of the matrices swapped. */
export function lastTwoSwapped(shape: Shape): number[] {
  const axes = shape.map((_, axis) => axis)
  return [...axes.slice(0, -2), ...axes.slice(-2).reverse()]
}
