import type { BackwardRule } from '../walk.ts'

/** Softmax: dx = y · (dy − Σ dy · y), the sum along its axis. */
export const softmaxGradient: BackwardRule<'Softmax'> = ({ builder: g, node, outputs }, [dy]) => {
  const y = outputs[0]!
  const sum = g.reduceSum(g.mul(dy!, y), [node.attributes.axis], true)
  return [g.mul(y, g.sub(dy!, sum))]
}

/** LogSoftmax: dx = dy − eʸ · Σ dy. */
export const logSoftmaxGradient: BackwardRule<'LogSoftmax'> = ({ builder: g, node, outputs }, [dy]) => {
  const sum = g.reduceSum(dy!, [node.attributes.axis], true)
  return [g.sub(dy!, g.mul(g.op('Exp', [outputs[0]!]), sum))]
}
