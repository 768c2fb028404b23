/**
 * Transposes networks and pictures whose channels are the last axis, for methods that work on [batch, channels, height,
 * width].
 */

import { GraphBuilder } from '../../graph/builder.ts'
import { float32, type Graph, type TensorOf } from '../../graph/types.ts'

/** A network that takes [batch, height, width, channels] as one that takes [batch, channels, height, width]. */
export function networkChannelsFirst(network: Graph): Graph {
  const [{ name, type, shape }] = network.inputs as [Graph['inputs'][number]]
  const builder = new GraphBuilder(network.name)
  const [batch, height, width, channels] = shape
  const inner = `${name} as written`
  const picture = builder.input(name, type, [batch!, channels!, height!, width!])
  builder.op('Transpose', [picture], { perm: [0, 2, 3, 1] }, inner)
  const { nodes, inputs } = builder.graph()
  const renamed = network.nodes.map((node) => ({
    ...node,
    inputs: node.inputs.map((each) => (each === name ? inner : each)),
  }))
  return { ...network, inputs, nodes: [...nodes, ...renamed] as Graph['nodes'] }
}

/** Pictures [batch, channels, height, width] of pictures [batch, height, width, channels]. */
export function channelsFirst(pictures: TensorOf<'float32'>): TensorOf<'float32'> {
  return transposed(pictures, [0, 3, 1, 2])
}

/** Pictures [batch, height, width, channels] of pictures [batch, channels, height, width]. */
export function channelsLast(pictures: TensorOf<'float32'>): TensorOf<'float32'> {
  return transposed(pictures, [0, 2, 3, 1])
}

/** A tensor with its axes in another order. */
function transposed({ shape, data }: TensorOf<'float32'>, perm: readonly number[]): TensorOf<'float32'> {
  const result = float32(perm.map((axis) => shape[axis]!))
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1))
  const [n, a, b, c] = result.shape as [number, number, number, number]
  let to = 0
  for (let i = 0; i < n; i++)
    for (let j = 0; j < a; j++)
      for (let k = 0; k < b; k++)
        for (let l = 0; l < c; l++) {
          const at = [i, j, k, l].reduce((sum, index, axis) => sum + index * strides[perm[axis]!]!, 0)
          result.data[to++] = data[at]!
        }
  return result
}
