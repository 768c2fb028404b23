import type { GraphBuilder, Value } from '../../graph/builder.ts'
import type { BackwardRule } from '../walk.ts'
import { refusal } from './constants.ts'

/**
 * BatchNormalization outside training: y = scale · (x − mean) / √(variance + ε) + shift with constant mean and
 * variance, so dx = dy · scale / √(variance + ε); scale and shift get sums over all axes except the channels.
 */
export const batchNormalizationGradient: BackwardRule<'BatchNormalization'> = (
  { builder: g, node, inputs, wanted },
  [dy],
) => {
  const [x, scale, , mean, variance] = inputs as Value[]
  if (wanted[3] || wanted[4]) throw refusal(node, 'its mean and variance are taken as constant')
  const rank = x!.shape.length
  const deviation = g.op('Sqrt', [g.add(variance!, g.scalar(node.attributes.epsilon))])
  const others = x!.shape.flatMap((_, axis) => (axis === 1 ? [] : [axis]))
  const normalised = () => g.div(g.sub(x!, perChannel(g, mean!, rank)), perChannel(g, deviation, rank))
  return [
    wanted[0] ? g.mul(dy!, perChannel(g, g.div(scale!, deviation), rank)) : undefined,
    wanted[1] ? g.reduceSum(g.mul(dy!, normalised()), others, false) : undefined,
    wanted[2] ? g.reduceSum(dy!, others, false) : undefined,
  ]
}

/** One number for each channel, in a shape that fits beside [batch, channels, …]. */
function perChannel(g: GraphBuilder, values: Value, rank: number): Value {
  return g.reshape(values, [-1, ...new Array<number>(rank - 2).fill(1)])
}
