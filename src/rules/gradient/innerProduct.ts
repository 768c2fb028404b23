import { linearLayer } from '../linear.ts'
import type { BackwardRule } from '../walk.ts'

/** Gemm: dx = dy·W; dW = dyᵀ·x (transposed as W is); db sums dy over the batch. */
export const innerProductGradient: BackwardRule<'Gemm'> = ({ builder, node, inputs, wanted }, [dy]) => {
  const [x, weights] = inputs
  const layer = linearLayer(builder, node)
  const [left, right] = node.attributes.transB ? [dy!, x!] : [x!, dy!]
  return [
    wanted[0] ? layer.transposed(dy!, weights!) : undefined,
    wanted[1] ? builder.op('Gemm', [left, right], { transA: 1 }) : undefined,
    wanted[2] ? builder.reduceSum(dy!, [0], false) : undefined,
  ]
}
