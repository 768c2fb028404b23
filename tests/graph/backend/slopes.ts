/**
 * The gradient of the result of an ONNX case, along random directions, against differences of the same graph run in
 * double precision.
 */

import { messageOf, UserError } from '../../../src/base/errors.ts'
import { Random } from '../../../src/base/random.ts'
import type { Program } from '../../../src/engine/engine.ts'
import { nodeEngine } from '../../../src/engine/node.ts'
import { GraphBuilder } from '../../../src/graph/builder.ts'
import type { Node, Operator } from '../../../src/graph/operators.ts'
import { float32, type Graph, int64, type Tensor, type ValueInfo } from '../../../src/graph/types.ts'
import { verify } from '../../../src/graph/verify.ts'
import { gradient } from '../../../src/rules/gradient/gradient.ts'
import type { Reading } from './run.ts'

/** The outcome for the gradient with respect to one input. */
export interface Slopes {
  /** `rough` if the result has no derivative at the case's numbers, nor near them. */
  readonly verdict: 'agrees' | 'rough' | 'refused' | 'wrong'
  readonly why?: string
}

/** The number of directions in which each input moves. */
const WAYS = 3

/** How far a case's numbers move, as a standard deviation, if it has no derivative at them. */
const AWAY = 0.1

/**
 * Operators without a double kernel in ONNX Runtime. Their cases are differenced in single precision, with steps
 * so large that rounding hardly shows: all but Erf and LRN are linear in each input, so no step is too large, and
 * nothing goes back through OneHot.
 */
const SINGLE: readonly Operator[] = [
  'AveragePool',
  'Conv',
  'ConvTranspose',
  'Erf',
  'GlobalAveragePool',
  'LRN',
  'OneHot',
  'Resize',
]

/** How a graph is differenced. */
interface Precision {
  readonly step: number
  /** The tolerance of a slope, relative to the sum of its parts' sizes. */
  readonly tolerance: number
  /** The share of a number that accumulated rounding may reach. */
  readonly unit: number
}

// The gradient itself is computed in single precision: along 2052 directions it was off by 4e-6 at most.
const DOUBLE: Precision = { step: 2 ** -18, tolerance: 1e-5, unit: 2 ** -50 }
// Differences are off by roundings, and those of Erf and LRN by the third derivative times a sixth of this step squared:
// along 216 directions by 8e-5 at most.
const ROUNDED: Precision = { step: 2 ** -6, tolerance: 2e-4, unit: 2 ** -22 }

const engine = await nodeEngine({ threads: 1 })

/** The gradient with respect to each float input; none if no output is float. */
export async function slopesOf({ graph, feeds }: Reading): Promise<Slopes[]> {
  const outputs = graph.outputs.filter(({ type }) => type === 'float32')
  const inputs = graph.inputs.filter(({ name, type }) => type === 'float32' && feeds[name]!.data.length > 0)
  if (outputs.length === 0 || inputs.length === 0) return []
  const subject = await differenced(graph, outputs, feeds)
  const found: Slopes[] = []
  if (subject.weights.size > 0) for (const { name } of inputs) found.push(await slopesBy(name, subject))
  await subject.program.release()
  return found
}

/** A graph that is differenced: a random sum of the numbers that it makes. */
interface Differenced extends Precision, Pick<Reading, 'graph' | 'feeds'> {
  readonly program: Program
  readonly weights: ReadonlyMap<string, Tensor>
  /** The sum with other numbers in one input, and the sum of its terms' sizes. */
  at(input: string, data: Float64Array): Promise<{ sum: number; size: number }>
}

async function differenced(
  graph: Graph,
  outputs: readonly ValueInfo[],
  feeds: Reading['feeds'],
): Promise<Differenced> {
  const isSingle = graph.nodes.some(({ op }) => SINGLE.includes(op))
  const typed = (tensor: Tensor) => (isSingle || tensor.type !== 'float32' ? tensor : doubled(tensor))
  const program = await engine.load(isSingle ? graph : inDouble(graph))
  const fed = Object.fromEntries(Object.entries(feeds).map(([name, tensor]) => [name, typed(tensor)]))
  const random = new Random(graph.name)
  const made = await program.run(fed)
  const weights = new Map(
    outputs.flatMap(({ name }) => {
      const { shape, data } = made[name]!
      const drawn = Array.from(data as Float64Array, () => random.normal())
      return drawn.length > 0 ? [[name, float32(shape, drawn)] as const] : []
    }),
  )
  const at = async (input: string, data: Float64Array) => {
    const { shape } = feeds[input]!
    const moved: Tensor = isSingle
      ? float32(shape, Float32Array.from(data))
      : { type: 'float64', shape, data }
    const results = await program.run({ ...fed, [input]: moved })
    const terms = [...weights].flatMap(([name, weight]) =>
      Array.from(results[name]!.data as Float64Array, (value, k) => value * Number(weight.data[k])),
    )
    return { sum: sumOf(terms), size: sumOf(terms.map(Math.abs)) }
  }
  return { graph, feeds, program, weights, at, ...(isSingle ? ROUNDED : DOUBLE) }
}

