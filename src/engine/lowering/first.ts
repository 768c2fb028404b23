import type { GraphBuilder, Value } from '../../graph/builder.ts'

/**
 * 1 where a value is the first one that equals the largest of its axis, 0 elsewhere.
 *
 * @param x float32
 * @param largest along the axis, of size 1 there
 * @param ranks float32, falling along the axis, so that the first has the highest; 0 for what must never be chosen. Its
 *   shape broadcasts to that of x
 */
export function firstLargest(g: GraphBuilder, x: Value, largest: Value, ranks: Value, axis: number): Value {
  const rank = g.mul(asNumber(g, g.op('Equal', [x, largest])), ranks)
  return asNumber(g, g.op('Equal', [rank, g.op('ReduceMax', [rank, g.integers([axis])])]))
}

function asNumber(g: GraphBuilder, truth: Value): Value {
  return g.op('Cast', [truth], { to: 'float32' })
}
