/**
 * The independent judge of derivatives: central differences of a graph's outputs.
 *
 * A case is written once and built in two types. The gradient is derived and run in single precision, as it will
 * be used. What it is compared with is the same small graph run forward in double precision, with each input moved
 * a little; where ONNX Runtime has no kernel for doubles, plain loops take its place, or, for an operator that is
 * linear in each of its inputs, single precision and a step of 1, which is exact then.
 */

import { expect } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { nodeEngine } from '../../src/engine/node.ts'
import { GraphBuilder, type Value } from '../../src/graph/builder.ts'
import { float32, type Graph, type Shape, sizeOf, type Tensor } from '../../src/graph/types.ts'
import { verify } from '../../src/graph/verify.ts'
import { gradientTable } from '../../src/rules/gradient/gradient.ts'
import { withPoolPositions } from '../../src/rules/pooling.ts'
import { walkBackward } from '../../src/rules/walk.ts'

/** A graph that is being built in one of the two types. */
export interface Building {
  readonly g: GraphBuilder
  /** A constant in the graph's type. */
  constant(shape: readonly number[], data: readonly number[]): Value
}

/** An input: its shape, in which `batch` stands for the number of pictures, and its range. */
export interface Input {
  readonly shape: Shape
  readonly low: number
  readonly high: number
}

/** A differentiable piece of a graph. */
export interface Case {
  readonly inputs: readonly Input[]
  readonly build: (building: Building, ...inputs: Value[]) => Value | Value[]
  /** Indices of the inputs to differentiate by; by default all. */
  readonly by?: readonly number[]
  /** What to difference: by default the graph in double precision. */
  readonly judge?: 'linear' | ((inputs: Plain[]) => ArrayLike<number>)
}

/** A plain tensor in double precision. */
export interface Plain {
  readonly shape: readonly number[]
  readonly data: Float64Array
}

/** An input of some shape with numbers between −2 and 2, or in the given range. */
export function input(shape: Shape, low = -2, high = 2): Input {
  return { shape, low, high }
}

/** A plain function applied to every element of an input. */
export function elementwise(apply: (x: number) => number): (inputs: Plain[]) => Float64Array {
  return ([x]) => x!.data.map(apply)
}

const engine = await nodeEngine({ threads: 1 })
const BATCH = 2

/** Expect the gradient of a random weighted sum of the outputs to agree with central differences. */
export async function expectDerivative(subject: Case, seed: string): Promise<void> {
  const random = new Random(seed)
  const tensors = subject.inputs.map((given) => randomTensor(sized(given.shape), random, given))
  const forward = build(subject, 'float32', 'batch')
  const weights = forward.outputs.map(({ shape }) => randomTensor(sized(shape), random))
  const by = subject.by ?? subject.inputs.map((_, k) => k)
  const actual = await run(withGradient(forward, by, 'batch'), [...tensors, ...weights])

  const { evaluate, step, release } = await judgeOf(subject)
  const score = async (inputs: Plain[]) => {
    const flat = await evaluate(inputs)
    return weights
      .flatMap(({ data }) => [...data])
      .reduce((sum, weight, k) => sum + weight * Number(flat[k]), 0)
  }
  for (const [n, k] of by.entries()) {
    const plain = tensors.map(({ shape, data }) => ({ shape, data: Float64Array.from(data) }))
    const data = plain[k]!.data
    const expected: number[] = []
    for (let i = 0; i < data.length; i++) {
      const kept = data[i]!
      data[i] = kept + step
      const above = await score(plain)
      data[i] = kept - step
      const below = await score(plain)
      data[i] = kept
      expected.push((above - below) / (2 * step))
    }
    expectClose(actual[n]!, expected, 1e-3, `input ${k}`)
  }
  await release()
}

/**
 * Expect three targets that share the forward pass of one picture to get what each gets alone.
 *
 * @returns false if the case lacks an input with a batch to share
 */
export async function expectSharing(subject: Case, seed: string): Promise<boolean> {
  const by = (subject.by ?? subject.inputs.map((_, k) => k)).filter(
    (k) => subject.inputs[k]!.shape[0] === 'batch',
  )
  if (by.length === 0) return false
  const random = new Random(seed)
  const forward = build(subject, 'float32', 1)
  const tensors = subject.inputs.map((given) => randomTensor(sized(given.shape, 1), random, given))
  const graph = withGradient(forward, by, 'targets')
  const arrived = forward.outputs.map(({ shape }) => randomTensor([3, ...sized(shape.slice(1))], random))
  const together = await run(graph, [...tensors, ...arrived])
  for (let target = 0; target < 3; target++) {
    const rows = arrived.map(({ shape, data }) => {
      const size = data.length / 3
      return float32([1, ...shape.slice(1)], data.subarray(target * size, (target + 1) * size))
    })
    const alone = await run(graph, [...tensors, ...rows])
    alone.forEach((expected, n) => {
      const row = together[n]!.subarray(target * expected.length, (target + 1) * expected.length)
      expectClose(row, expected, 1e-5, `target ${target}`)
    })
  }
  return true
}

