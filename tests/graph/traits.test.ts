import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { nodeEngine } from '../../src/engine/node.ts'
import { GraphBuilder, type Value } from '../../src/graph/builder.ts'
import { boundedValues, nonNegativeValues } from '../../src/graph/traits.ts'
import { float32, type Graph, type Tensor } from '../../src/graph/types.ts'
import { verify } from '../../src/graph/verify.ts'
import { numbers } from './import/model.ts'

const SHAPE = [1, 2, 4, 3]
type Step = (g: GraphBuilder, x: Value) => Value | Value[]

const onItself = (
  op: 'Relu' | 'Abs' | 'Neg' | 'Sigmoid' | 'Tanh' | 'Softplus' | 'HardSwish' | 'Elu' | 'Sqrt',
) => {
  return (g: GraphBuilder, x: Value) => g.op(op, [x])
}
const beside = (op: 'Add' | 'Sub' | 'Mul' | 'Div' | 'Max' | 'Min', shape: number[]) => {
  return (g: GraphBuilder, x: Value) => [
    g.op(op, [x, g.constant(numbers(...shape))]),
    ...(op === 'Div' ? [] : [g.op(op, [g.constant(numbers(...shape)), x])]),
  ]
}
const STEPS: Readonly<Record<string, Step>> = {
  relu: onItself('Relu'),
  abs: onItself('Abs'),
  neg: onItself('Neg'),
  sigmoid: onItself('Sigmoid'),
  tanh: onItself('Tanh'),
  softplus: onItself('Softplus'),
  hardSwish: onItself('HardSwish'),
  elu: onItself('Elu'),
  sqrt: onItself('Sqrt'),
  add: beside('Add', [2, 1, 1]),
  sub: beside('Sub', [1]),
  mul: beside('Mul', [4, 3]),
  div: beside('Div', [1, 2, 4, 3]),
  max: beside('Max', [1]),
  min: beside('Min', [1]),
  square: (g, x) => g.mul(x, x),
  twice: (g, x) => g.sum([x, x]),
  clip: (g, x) => [
    g.op('Clip', [x, g.scalar(0)]),
    g.op('Clip', [x, g.scalar(-1), g.scalar(2)]),
    g.op('Clip', [x, undefined, g.scalar(1)]),
  ],
  positive: (g, x) => g.op('Cast', [g.op('Greater', [x, g.scalar(0)])], { to: 'float32' }),
  softmax: (g, x) => g.op('Softmax', [x]),
  conv: (g, x) => g.op('Conv', [x, g.constant(numbers(2, 2, 1, 1))]),
  maxPool: (g, x) => g.op('MaxPool', [x], { kernel_shape: [2, 2], strides: [1, 1], pads: [0, 0, 1, 1] }),
  averagePool: (g, x) => g.op('AveragePool', [x], { kernel_shape: [1, 1] }),
  lrn: (g, x) => g.op('LRN', [x], { size: 3 }),
  dropout: (g, x) => g.op('Dropout', [x]),
  turn: (g, x) => g.reshape(g.transpose(x, [0, 2, 3, 1]), SHAPE),
  split: (g, x) => g.ops('Split', 2, [g.concat([x, x], 1), g.integers([2, 2])], { axis: 1 }),
  slice: (g, x) => g.slice(g.concat([x, x], 2), { 2: [1, 5] }),
  gather: (g, x) => g.op('Gather', [x, g.integers([1, 0])], { axis: 1 }),
  pad: (g, x) => [
    g.pad(g.slice(x, { 3: [0, 2] }), [0, 0, 0, 0], [0, 0, 0, 1]),
    g.op('Pad', [g.slice(x, { 3: [0, 2] }), g.integers([0, 0, 0, 0, 0, 0, 0, 1]), g.scalar(-1)]),
  ],
  sumUp: (g, x) => g.op('Expand', [g.reduceSum(x, [1], true), g.integers(SHAPE)]),
}

/** A chain of steps, each starting from the last value of the previous one, with every value of SHAPE as an output. */
function chain(steps: readonly string[]): Graph {
  const g = new GraphBuilder('chain')
  let x = g.input('x', 'float32', SHAPE)
  for (const name of steps) {
    const made = [STEPS[name]!(g, x)].flat()
    for (const value of made) g.output(value.name, value)
    x = made.at(-1)!
  }
  return g.graph()
}

