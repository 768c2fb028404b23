import type { GraphBuilder, Value } from '../../graph/builder.ts'
import type { BackwardRule } from '../walk.ts'

/**
 * LRN across channels: y = x · s^−β with s = k + α/n · Σ x² over n neighbouring channels, so
 * dx = dy · s^−β − 2αβ/n · x · Σ dy · y / s, the second sum over the channels in whose windows x lies.
 */
export const lrnGradient: BackwardRule<'LRN'> = ({ builder: g, node, inputs, outputs }, [dy]) => {
  const { size, alpha, beta, bias } = node.attributes
  const [x, y] = [inputs[0]!, outputs[0]!]
  const before = Math.floor((size - 1) / 2)
  const after = Math.ceil((size - 1) / 2)
  const squares = meanOverChannels(g, g.mul(x, x), size, before, after)
  const s = g.add(g.mul(squares, g.scalar(alpha)), g.scalar(bias))
  const shared = meanOverChannels(g, g.div(g.mul(dy!, y), s), size, after, before)
  return [g.sub(g.mul(dy!, toMinusBeta(g, s, beta)), g.mul(g.mul(x, shared), g.scalar(2 * alpha * beta)))]
}

/** 1/n · Σ over a window of n channels: average pooling of the channel axis, the only window ONNX has for it. */
export function meanOverChannels(
  g: GraphBuilder,
  x: Value,
  size: number,
  before: number,
  after: number,
): Value {
  const [, channels, height, width] = x.shape as number[]
  const lines = g.reshape(x, [0, 1, channels!, -1])
  const means = g.op('AveragePool', [lines], {
    kernel_shape: [size, 1],
    pads: [before, 0, after, 0],
    count_include_pad: 1,
  })
  return g.reshape(means, [0, channels!, height!, width!])
}

/** s^−β. */
export function toMinusBeta(g: GraphBuilder, s: Value, beta: number): Value {
  // The usual 0.75 by two square roots, which are vectorised: a general power is ten times slower.
  if (beta === 0.75) {
    const root = g.op('Sqrt', [s])
    return g.div(g.scalar(1), g.mul(root, g.op('Sqrt', [root])))
  }
  return g.op('Pow', [s, g.scalar(-beta)])
}
