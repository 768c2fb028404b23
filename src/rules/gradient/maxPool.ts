import { scatterToPositions } from '../pooling.ts'
import type { BackwardRule } from '../walk.ts'

/** MaxPool: dy goes to the first maximum of its window. */
export const maxPoolGradient: BackwardRule<'MaxPool'> = ({ builder, inputs, outputs }, [dy]) => [
  scatterToPositions(builder, inputs[0]!, outputs[1]!, dy!),
]
