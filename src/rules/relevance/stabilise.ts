import type { GraphBuilder, Value } from '../../graph/builder.ts'

/** Below this a denominator counts as zero: far below any activation, and quotients by it stay finite. */
const TINY = 1e-20
/** So large that quotients by it vanish. Not infinity, which GPUs need not support. */
const HUGE = 1e30

/**
 * z + ε · sign z, the sign of 0 being +1. Without an ε, no input gets anything where the denominator is zero: in a sum
 * without negative (or positive) parts all parts are then zero, so it does not matter what they are divided by; where
 * parts may cancel, the quotient is made to vanish.
 *
 * @param epsilon a number, or a value of the graph, of shape [] and at least 0
 * @param sign the sign that z always has: no element has the other one
 */
export function stabilised(
  g: GraphBuilder,
  z: Value,
  epsilon: number | Value,
  sign?: 'positive' | 'negative',
): Value {
  if (typeof epsilon !== 'number') return stabilisedBy(g, z, epsilon, sign)
  if (sign === 'positive') return epsilon > 0 ? g.add(z, g.scalar(epsilon)) : g.op('Max', [z, g.scalar(TINY)])
  if (sign === 'negative')
    return epsilon > 0 ? g.sub(z, g.scalar(epsilon)) : g.op('Min', [z, g.scalar(-TINY)])
  if (epsilon === 0) return g.op('Where', [g.op('Equal', [z, g.scalar(0)]), g.scalar(HUGE), z])
  const signed = g.op('Where', [
    g.op('GreaterOrEqual', [z, g.scalar(0)]),
    g.scalar(epsilon),
    g.scalar(-epsilon),
  ])
  return g.add(z, signed)
}

/** The same for an ε that is known only when the graph runs: where it is zero, it acts as without one. */
function stabilisedBy(g: GraphBuilder, z: Value, epsilon: Value, sign?: 'positive' | 'negative'): Value {
  if (sign === 'positive') return g.op('Max', [g.add(z, epsilon), g.scalar(TINY)])
  if (sign === 'negative') return g.op('Min', [g.sub(z, epsilon), g.scalar(-TINY)])
  const isPositive = g.op('GreaterOrEqual', [z, g.scalar(0)])
  const sum = g.add(z, g.op('Where', [isPositive, epsilon, g.op('Neg', [epsilon])]))
  return g.op('Where', [g.op('Equal', [sum, g.scalar(0)]), g.scalar(HUGE), sum])
}