/** Within a share of each number, and within a hundredth of that of the largest. */
export function expectClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
  what: string,
): void {
  expect(actual.length, what).toBe(expected.length)
  const numbers = Array.from(expected)
  const largest = Math.max(...numbers.map(Math.abs))
  const wrong = numbers.findIndex(
    (e, k) => !(Math.abs(actual[k]! - e) <= tolerance * Math.abs(e) + 0.01 * tolerance * largest),
  )
  expect(wrong, `${what}[${wrong}]: ${actual[wrong]} is not ${expected[wrong]}`).toBe(-1)
}

/** The case as a graph, with inputs x0, x1, … and outputs y0, y1, … */
export function build(subject: Case, type: 'float32' | 'float64', batch: number | string): Graph {
  const g = new GraphBuilder('case')
  const inputs = subject.inputs.map(({ shape }, k) =>
    g.input(
      `x${k}`,
      type,
      shape.map((d) => (d === 'batch' ? batch : d)),
    ),
  )
  const constant = (shape: readonly number[], data: readonly number[]) =>
    g.constant(
      (type === 'float32' ? float32(shape, data) : { type, shape, data: Float64Array.from(data) }) as Tensor,
    )
  const outputs = [subject.build({ g, constant }, ...inputs)].flat()
  outputs.forEach((value, k) => {
    g.output(`y${k}`, value)
  })
  return g.graph()
}

/** Only the gradients: the inputs are the graph's and what arrives at each of its outputs, with this many rows. */
export function withGradient(forward: Graph, by: readonly number[], rows: string): Graph {
  const prepared = { ...withPoolPositions(forward), outputs: [] }
  const builder = GraphBuilder.from(prepared)
  const start = forward.outputs.map(({ name, type, shape }, k) => {
    const arrived = rows === 'batch' ? shape : [rows, ...shape.slice(1)]
    return [name, builder.input(`arrived${k}`, type, arrived)] as const
  })
  const names = by.map((k) => `x${k}`)
  const gradients = walkBackward(builder, prepared, gradientTable(), new Map(start), names)
  for (const name of names) builder.output(`d ${name}`, gradients.get(name)!)
  const graph = builder.graph()
  verify(graph)
  return graph
}

async function run(graph: Graph, inputs: readonly Tensor[]): Promise<Float32Array[]> {
  const program = await engine.load(graph)
  const results = await program.run(Object.fromEntries(graph.inputs.map(({ name }, k) => [name, inputs[k]!])))
  await program.release()
  return graph.outputs.map(({ name }) => results[name]!.data as Float32Array)
}

/** How to evaluate a case as the judge does, and how far to move an input. */
async function judgeOf(subject: Case): Promise<{
  evaluate: (inputs: Plain[]) => Promise<ArrayLike<number>>
  step: number
  release: () => Promise<void>
}> {
  const { judge } = subject
  if (typeof judge === 'function') {
    return { evaluate: async (inputs) => judge(inputs), step: 1e-6, release: async () => {} }
  }
  const type = judge === 'linear' ? 'float32' : 'float64'
  const graph = build(subject, type, 'batch')
  const program = await engine.load(graph)
  const typed = ({ shape, data }: Plain) =>
    (type === 'float32' ? float32(shape, Float32Array.from(data)) : { type, shape, data }) as Tensor
  return {
    evaluate: async (inputs) => {
      const results = await program.run(Object.fromEntries(inputs.map((x, k) => [`x${k}`, typed(x)])))
      return graph.outputs.flatMap(({ name }) => [...(results[name]!.data as Float64Array)])
    },
    step: judge === 'linear' ? 1 : 1e-6,
    release: () => program.release(),
  }
}

function sized(shape: Shape, batch = BATCH): number[] {
  return shape.map((d) => (typeof d === 'number' ? d : batch * Number(d.split('*')[1] ?? 1)))
}

function randomTensor(shape: readonly number[], random: Random, range = { low: -2, high: 2 }) {
  return float32(
    shape,
    Float32Array.from({ length: sizeOf(shape) }, () => random.uniform(range.low, range.high)),
  )
}
