import { memoised } from '../../base/memoised.ts'
import type { Node } from '../../graph/operators.ts'
import type { Graph } from '../../graph/types.ts'
import { dependents, wiringOf } from '../../graph/wiring.ts'
import type { Varies } from './varying.ts'

const LINEAR: readonly string[] = ['Conv', 'Gemm', 'MatMul']

/** Operators that only move a value's elements. */
const MOVES: readonly string[] = [
  'Identity',
  'Reshape',
  'Flatten',
  'Transpose',
  'Squeeze',
  'Unsqueeze',
  'Cast',
]

/**
 * The names of the sums whose constants keep their share in every composite:
 *
 * - the shift of a norm (LayerNorm, RMSNorm, GroupNorm, InstanceNorm, however it is written): something divided by a
 *   root, scaled by a constant, plus a constant. The rest is proportional to what the norm computed, which the rule of
 *   the mean before it divides by; otherwise maps would grow from norm to norm.
 * - position embeddings: the output of a linear layer, plus a constant that differs from place to place. Here too the
 *   layer's rule divides by the layer's output.
 */
export function keptConstants(graph: Graph, varies: Varies): ReadonlySet<string> {
  const { makerOf } = wiringOf(graph)
  /** The node whose output the value is, apart from constant factors and moves of elements. */
  const origin = memoised((name: string): Node | undefined => {
    const node = makerOf(name)
    if (!node) return undefined
    if (MOVES.includes(node.op)) return origin(node.inputs[0]!)
    if (node.op !== 'Mul') return node
    const varying = node.inputs.filter(varies)
    return varying.length === 1 ? origin(varying[0]!) : node
  })
  const isRoot = memoised((name: string): boolean => {
    const node = makerOf(name)
    if (node?.op === 'Sqrt' || node?.op === 'Pow') return varies(name)
    const passing = ['Reciprocal', 'Add', 'Max', 'Clip', 'Expand', 'Div', ...MOVES]
    return (
      node !== undefined &&
      passing.includes(node.op) &&
      node.inputs.some((each) => each !== '' && isRoot(each))
    )
  })
  const isNorm = (node: Node | undefined) =>
    (node?.op === 'Div' && isRoot(node.inputs[1]!)) || (node?.op === 'Mul' && node.inputs.some(isRoot))
  const behindLayers = dependents(
    graph,
    graph.nodes.flatMap(({ op, outputs }) => (LINEAR.includes(op) ? outputs : [])),
  )
  const isOfPlaces = (constant: string) =>
    (graph.initializers.get(constant)?.shape.filter((d) => d !== 1).length ?? 0) > 1
  const kept = graph.nodes.filter(({ op, inputs }) => {
    if (op !== 'Add' && op !== 'Sub') return false
    const [x, other] = inputs.filter(varies)
    if (x === undefined || other !== undefined) return false
    return isNorm(origin(x)) || (behindLayers.has(x) && inputs.some(isOfPlaces))
  })
  return new Set(kept.map(({ name }) => name))
}