async function run(graph: Graph, x: Tensor): Promise<Readonly<Record<string, Tensor>>> {
  verify(graph)
  const program = await (await nodeEngine({ threads: 1 })).load(graph)
  const results = await program.run({ x })
  await program.release()
  return results
}

const chains = fc.array(fc.constantFrom(...Object.keys(STEPS)), { minLength: 2, maxLength: 6 })

describe('what is certain about a value, whatever the input', () => {
  test('no element is negative', async () => {
    let certain = 0
    await fc.assert(
      fc.asyncProperty(chains, async (steps) => {
        const graph = chain(steps)
        const results = await run(graph, numbers(...SHAPE))
        const claimed = nonNegativeValues(graph)
        for (const [name, { data }] of Object.entries(results)) {
          if (!claimed.has(name)) continue
          certain++
          expect(
            [...data].filter((value) => value < 0),
            `${name} of ${steps}`,
          ).toEqual([])
        }
      }),
      { numRuns: 120, seed: 2 },
    )
    expect(certain).toBeGreaterThan(100)
  })

  test('it is bounded: a million times larger input does not make it larger', async () => {
    let certain = 0
    await fc.assert(
      fc.asyncProperty(chains, async (steps) => {
        const graph = chain(steps)
        const claimed = boundedValues(graph)
        const { data } = numbers(...SHAPE)
        const results = await run(
          graph,
          float32(
            SHAPE,
            data.map((value) => 1e6 * value),
          ),
        )
        for (const [name, tensor] of Object.entries(results)) {
          if (!claimed.has(name)) continue
          certain++
          // Six steps by constants, the largest 2 and the smallest, as a divisor, about 0.02.
          const beyond = [...tensor.data].filter((value) => Math.abs(Number(value)) > 1e4)
          expect(beyond, `${name} of ${steps}`).toEqual([])
        }
      }),
      { numRuns: 120, seed: 3 },
    )
    expect(certain).toBeGreaterThan(100)
  })

  test('nothing is certain about inputs and constants', () => {
    const g = new GraphBuilder('fed')
    const x = g.input('x', 'float32', [2])
    g.output('y', g.add(x, g.scalar(1)))
    expect(nonNegativeValues(g.graph())).toEqual(new Set())
    expect(boundedValues(g.graph())).toEqual(new Set())
  })

  test.each<[string, (g: GraphBuilder, gate: Value) => Value]>([
    ['dropped out', (g, gate) => g.op('Dropout', [gate])],
    ['turned', (g, gate) => g.op('Neg', [gate])],
    ['cut', (g, gate) => g.slice(gate, { 1: [0, 1] })],
    ['split', (g, gate) => g.ops('Split', 2, [gate, g.integers([1, 1])], { axis: 1 })[1]!],
    ['picked', (g, gate) => g.op('Gather', [gate, g.integers([1])], { axis: 1 })],
    ['put beside another', (g, gate) => g.concat([gate, g.op('Tanh', [gate])], 1)],
    ['of another precision', (g, gate) => g.op('Cast', [gate], { to: 'float64' })],
    ['compared', (g, gate) => g.op('GreaterOrEqual', [gate, g.scalar(0.5)])],
    ['less a constant', (g, gate) => g.sub(g.scalar(1), gate)],
  ])('a gate that is %s stays bounded', (_, make) => {
    const g = new GraphBuilder('gate')
    const gate = g.op('Sigmoid', [g.input('x', 'float32', SHAPE)])
    g.output('y', make(g, gate))
    expect(boundedValues(g.graph())).toContain('y')
  })

  test.each<[string, (g: GraphBuilder, gate: Value, x: Value) => Value]>([
    ['put beside a value that is not', (g, gate, x) => g.concat([gate, x], 1)],
    ['divides a constant', (g, gate) => g.div(g.scalar(1), gate)],
    ['is added to a value that is not', (g, gate, x) => g.add(gate, x)],
    ['is clipped from one side only', (g, _, x) => g.op('Clip', [x, g.scalar(0)])],
  ])('what %s is not bounded', (_, make) => {
    const g = new GraphBuilder('gate')
    const x = g.input('x', 'float32', SHAPE)
    g.output('y', make(g, g.op('Sigmoid', [x]), x))
    expect(boundedValues(g.graph())).not.toContain('y')
  })
})
