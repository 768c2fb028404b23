import type { Value } from '../../graph/builder.ts'
import type { Operator } from '../../graph/operators.ts'
import type { BackwardRule } from '../walk.ts'
import { stabilised } from './stabilise.ts'

/**
 * In proportion to what each input adds: R_i = x_i · ∂y/∂x_i · R / y, for operators that are linear and have no
 * weights (sums, means, average pooling, resizing). Their derivative is all that it takes.
 *
 * @param gradient the operator's derivative
 */
export function inProportion<O extends Operator>(gradient: BackwardRule<O>): BackwardRule<O> {
  return (visit, [arrived]) => {
    const { builder: g, inputs, outputs } = visit
    const s = g.div(arrived!, stabilised(g, outputs[0]!, 0))
    return gradient(visit, [s]).map((returned, k) => returned && g.mul(inputs[k]!, returned))
  }
}

/**
 * A sum or a difference of two: in proportion to what each side adds, or in equal shares. What is added to a
 * constant passes on whole: a shift is nobody's merit, and dividing by what is left of it would blow up.
 */
export function inSum<O extends 'Add' | 'Sub' | 'Sum'>(
  gradient: BackwardRule<O>,
  share: 'proportional' | 'equal',
): BackwardRule<O> {
  const proportional = inProportion(gradient)
  return (visit, arrived) => {
    const { builder: g, inputs, wanted } = visit
    const varying = inputs.filter((input) => g.constantOf(input!) === undefined)
    if (varying.length === 1) return ofOne(visit, arrived, gradient)
    if (share === 'proportional') return proportional(visit, arrived)
    const part = g.mul(arrived[0]!, g.scalar(1 / varying.length))
    return inputs.map((input, k) =>
      wanted[k] && g.constantOf(input!) === undefined ? fitted(part, input!) : undefined,
    )
  }
}

// The one input that varies gets everything.
function ofOne<O extends 'Add' | 'Sub' | 'Sum'>(
  visit: Parameters<BackwardRule<O>>[0],
  [arrived]: readonly (Value | undefined)[],
  gradient: BackwardRule<O>,
): (Value | undefined)[] {
  const { builder: g, inputs, outputs } = visit
  return inputs.map((input, k) => {
    if (g.constantOf(input!) !== undefined) return undefined
    if (sameShape(input!, outputs[0]!)) return arrived
    return gradient(visit, [arrived])[k]
  })
}

function fitted(part: Value, input: Value): Value {
  if (part.shape.slice(1).join() !== input.shape.slice(1).join()) {
    throw new Error('equal shares need branches of one shape')
  }
  return part
}

function sameShape(a: Value, b: Value): boolean {
  return a.shape.join() === b.shape.join()
}
