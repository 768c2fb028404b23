import type { Operator } from '../../graph/operators.ts'
import type { BackwardRule } from '../walk.ts'

/**
 * Guided backpropagation, Springenberg et al. 2015, *Striving for Simplicity: The All Convolutional Net*,
 * section 3.4: the gradient of an activation, for only the positive part of what arrives. For Relu, dx = dy where x > 0
 * and dy > 0.
 *
 * @param gradient the activation's own derivative
 */
export function guidedBackpropRule<O extends Operator>(gradient: BackwardRule<O>): BackwardRule<O> {
  return (visit, [dy]) => gradient(visit, [visit.builder.op('Relu', [dy])])
}