/** A graph in double precision. */
function inDouble(graph: Graph): Graph {
  const values = verify(graph)
  const initializers = new Map([...graph.initializers].map(([name, tensor]) => [name, doubled(tensor)]))
  const nodes = graph.nodes.map((node): Node => {
    if (node.op === 'Cast' && node.attributes.to === 'float32')
      return { ...node, attributes: { to: 'float64' } }
    if (node.op === 'ConstantOfShape')
      return { ...node, attributes: { value: doubled(node.attributes.value) } }
    if (node.op !== 'GlobalMaxPool') return node
    // It lacks a double kernel, and a single one would not tell a kink from a bend.
    const axes = `${node.name}.axes`
    const rank = values.get(node.inputs[0]!)!.shape.length
    initializers.set(
      axes,
      int64(
        [rank - 2],
        Array.from({ length: rank - 2 }, (_, k) => k + 2),
      ),
    )
    const attributes = { keepdims: 1, noop_with_empty_axes: 0 }
    return { ...node, op: 'ReduceMax', inputs: [node.inputs[0]!, axes], attributes }
  })
  const typed = (value: ValueInfo): ValueInfo =>
    value.type === 'float32' ? { ...value, type: 'float64' } : value
  return {
    ...graph,
    inputs: graph.inputs.map(typed),
    outputs: graph.outputs.map(typed),
    initializers,
    nodes,
  }
}

function doubled(tensor: Tensor): Tensor {
  return tensor.type === 'float32'
    ? { ...tensor, type: 'float64', data: Float64Array.from(tensor.data) }
    : tensor
}

async function slopesBy(input: string, subject: Differenced): Promise<Slopes> {
  let program: Program
  try {
    program = await engine.load(gradientBy(input, subject))
  } catch (error) {
    const isRefused = error instanceof UserError || /has no gradient rule/.test(messageOf(error))
    return { verdict: isRefused ? 'refused' : 'wrong', why: messageOf(error) }
  }
  const { shape, data } = subject.feeds[input]!
  const random = new Random(input)
  const near = Float32Array.from(data as Float32Array, (value) => random.normal(value, AWAY))
  let found: Slopes = { verdict: 'rough' }
  for (const x of [data as Float32Array, near]) {
    const slopes = await program.run({ ...subject.feeds, [input]: float32(shape, x) })
    found = await compared(input, x, slopes.slopes!.data as Float32Array, subject, random)
    if (found.verdict !== 'rough') break
  }
  await program.release()
  return found
}

function gradientBy(input: string, { graph, weights }: Differenced): Graph {
  const g = GraphBuilder.from({ ...graph, outputs: [] })
  const terms = [...weights].map(([name, weight]) => {
    const term = g.mul(g.value(name), g.constant(weight))
    return g.reduceSum(g.reshape(term, [-1]), [0], false)
  })
  g.output('weighted', g.sum(terms))
  const { builder, gradients } = gradient(g.graph(), 'weighted', [input])
  builder.output('slopes', gradients.get(input)!)
  return builder.graph()
}

/** The gradient at some numbers, and differences there. */
async function compared(
  input: string,
  x: Float32Array,
  gradient: Float32Array,
  { at, step, tolerance, unit }: Differenced,
  random: Random,
): Promise<Slopes> {
  const here = await at(input, Float64Array.from(x))
  // What rounding adds to a difference.
  const noise = (unit * here.size) / step
  for (let count = 0; count < WAYS; count++) {
    const way = Float64Array.from(x, () => random.normal())
    const slope = async (by: number) => {
      const moved = Float64Array.from(x, (value, k) => value + by * way[k]!)
      return ((await at(input, moved)).sum - here.sum) / by
    }
    const [ahead, behind] = [await slope(step), await slope(-step)]
    const [farAhead, farBehind] = [await slope(2 * step), await slope(-2 * step)]
    const [expected, far] = [(ahead + behind) / 2, (farAhead + farBehind) / 2]
    // At a kink the slopes before and after differ equally at any step; at a bend, half as much at half the step.
    const [bend, farBend] = [Math.abs(ahead - behind), Math.abs(farAhead - farBehind)]
    const isKink = !(bend <= noise || bend <= 0.75 * farBend)
    if (isKink || Math.abs(expected - far) > tolerance * Math.abs(expected) + noise)
      return { verdict: 'rough' }
    const parts = Array.from(way, (value, k) => value * gradient[k]!)
    const [actual, scale] = [sumOf(parts), sumOf(parts.map(Math.abs))]
    if (!(Math.abs(actual - expected) <= tolerance * scale + noise))
      return { verdict: 'wrong', why: `its slope along a direction is ${actual}, not ${expected}` }
  }
  return { verdict: 'agrees' }
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0)
}
