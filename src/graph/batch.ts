/**
 * A network's open sizes: the batch, which should be open, and others, which often must be numbers.
 */

import { UserError } from '../base/errors.ts'
import { GraphBuilder } from './builder.ts'
import { product } from './dimensions.ts'
import { fold, withoutUnread } from './fold.ts'
import type { Node, Operator } from './operators.ts'
import type { Known } from './shapes.ts'
import { mixesPictures } from './traits.ts'
import type { Dimension, Graph, Shape, ValueInfo } from './types.ts'
import { verify } from './verify.ts'

const BATCH = 'batch'

/** Sizes of open dimensions by name, or a function that gives them for an input. */
export type OpenSizes =
  | Readonly<Record<string, number>>
  | ((input: ValueInfo) => Readonly<Record<string, number>>)

/**
 * A graph whose inputs have sizes for their open dimensions.
 *
 * @param sizes by the names of the dimensions, `{ height: 224, width: 224 }`, or a function that gives them for an
 * input
 * @throws UserError for a name that no input has, or a size that is not a positive integer
 */
export function fixInput(graph: Graph, sizes: OpenSizes): Graph {
  return fold({ ...graph, inputs: withSizes(graph.inputs, sizes) })
}

/** The declarations of inputs, with sizes for open dimensions; see {@link fixInput}. */
export function withSizes(inputs: readonly ValueInfo[], given: OpenSizes): ValueInfo[] {
  const sizes: Readonly<Record<string, number>> =
    typeof given === 'function' ? Object.assign({}, ...inputs.map(given)) : given
  for (const [name, size] of Object.entries(sizes)) {
    if (!Number.isInteger(size) || size < 1)
      throw new UserError(`the size ${size} of dimension ${name} is not a positive integer`)
    if (inputs.some(({ shape }) => shape.includes(name))) continue
    const said = inputs.map((input) => `${input.name} [${input.shape.join(', ')}]`).join('; ')
    throw new UserError(`no input has a dimension called ${name}`, undefined, `The inputs are ${said}`)
  }
  const fixed = (d: Dimension) => (typeof d === 'string' && Object.hasOwn(sizes, d) ? sizes[d]! : d)
  return inputs.map((input) => ({ ...input, shape: input.shape.map(fixed) }))
}

/**
 * A graph that was made for a fixed number of pictures, opened to any number: the first dimension of its
 * float32 inputs becomes `batch`, and so does that of reshapes that spell the number out.
 *
 * The graph is returned unchanged where it is open already, where the number of pictures is part of what it computes,
 * or where pictures would no longer be treated independently.
 */
export function openBatch(graph: Graph): Graph {
  const pictures = graph.inputs.filter(({ type, shape }) => type === 'float32' && shape.length > 1)
  const count = pictures[0]?.shape[0]
  if (typeof count !== 'number' || pictures.some(({ shape }) => shape[0] !== count)) return graph
  const fixed = fold(graph)
  const before = verify(fixed)
  const builder = new GraphBuilder(graph.name)
  builder.reserve(fixed.nodes.flatMap((node) => node.outputs))
  for (const { name, type, shape } of graph.inputs)
    builder.input(
      name,
      type,
      pictures.some((input) => input.name === name) ? [BATCH, ...shape.slice(1)] : shape,
    )
  for (const [name, tensor] of fixed.initializers) builder.initializer(name, tensor)
  try {
    for (const node of fixed.nodes) {
      const open = openNode(node, builder, before)
      const inputs = open.inputs.map((name) => (name === '' ? undefined : builder.knownOf(name)))
      const outputs = builder.append(open)
      if (mixesPictures(open, inputs)) return graph
      // Apart from the batch, all shapes must be as they were.
      if (outputs.some(({ name, shape }) => closed(shape, count) !== before.get(name)!.shape.join()))
        return graph
    }
  } catch {
    return graph
  }
  for (const { name } of graph.outputs) builder.output(name, builder.value(name))
  const whole = withoutUnread(builder.graph())
  return whole.outputs[0]!.shape[0] === BATCH ? whole : graph
}

/**
 * The first node that combines all pictures of an open batch, by adding or comparing along it: a softmax over pictures,
 * their mean, attention among them.
 *
 * The other cases that `mixesPictures` knows (reading the size of the batch, cutting out its first picture) leave the
 * answer to a single picture unchanged, and do not count here. Neither do open dimensions with other names than the
 * batch's.
 *
 * @returns its name and operator; undefined where there is none
 */
export function combinesPictures(graph: Graph): Pick<Node, 'name' | 'op'> | undefined {
  const batch = graph.inputs[0]?.shape[0]
  if (typeof batch !== 'string') return undefined
  const values = verify(graph)
  /** The value as it would be if all other sizes were known. */
  const alone = (name: string): Known | undefined => {
    const value = values.get(name)
    return (
      value && { ...value, shape: value.shape.map((d) => (d === batch || typeof d === 'number' ? d : 1)) }
    )
  }
  return graph.nodes.find((node) => COMBINING.has(node.op) && mixesPictures(node, node.inputs.map(alone)))
}

const COMBINING: ReadonlySet<Operator> = new Set([
  'Softmax',
  'LogSoftmax',
  'ReduceSum',
  'ReduceMean',
  'ReduceMax',
  'ArgMax',
  'CumSum',
  'MatMul',
  'Gemm',
])

/** A Reshape that spells out the number of pictures, written so that it takes any number; other nodes as they are. */
function openNode(node: Node, builder: GraphBuilder, before: ReadonlyMap<string, Known>): Node {
  if (node.op !== 'Reshape') return node
  const from = builder.value(node.inputs[0]!).shape
  const [first, ...rest] = before.get(node.outputs[0]!)!.shape as number[]
  if (first === undefined || !from.some((d) => typeof d === 'string')) return node
  const target = builder.integers([
    from[0] === BATCH && before.get(node.inputs[0]!)!.shape[0] === first ? 0 : -1,
    ...rest,
  ])
  return { ...node, inputs: [node.inputs[0]!, target.name] }
}

/** A shape with a number of pictures instead of `batch`, as text. */
function closed(shape: Shape, count: number): string {
  return shape.map((d) => (typeof d === 'string' ? product([d.replace(BATCH, String(count))]) : d)).join()
}
