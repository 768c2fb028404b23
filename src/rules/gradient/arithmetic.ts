import type { GraphBuilder, Value } from '../../graph/builder.ts'
import type { BackwardRule } from '../walk.ts'

/** Add: dy to both sides. */
export const addGradient: BackwardRule<'Add'> = ({ builder, inputs }, [dy]) =>
  inputs.map((input) => unbroadcast(builder, dy!, input!))

/** Mul: to each side dy times the other. */
export const mulGradient: BackwardRule<'Mul'> = ({ builder, inputs, wanted }, [dy]) => {
  const [a, b] = [inputs[0]!, inputs[1]!]
  return [
    wanted[0] ? unbroadcast(builder, builder.mul(dy!, b), a) : undefined,
    wanted[1] ? unbroadcast(builder, builder.mul(dy!, a), b) : undefined,
  ]
}

/** Sum over the axes along which a value was repeated to fit the other side. */
function unbroadcast(builder: GraphBuilder, dy: Value, to: Value): Value {
  const extra = dy.shape.length - to.shape.length
  const leading = dy.shape.slice(0, extra).map((_, k) => k)
  const repeated = to.shape.flatMap((d, k) => (d === 1 && dy.shape[k + extra] !== 1 ? [k + extra] : []))
  if (leading.length + repeated.length === 0) return dy
  const summed = builder.reduceSum(dy, [...leading, ...repeated], true)
  return leading.length ? builder.op('Reshape', [summed, builder.op('Shape', [to])]) : summed
}
