import type { NodeOf, Operator } from '../../graph/operators.ts'
import { unbroadcast } from '../gradient/unbroadcast.ts'
import type { BackwardRule } from '../walk.ts'
import { stabilised } from './stabilise.ts'
import type { Varies } from './varying.ts'

/**
 * In proportion to what each input adds: R_i = x_i · ∂y/∂x_i · R / y, for operators that are linear and have no
 * weights (sums, means, average pooling, resizing). It needs only their derivative.
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
 * A sum or a difference: in proportion to what each side adds, or in equal shares.
 *
 * @param keeps whether a constant in the sum of this node keeps its share, as a bias does. Otherwise what is added to a
 *   constant passes on whole: the shift comes from no input, and dividing by a sum that it nearly cancels would blow up
 */
export function inSum<O extends 'Add' | 'Sub' | 'Sum'>(
  gradient: BackwardRule<O>,
  share: 'proportional' | 'equal',
  varies: Varies,
  keeps: (node: NodeOf<O>) => boolean,
): BackwardRule<O> {
  const proportional = inProportion(gradient)
  const equal: BackwardRule<O> = ({ builder: g, inputs, outputs, wanted }, [arrived]) => {
    const varying = inputs.map((input) => varies(input!.name))
    const part = g.mul(arrived!, g.scalar(1 / varying.filter(Boolean).length))
    return inputs.map((input, k) =>
      wanted[k] && varying[k] ? unbroadcast(g, part, outputs[0]!.shape, input!) : undefined,
    )
  }
  const passing = allToOne(varies, share === 'proportional' ? proportional : equal)
  return (visit, arrived) => (keeps(visit.node) ? proportional : passing)(visit, arrived)
}

/**
 * Where only one input varies, and all others are constants, it gets everything: the node is then a function of one
 * value, like an activation.
 *
 * @param otherwise the rule for several that vary
 */
export function allToOne<O extends Operator>(varies: Varies, otherwise: BackwardRule<O>): BackwardRule<O> {
  return (visit, arrived) => {
    const { builder: g, inputs, outputs } = visit
    const varying = inputs.map((input) => varies(input!.name))
    if (varying.filter(Boolean).length !== 1) return otherwise(visit, arrived)
    return inputs.map((input, k) =>
      varying[k] ? unbroadcast(g, arrived[0]!, outputs[0]!.shape, input!) : undefined,
    )
  }
}

/** A quotient: the dividend is the signal, and the divisor, held fixed, only scales it. */
export function quotientRelevance(varies: Varies): BackwardRule<'Div'> {
  return allToOne(varies, ({ builder, inputs, outputs }, [arrived]) => [
    unbroadcast(builder, arrived!, outputs[0]!.shape, inputs[0]!),
    undefined,
  ])
}
