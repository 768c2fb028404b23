/** The derivatives of arithmetic on values that are broadcast together, and of choosing among them. */

import type { Value } from '../../graph/builder.ts'
import { float32 } from '../../graph/types.ts'
import type { BackwardRule } from '../walk.ts'
import { numbersOf } from './constants.ts'
import { unbroadcast } from './unbroadcast.ts'

/** Add and Sum: dy to each. */
export const sumGradient: BackwardRule<'Add' | 'Sum'> = ({ builder, inputs, outputs, wanted }, [dy]) =>
  inputs.map((input, k) => (wanted[k] ? unbroadcast(builder, dy!, outputs[0]!.shape, input!) : undefined))

/** Sub: dy to the left, −dy to the right. */
export const subGradient: BackwardRule<'Sub'> = ({ builder: g, inputs, outputs, wanted }, [dy]) => {
  const whole = outputs[0]!.shape
  return [
    wanted[0] ? unbroadcast(g, dy!, whole, inputs[0]!) : undefined,
    wanted[1] ? unbroadcast(g, g.op('Neg', [dy]), whole, inputs[1]!) : undefined,
  ]
}

/** Mul: to each side dy times the other. */
export const mulGradient: BackwardRule<'Mul'> = ({ builder: g, inputs, outputs, wanted }, [dy]) => {
  const [a, b] = [inputs[0]!, inputs[1]!]
  const whole = outputs[0]!.shape
  return [
    wanted[0] ? unbroadcast(g, g.mul(dy!, b), whole, a) : undefined,
    wanted[1] ? unbroadcast(g, g.mul(dy!, a), whole, b) : undefined,
  ]
}

/** Div: y = a / b: da = dy / b, db = −dy · y / b. */
export const divGradient: BackwardRule<'Div'> = ({ builder: g, inputs, outputs, wanted }, [dy]) => {
  const [a, b, y] = [inputs[0]!, inputs[1]!, outputs[0]!]
  const share = g.div(dy!, b)
  return [
    wanted[0] ? unbroadcast(g, share, y.shape, a) : undefined,
    wanted[1] ? unbroadcast(g, g.op('Neg', [g.mul(share, y)]), y.shape, b) : undefined,
  ]
}

/** Pow with a constant exponent: dx = dy · p · xᵖ⁻¹, and 0 where p = 0. */
export const powGradient: BackwardRule<'Pow'> = ({ builder: g, node, inputs, outputs }, [dy]) => {
  const [x, exponent] = [inputs[0]!, inputs[1]!]
  const powers = numbersOf(g, exponent, node)
  const constant = (values: number[]) => g.constant(float32(exponent.shape as number[], values), 'power')
  // A general power is slow, and most powers are squares.
  const lower = powers.every((p) => p === 2)
    ? x
    : g.op('Pow', [x, constant(powers.map((p) => (p === 0 ? 0 : p - 1)))])
  return [unbroadcast(g, g.mul(dy!, g.mul(lower, constant(powers))), outputs[0]!.shape, x), undefined]
}

/** Max and Min: dy goes to the first input that has the value of the output. */
export const extremeGradient: BackwardRule<'Max' | 'Min'> = (
  { builder: g, inputs, outputs, wanted },
  [dy],
) => {
  const y = outputs[0]!
  const zero = g.scalar(0)
  let rest: Value = dy!
  return inputs.map((input, k) => {
    const last = k === inputs.length - 1
    const chosen = last ? undefined : g.op('Equal', [input, y])
    const own = chosen ? g.op('Where', [chosen, rest, zero]) : rest
    if (chosen) rest = g.op('Where', [chosen, zero, rest])
    return wanted[k] ? unbroadcast(g, own, y.shape, input!) : undefined
  })
}

/** Where: dy goes to the side that was chosen. */
export const whereGradient: BackwardRule<'Where'> = ({ builder: g, inputs, outputs, wanted }, [dy]) => {
  const [condition, a, b] = [inputs[0]!, inputs[1]!, inputs[2]!]
  const zero = g.scalar(0)
  const whole = outputs[0]!.shape
  return [
    undefined,
    wanted[1] ? unbroadcast(g, g.op('Where', [condition, dy, zero]), whole, a) : undefined,
    wanted[2] ? unbroadcast(g, g.op('Where', [condition, zero, dy]), whole, b) : undefined,
  ]
}
