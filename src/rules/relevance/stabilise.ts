import type { GraphBuilder, Value } from '../../graph/builder.ts'

/** Below this a denominator counts as zero: far under any activation, and what is divided by it stays finite. */
const TINY = 1e-20

/**
 * z + ε · sign z, the sign of 0 being +1. Without an ε, a denominator of zero is replaced by something that is
 * not: what it divides is shared among inputs whose products are all zero, so that it does not matter what.
 *
 * @param sign the sign that z has by its making: no element has the other one
 */
export function stabilised(
  g: GraphBuilder,
  z: Value,
  epsilon: number,
  sign?: 'positive' | 'negative',
): Value {
  if (sign === 'positive') return epsilon > 0 ? g.add(z, g.scalar(epsilon)) : g.op('Max', [z, g.scalar(TINY)])
  if (sign === 'negative')
    return epsilon > 0 ? g.sub(z, g.scalar(epsilon)) : g.op('Min', [z, g.scalar(-TINY)])
  if (epsilon === 0) return g.op('Where', [g.op('Equal', [z, g.scalar(0)]), g.scalar(1), z])
  const signed = g.op('Where', [
    g.op('GreaterOrEqual', [z, g.scalar(0)]),
    g.scalar(epsilon),
    g.scalar(-epsilon),
  ])
  return g.add(z, signed)
}
