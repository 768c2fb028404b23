import type { GraphBuilder, Value } from '../graph/builder.ts'
import type { Operator } from '../graph/operators.ts'
import type { BackwardRule } from './walk.ts'

/** What arrives at the output arrives at the input: Identity, and Dropout outside training. */
export const passOn: BackwardRule<Operator> = (_, [arrived]) => [arrived]

/** What arrives takes back the shape of the input: Flatten, Reshape, Squeeze and Unsqueeze. */
export const passReshaped: BackwardRule<'Flatten' | 'Reshape' | 'Squeeze' | 'Unsqueeze'> = (
  { builder, inputs },
  [arrived],
) => [reshapedAs(builder, arrived!, inputs[0]!)]

/** The elements of a value in the shape of `x`, except for dimension 0, which is inferred: see `walk.ts`. */
function reshapedAs(builder: GraphBuilder, value: Value, x: Value): Value {
  if (x.shape.length === 0) return builder.reshape(value, [])
  const rest = x.shape.slice(1)
  if (rest.every((d) => typeof d === 'number')) return builder.reshape(value, [-1, ...rest])
  const shape = builder.concat([builder.integers([-1]), builder.op('Shape', [x], { start: 1 })], 0)
  return builder.op('Reshape', [value, shape])
}
