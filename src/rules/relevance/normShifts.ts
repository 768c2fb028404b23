import type { Node } from '../../graph/operators.ts'
import type { Graph } from '../../graph/types.ts'
import { wiringOf } from '../../graph/wiring.ts'
import type { Varies } from './varying.ts'

/** What only moves a value's elements about. */
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
 * The names of the sums that shift what a norm makes (LayerNorm, RMSNorm, GroupNorm, InstanceNorm, in whatever
 * spelling): something divided by a root, scaled by a constant, plus a constant. Such a shift keeps its share. What
 * is left is in proportion to what the norm has made, and by that the rule of the mean before it divides; else maps
 * would grow from norm to norm.
 */
export function normShifts(graph: Graph, varies: Varies): ReadonlySet<string> {
  const { makerOf } = wiringOf(graph)
  /** What a value is a constant times of, moved about; with the node that makes that. */
  const origin = (name: string): Node | undefined => {
    const node = makerOf(name)
    if (!node) return undefined
    if (MOVES.includes(node.op)) return origin(node.inputs[0]!)
    if (node.op !== 'Mul') return node
    const varying = node.inputs.filter(varies)
    return varying.length === 1 ? origin(varying[0]!) : node
  }
  const isRoot = (name: string): boolean => {
    const node = makerOf(name)
    if (node?.op === 'Sqrt') return varies(name)
    if (node?.op === 'Pow') return varies(name)
    const through = ['Reciprocal', 'Add', 'Max', 'Clip', 'Expand', 'Div', ...MOVES]
    return (
      node !== undefined &&
      through.includes(node.op) &&
      node.inputs.some((each) => each !== '' && isRoot(each))
    )
  }
  const isNorm = (node: Node | undefined) =>
    (node?.op === 'Div' && isRoot(node.inputs[1]!)) || (node?.op === 'Mul' && node.inputs.some(isRoot))
  const shifts = graph.nodes.filter(({ op, inputs }) => {
    if (op !== 'Add' && op !== 'Sub') return false
    const varying = inputs.filter(varies)
    return varying.length === 1 && isNorm(origin(varying[0]!))
  })
  return new Set(shifts.map(({ name }) => name))
}
