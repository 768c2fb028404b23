import type { GraphBuilder, Value } from '../../graph/builder.ts'
import type { Shape } from '../../graph/types.ts'

/**
 * Sum over the axes along which a value was broadcast.
 *
 * @param whole the shape that it was broadcast to. Not that of `dy`, which may have more rows: these stay separate.
 */
export function unbroadcast(g: GraphBuilder, dy: Value, whole: Shape, to: Value): Value {
  const extra = whole.length - to.shape.length
  const leading = Array.from({ length: extra }, (_, k) => k)
  const repeated = to.shape.flatMap((d, k) => (d === 1 && whole[k + extra] !== 1 ? [k] : []))
  const summed = leading.length > 0 ? g.reduceSum(dy, leading, false) : dy
  return repeated.length > 0 ? g.reduceSum(summed, repeated, true) : summed
}
