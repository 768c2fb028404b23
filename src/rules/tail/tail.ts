/**
 * What the end of a network does to its scores, derived from the graph: each element of a value as an expression of
 * earlier scores.
 *
 * Exporters put much after the scores: a softmax in one node or in five, a clipping, a factor of 100, another order of
 * classes. Expressions see through all of it in one way: a softmax is a share of a sum of exponentials, however it is
 * written, and a sigmoid is a share of the sum of eᶻ and 1. Operators that move elements move expressions. A value that
 * involves no probability, exponential or largest score is itself a score, and is not looked into.
 */

import { memoised } from '../../base/memoised.ts'
import { GraphBuilder } from '../../graph/builder.ts'
import type { Node, Operator } from '../../graph/operators.ts'
import { type Graph, sizeOf, type Tensor } from '../../graph/types.ts'
import { namesRead, wiringOf } from '../../graph/wiring.ts'
import { READINGS, type Visit } from './readings.ts'
import { areScores, Cores, type Elements, number, type Term } from './terms.ts'

/** Values with more elements than this are not scores of classes, but pictures or features. */
const MOST = 1 << 16

/** Layers that make new scores from whatever they read. */
const LAYERS: readonly Operator[] = ['Conv', 'ConvTranspose', 'Gemm', 'MatMul', 'BatchNormalization', 'LRN']

/**
 * Operators that turn scores into probabilities. What goes into them counts as scores, whatever it was computed from.
 */
const PROBABILITIES: readonly Operator[] = ['Softmax', 'LogSoftmax', 'Sigmoid', 'HardSigmoid']

/** All operators whose output is no longer a score. */
const ENDS: readonly Operator[] = [...PROBABILITIES, 'Exp', 'Tanh', 'Softplus', 'ReduceMax']
/**
 * The elements of a graph's values as expressions.
 *
 * @returns for the name of a value, its elements; undefined where it has too many, or does not hold real numbers
 */
export function tailOf(graph: Graph): (name: string) => Elements | undefined {
  const tail = tails.get(graph) ?? tailIn(graph)
  tails.set(graph, tail)
  return tail
}

const tails = new WeakMap<Graph, (name: string) => Elements | undefined>()

function tailIn(graph: Graph): (name: string) => Elements | undefined {
  const builder = GraphBuilder.from({ ...graph, inputs: graph.inputs.map(forOne), outputs: [] })
  const { makerOf } = wiringOf(graph)
  const behind = behindScores(graph)
  const cores = new Cores()
  const elementsOf: (name: string) => Elements | undefined = memoised((name) => {
    const { type, shape } = builder.value(name)
    const node = makerOf(name)
    const size = sizeOf(shape.map(Number))
    if (type !== 'float32' || !Number.isInteger(size)) return undefined
    const as = (terms: readonly Term[]) => ({ shape: shape as number[], terms })
    const constant = graph.initializers.get(name)
    const unknown = () => as(new Array<Term>(size).fill(cores.unknown()))
    if (size > MOST) return node && PROBABILITIES.includes(node.op) ? unknown() : undefined
    if (constant) return as(Array.from(constant.data as Float32Array, number))
    if (!node || !behind.has(name)) return as(cores.scores(name, size))
    const inputs = node.inputs.map((input) => (input === '' ? undefined : elementsOf(input)))
    const visit: Visit = {
      node,
      inputs,
      constants: node.inputs.map((input) => graph.initializers.get(input)),
      shape: shape as number[],
      output: node.outputs.indexOf(name),
    }
    const read = READINGS[node.op]?.(visit, cores)
    if (read) return as(read)
    // An unbounded value may well be scores again.
    const computed = inputs.filter((input) => input?.terms.some(({ parts }) => parts.size > 0))
    return computed.some((input) => areScores(input!)) ? as(cores.scores(name, size)) : unknown()
  })
  return elementsOf
}

/** The names of the values that are more than scores. The others need not be looked at. */
function behindScores(graph: Graph): ReadonlySet<string> {
  const { initializers } = graph
  const behind = new Set<string>()
  for (const node of graph.nodes) {
    const read = namesRead(node).filter((name) => !initializers.has(name))
    const isBehind = (name: string) => behind.has(name)
    const is =
      node.op === 'Gemm' || node.op === 'MatMul'
        ? isBehind(node.inputs[0]!) && !hasNegative(initializers.get(node.inputs[1]!))
        : node.op === 'Clip'
          ? read.some(isBehind) || isUnit(node, initializers)
          : node.op === 'Mul' || node.op === 'Div'
            ? // A gated score is a score.
              read.length > 0 && read.every(isBehind)
            : ENDS.includes(node.op) || (read.some(isBehind) && !LAYERS.includes(node.op))
    if (is) for (const name of node.outputs) behind.add(name)
  }
  return behind
}

/** Whether a matrix holds learnt weights, not a table of ages or sums over groups of classes. */
function hasNegative(matrix: Tensor | undefined): boolean {
  return !matrix || (matrix.data as Float32Array).some((value) => value < 0)
}

/** Whether a node clips values to the range of a probability. */
function isUnit({ inputs: [, low, high] }: Node, constants: Graph['initializers']): boolean {
  const [least, most] = [low, high].map((name) => Number(constants.get(name ?? '')?.data[0]))
  return least! >= 0 && most! <= 1
}

/** One picture instead of any number of them. */
function forOne<V extends Graph['inputs'][number]>(input: V): V {
  const [batch, ...rest] = input.shape
  return typeof batch === 'string' ? { ...input, shape: [1, ...rest] } : input
}
