/** The derivatives of functions of one number. */

import type { BackwardRule } from '../walk.ts'
import { times } from './times.ts'

/** Neg: −1. */
export const negGradient: BackwardRule<'Neg'> = ({ builder }, [dy]) => [builder.op('Neg', [dy])]

/** Abs: the sign of x, which is 0 at 0. */
export const absGradient: BackwardRule<'Abs'> = ({ builder: g, inputs: [x] }, [dy]) => {
  const zero = g.scalar(0)
  const negative = g.op('Where', [g.op('Greater', [zero, x]), g.op('Neg', [dy]), zero])
  return [g.op('Where', [g.op('Greater', [x, zero]), dy, negative])]
}

/** Sqrt: 1 / 2√x. */
export const sqrtGradient = times<'Sqrt'>((g, _, y) => g.div(g.scalar(0.5), y))

/** Exp: eˣ. */
export const expGradient = times<'Exp'>((_, __, y) => y)

/** Log: 1 / x. */
export const logGradient: BackwardRule<'Log'> = ({ builder, inputs }, [dy]) => [builder.div(dy!, inputs[0]!)]

/** Reciprocal: −1 / x². */
export const reciprocalGradient = times<'Reciprocal'>((g, _, y) => g.op('Neg', [g.mul(y, y)]))

/** Erf: 2/√π · exp(−x²). */
export const erfGradient = times<'Erf'>((g, x) =>
  g.mul(g.op('Exp', [g.op('Neg', [g.mul(x, x)])]), g.scalar(2 / Math.sqrt(Math.PI))),
)
