/**
 * A network's open sizes: the batch, which should be open, and others, which often must be numbers.
 */

import { UserError } from '../base/errors.ts'
import { GraphBuilder } from './builder.ts'
import { axisOf, product } from './dimensions.ts'
import { fold, withoutUnread } from './fold.ts'
import type { Node } from './operators.ts'
import type { Known } from './shapes.ts'
import type { Dimension, Graph, Shape } from './types.ts'
import { verify } from './verify.ts'

const BATCH = 'batch'

/**
 * A graph whose inputs have numbers for open dimensions.
 *
 * @param sizes numbers by the names of dimensions, `{ height: 224, width: 224 }`
 * @throws UserError for a name that no input has, or sizes that the graph does not fit
 */
export function fixInput(graph: Graph, sizes: Readonly<Record<string, number>>): Graph {
  for (const name of Object.keys(sizes)) {
    if (graph.inputs.some(({ shape }) => shape.includes(name))) continue
    const said = graph.inputs.map((input) => `${input.name} [${input.shape.join(', ')}]`).join('; ')
    throw new UserError(`no input has a dimension called ${name}`, graph.name, `The inputs are ${said}`)
  }
  const shape = (of: Shape) => of.map((d) => (typeof d === 'string' ? (sizes[d] ?? d) : d))
  const inputs = graph.inputs.map((input) => ({ ...input, shape: shape(input.shape) }))
  try {
    return fold({ ...graph, inputs })
  } catch (error) {
    const said = Object.entries(sizes).map(([name, size]) => `${name} ${size}`)
    throw new UserError(`it does not fit ${said.join(', ')}: ${(error as Error).message}`, graph.name)
  }
}

/**
 * A graph that was made for a fixed number of pictures, opened to any number: the first dimension of its
 * float32 inputs becomes `batch`, and so does that of reshapes that spell the number out.
 *
 * It is left as it is where that cannot be: where it is open already, where the number of pictures is part of
 * what it computes, or where pictures would no longer be treated each by itself.
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
      // Apart from the batch, everything must be as it was.
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

/** A Reshape that spells out the number of pictures, written so that it takes any number; other nodes as they are. */
function openNode(node: Node, builder: GraphBuilder, before: ReadonlyMap<string, Known>): Node {
  if (node.op !== 'Reshape') return node
  const from = builder.value(node.inputs[0]!).shape
  const [first, ...rest] = before.get(node.outputs[0]!)!.shape as number[]
  if (first === undefined || !from.some(isOpen)) return node
  const target = builder.integers([
    from[0] === BATCH && before.get(node.inputs[0]!)!.shape[0] === first ? 0 : -1,
    ...rest,
  ])
  return { ...node, inputs: [node.inputs[0]!, target.name] }
}

/** Whether a node makes something of several pictures together, or lets them lose their place. */
function mixesPictures(node: Node, inputs: readonly (Known | undefined)[]): boolean {
  const [x, y] = inputs
  const open = (input: Known | undefined, axis: number) => {
    const at = input && axisOf(axis, input.shape.length)
    return at !== undefined && isOpen(input!.shape[at]!)
  }
  const leads = (input: Known | undefined) => !input?.shape.slice(1).some(isOpen)
  if (!inputs.some((input) => input?.shape.some(isOpen))) return false
  if (inputs.some((input) => (input?.shape.filter(isOpen).length ?? 0) > 1)) return true
  switch (node.op) {
    case 'MatMul':
      return open(x, -1) || open(y, -2)
    case 'Gemm':
      return open(x, node.attributes.transA ? 0 : 1) || open(y, node.attributes.transB ? 1 : 0)
    case 'Softmax':
    case 'LogSoftmax':
    case 'ArgMax':
    case 'Split':
    case 'Gather':
      return open(x, node.attributes.axis)
    case 'Concat':
      return inputs.some((input) => open(input, node.attributes.axis))
    case 'ReduceSum':
    case 'ReduceMean':
    case 'ReduceMax': {
      const axes = y?.dimensions ?? x!.shape.map((_, k) => k)
      return axes.some((axis) => open(x, Number(axis)))
    }
    case 'Slice':
      return (inputs[3]?.dimensions ?? y!.dimensions!.map((_, k) => k)).some((axis) => open(x, Number(axis)))
    case 'Resize':
      return inputs[3] !== undefined || !leads(x)
    case 'Conv':
    case 'ConvTranspose':
    case 'MaxPool':
    case 'AveragePool':
    case 'GlobalAveragePool':
    case 'GlobalMaxPool':
    case 'BatchNormalization':
    case 'LRN':
    // Rows of one picture stay together only where the pictures come first.
    case 'Reshape':
    case 'Flatten':
      return !inputs.every(leads)
    case 'Scan':
    case 'Shape':
    case 'SoftmaxCrossEntropyLoss':
    case 'OneHot':
    case 'ScatterElements':
      return true
    default:
      return false
  }
}

function isOpen(dimension: Dimension): boolean {
  return typeof dimension === 'string'
}

/** A shape with a number of pictures in place of `batch`, as text. */
function closed(shape: Shape, count: number): string {
  return shape.map((d) => (typeof d === 'string' ? product([d.replace(BATCH, String(count))]) : d)).join()
}
