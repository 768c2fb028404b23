import type { GraphBuilder, Value } from '../graph/builder.ts'
import type { Node } from '../graph/operators.ts'
import type { Graph } from '../graph/types.ts'

/**
 * The graph with every MaxPool also giving the position of its maximum: the gradient and the relevance both
 * send what arrives to that position. Where several inputs are the largest, ONNX Runtime names the first one
 * in row-major order, as Caffe does.
 */
export function withPoolPositions(graph: Graph): Graph {
  const nodes = graph.nodes.map((node): Node => {
    if (node.op !== 'MaxPool' || node.outputs.length > 1) return node
    return { ...node, outputs: [node.outputs[0]!, `${node.outputs[0]}.positions`] }
  })
  return { ...graph, nodes }
}

/** Add each element of `s` into a tensor of the shape of `x`, at its position (an index into all of x's elements). */
export function scatterToPositions(builder: GraphBuilder, x: Value, positions: Value, s: Value): Value {
  const flat = (value: Value) => builder.reshape(value, [-1])
  const shape = builder.op('Shape', [x])
  const size = builder.op('Shape', [flat(x)])
  const zeros = builder.op('ConstantOfShape', [size], {
    value: { type: 'float32', shape: [1], data: new Float32Array(1) },
  })
  const sums = builder.op('ScatterElements', [zeros, flat(positions), flat(s)], { reduction: 'add' })
  return builder.op('Reshape', [sums, shape])
}
