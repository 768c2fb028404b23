import type { Value } from '../../graph/builder.ts'
import type { BackwardRule } from '../walk.ts'
import { refusal, sizesOf } from './constants.ts'

/**
 * Softmax and cross-entropy, averaged over everything that has classes, which lie along axis 1: dscores = (softmax −
 * one-hot labels) · dloss / count. The second output is a LogSoftmax: dscores = dlog − softmax · Σ dlog.
 */
export const softmaxCrossEntropyGradient: BackwardRule<'SoftmaxCrossEntropyLoss'> = (
  { builder: g, node, inputs },
  [dloss, dlog],
) => {
  const [scores, labels] = [inputs[0]!, inputs[1]!]
  const probabilities = g.op('Softmax', [scores], { axis: 1 })
  const shares: Value[] = []
  if (dloss) {
    const axes = scores.shape.map((_, axis) => axis)
    const [batch, classes, ...places] = sizesOf(scores, axes, node)
    if (node.attributes.reduction !== 'mean' || inputs.length > 2)
      throw refusal(node, 'only the unweighted mean has a gradient')
    const offAndOn = g.constant({ type: 'float32', shape: [2], data: Float32Array.of(0, 1) }, 'offAndOn')
    const truth = g.op('OneHot', [labels, g.integers([classes!]), offAndOn], { axis: 1 })
    const count = places.reduce((product, size) => product * size, batch!)
    shares.push(g.mul(g.sub(probabilities, truth), g.div(dloss, g.scalar(count))))
  }
  if (dlog) shares.push(g.sub(dlog, g.mul(probabilities, g.reduceSum(dlog, [1], true))))
  return [g.sum(shares), undefined]
}
