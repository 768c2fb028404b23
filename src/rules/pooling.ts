import type { GraphBuilder, Value } from '../graph/builder.ts'
import type { Node } from '../graph/operators.ts'
import { type Pass, through } from '../graph/pass.ts'
import { int64, sizeOf } from '../graph/types.ts'
import { verify } from '../graph/verify.ts'

/**
 * Pooling that rounds its size up only where that adds a window. A window that would begin beyond the picture is
 * dropped, and rounding down gives the same size; but ONNX Runtime's shape inference counts it all the same, and then
 * refuses to combine the output with a constant of its true size.
 *
 * Needs: a well-formed graph. Leaves: `ceil_mode` only on pooling whose size depends on it.
 */
const withNeededRounding: Pass = (graph) => {
  const rounds = (node: Node) =>
    (node.op === 'MaxPool' || node.op === 'AveragePool') && node.attributes.ceil_mode === 1
  if (!graph.nodes.some(rounds)) return graph
  const values = verify(graph)
  const nodes = graph.nodes.map((node): Node => {
    if ((node.op !== 'MaxPool' && node.op !== 'AveragePool') || !rounds(node)) return node
    const { kernel_shape, strides, pads } = node.attributes
    const dilations = node.op === 'MaxPool' ? node.attributes.dilations : [1, 1]
    const [before, after] = [node.inputs[0]!, node.outputs[0]!].map((name) =>
      values.get(name)!.shape.slice(2),
    )
    const adds = before!.some((size, k) => {
      const room = Number(size) + pads[k]! + pads[k + 2]! - (kernel_shape[k]! - 1) * dilations[k]! - 1
      return Math.floor(room / strides[k]!) + 1 !== after![k]
    })
    return adds ? node : ({ ...node, attributes: { ...node.attributes, ceil_mode: 0 } } as Node)
  })
  return { ...graph, nodes }
}

/**
 * Every MaxPool also giving the position of its maximum, counted row by row. Where several inputs are the largest, ONNX
 * Runtime names the first one in row-major order, as Caffe does.
 *
 * Needs: a well-formed graph. Leaves: a second output on every MaxPool; those it adds are called `NAME.positions`. A
 * MaxPool that counts positions column by column stays beside the new one, its maxima called `NAME.again`.
 */
const withPositions: Pass = (graph) => {
  const nodes = graph.nodes.flatMap((node): Node[] => {
    if (node.op !== 'MaxPool') return [node]
    const [maxima, positions] = node.outputs
    const byColumns = node.attributes.storage_order === 1
    if (positions !== undefined && !byColumns) return [node]
    const attributes = { ...node.attributes, storage_order: 0 }
    const own: Node = { ...node, attributes, outputs: [maxima!, `${maxima}.positions`] }
    if (positions === undefined) return [own]
    return [own, { ...node, name: `${node.name}.again`, outputs: [`${maxima}.again`, positions] }]
  })
  return { ...graph, nodes }
}

/** The passes that make pooling ready for a walk; their order does not matter. */
const PASSES: readonly Pass[] = [withNeededRounding, withPositions]

/**
 * The graph with its pooling ready for a backward walk: the gradient and the relevance both send what arrives at a
 * MaxPool to the positions of its maxima.
 *
 * Needs: a well-formed graph. Leaves: what its passes leave.
 */
export const withPoolPositions: Pass = (graph) => through(PASSES, graph)

/**
 * Add each element of `s` into a tensor of the shape of `x`, at its position.
 *
 * @param positions as a MaxPool gives them: for each output, an index into all of x's elements, batch included
 * @param s what arrived; its batch may be larger than that of `x`, where x is one picture
 */
export function scatterToPositions(builder: GraphBuilder, x: Value, positions: Value, s: Value): Value {
  const flat = (value: Value) => builder.reshape(value, [-1])
  const picture = x.shape.slice(1).map(Number)
  const own =
    x.shape[0] === 1 && s.shape[0] !== 1 ? positionsForAll(builder, positions, s, sizeOf(picture)) : positions
  const batch = builder.slice(builder.op('Shape', [s]), { 0: [0, 1] })
  const size = builder.op('Mul', [batch, builder.integers([sizeOf(picture)])])
  const zeros = builder.op('ConstantOfShape', [size], {
    value: { type: 'float32', shape: [1], data: new Float32Array(1) },
  })
  const sums = builder.op('ScatterElements', [zeros, flat(own), flat(s)], { reduction: 'add' })
  return builder.reshape(sums, [-1, ...picture])
}

// The k-th of several explanations of one picture has its own copy of the picture's elements, at an offset of size · k.
function positionsForAll(g: GraphBuilder, positions: Value, s: Value, size: number): Value {
  const batch = g.slice(g.op('Shape', [s]), { 0: [0, 1] })
  const one = g.op('ConstantOfShape', [batch], { value: int64([1], [1]) })
  const numbers = g.op('CumSum', [one, g.constant(int64([], [0]))], { exclusive: 1 })
  const offsets = g.op('Mul', [numbers, g.integers([size])])
  return g.add(positions, g.reshape(offsets, [-1, 1, 1, 1]))
}
