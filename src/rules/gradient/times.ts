import type { GraphBuilder, Value } from '../../graph/builder.ts'
import type { Operator } from '../../graph/operators.ts'
import type { BackwardRule } from '../walk.ts'

/** A rule for y = f(x), element by element: dx = dy · f′. */
export function times<O extends Operator>(
  derivative: (g: GraphBuilder, x: Value, y: Value) => Value,
): BackwardRule<O> {
  return ({ builder, inputs, outputs }, [dy]) => [
    builder.mul(dy!, derivative(builder, inputs[0]!, outputs[0]!)),
  ]
}
