import { float32 } from '../../graph/types.ts'
import { channelwise } from '../canonise.ts'
import { passOn } from '../passOn.ts'
import type { BackwardRule } from '../walk.ts'
import { stabilised } from './stabilise.ts'

/**
 * Batch normalisation that could not be merged into a linear layer, y = scale · x + shift: passed on whole
 * (`pass`), or in proportion to the magnitudes, R_x = |scale · x| / (|scale · x| + |shift|) · R, where the rest
 * stays with the shift (`magnitude`).
 *
 * Hui and Binder 2019, *BatchNorm Decomposition for Deep Neural Network Interpretation*, the |z| rule.
 */
export function batchNormRelevance(share: 'pass' | 'magnitude'): BackwardRule<'BatchNormalization'> {
  if (share === 'pass') return passOn
  return ({ builder: g, node, inputs }, [arrived]) => {
    const { scale, shift } = channelwise(node, (name) => g.constantOf(g.value(name)))
    const beside = (data: Float64Array, label: string) =>
      g.constant(
        float32([data.length, ...inputs[0]!.shape.slice(2).map(() => 1)], Float32Array.from(data)),
        label,
      )
    const own = g.op('Abs', [g.mul(inputs[0]!, beside(scale, 'scale'))])
    const whole = g.add(own, beside(shift.map(Math.abs), 'shift'))
    return [g.mul(arrived!, g.div(own, stabilised(g, whole, 0, 'positive')))]
  }
}
