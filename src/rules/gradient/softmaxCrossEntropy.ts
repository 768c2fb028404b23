import type { BackwardRule } from '../walk.ts'
import { sizesOf } from './constants.ts'

/** Softmax and cross-entropy, mean over the batch: dscores = (softmax − one-hot labels) · dloss / batch. */
export const softmaxCrossEntropyGradient: BackwardRule<'SoftmaxCrossEntropyLoss'> = (
  { builder: g, node, inputs },
  [dloss],
) => {
  const [scores, labels] = inputs
  const [batch, classes] = sizesOf(scores!, [0, 1], node)
  if (node.attributes.reduction !== 'mean' || inputs.length > 2) {
    throw new Error(`node ${node.name} (SoftmaxCrossEntropyLoss): only the unweighted mean has a gradient`)
  }
  const offAndOn = g.constant({ type: 'float32', shape: [2], data: Float32Array.of(0, 1) }, 'offAndOn')
  const truth = g.op('OneHot', [labels, g.integers([classes!]), offAndOn])
  const difference = g.sub(g.op('Softmax', [scores]), truth)
  return [g.mul(difference, g.div(dloss!, g.scalar(batch!))), undefined]
}
