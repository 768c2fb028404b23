import { float32 } from '../../graph/types.ts'
import { channelwise } from '../canonise/channelwise.ts'
import { passOn } from '../passOn.ts'
import type { BackwardRule } from '../walk.ts'
import { stabilised } from './stabilise.ts'

/**
 * Batch normalisation that could not be merged into a linear layer, y = scale · x + shift. In the last two rules, the
 * rest stays with the shift:
 *
 * - `pass`: x gets everything;
 * - `proportional`: R_x = scale · x / y · R, as if it were a linear layer with the rule `simple`. What arrives is
 *   proportional to y, so this is proportional to x, which the layer below divides by;
 * - `magnitude`: R_x = |scale · x| / (|scale · x| + |shift|) · R, the |z| rule of Hui and Binder 2019, *BatchNorm
 *   Decomposition for Deep Neural Network Interpretation*.
 */
export function batchNormRelevance(
  share: 'pass' | 'proportional' | 'magnitude',
): BackwardRule<'BatchNormalization'> {
  if (share === 'pass') return passOn
  return ({ builder: g, node, inputs, outputs }, [arrived]) => {
    const { scale, shift } = channelwise(node, (name) => g.constantOf(g.value(name)))
    const beside = (data: Float64Array, label: string) => {
      const shape = [data.length, ...inputs[0]!.shape.slice(2).map(() => 1)]
      return g.constant(float32(shape, Float32Array.from(data)), label)
    }
    const own = g.mul(inputs[0]!, beside(scale, 'scale'))
    if (share === 'proportional') return [g.mul(own, g.div(arrived!, stabilised(g, outputs[0]!, 0)))]
    const magnitude = g.op('Abs', [own])
    const sum = g.add(magnitude, beside(shift.map(Math.abs), 'shift'))
    return [g.mul(magnitude, g.div(arrived!, stabilised(g, sum, 0, 'positive')))]
  }
}
