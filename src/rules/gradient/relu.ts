import type { BackwardRule } from '../walk.ts'

/** Relu: dx = dy where y > 0, else 0 (at exactly 0 too, as in Caffe). */
export const reluGradient: BackwardRule<'Relu'> = ({ builder, outputs }, [dy]) => {
  const active = builder.op('Greater', [outputs[0]!, builder.scalar(0)])
  return [builder.op('Where', [active, dy!, builder.scalar(0)])]
}
