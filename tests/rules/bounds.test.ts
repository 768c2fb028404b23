import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { nodeEngine } from '../../src/engine/node.ts'
import { GraphBuilder, type Value } from '../../src/graph/builder.ts'
import { float32, type Tensor } from '../../src/graph/types.ts'
import { boundsIn, isUnitValue } from '../../src/rules/bounds.ts'
import { logitsOf } from '../../src/rules/logits.ts'

const engine = await nodeEngine({ threads: 1 })

type Make = (g: GraphBuilder, z: Value) => Value

const number = (g: GraphBuilder, value: number) => g.scalar(value)
const inverse = (g: GraphBuilder, z: Value) => g.op('Reciprocal', [g.add(g.mul(z, z), number(g, 1))])
const gate = (g: GraphBuilder, z: Value) => g.op('HardSigmoid', [z])
const softsign = (g: GraphBuilder, z: Value) => g.div(z, g.add(number(g, 1), g.op('Abs', [z])))
const rest = (g: GraphBuilder, p: Value) => g.sub(number(g, 1), p)

/** Values between 0 and 1, for any scores. */
const UNITS: Record<string, Make> = {
  'half of 1 + z / (1 + |z|)': (g, z) => g.mul(number(g, 0.5), g.add(number(g, 1), softsign(g, z))),
  'half of 1 + z / √(1 + z²)': (g, z) => {
    const root = g.op('Sqrt', [g.add(g.op('Pow', [z, number(g, 2)]), number(g, 1))])
    return g.div(g.add(number(g, 1), g.div(z, root)), number(g, 2))
  },
  '1 / (1 + z²)': (g, z) => g.div(number(g, 1), g.add(number(g, 1), g.mul(z, z))),
  'z² / (1 + z²)': (g, z) => {
    const squares = g.mul(z, z)
    return g.div(squares, g.add(squares, number(g, 1)))
  },
  'half of 1 + tanh z': (g, z) => g.mul(g.add(g.op('Tanh', [z]), number(g, 1)), number(g, 0.5)),
  'exp(−z²)': (g, z) => g.op('Exp', [g.op('Neg', [g.mul(z, z)])]),
  'exp(−|z|)': (g, z) => g.op('Exp', [g.op('Neg', [g.op('Abs', [z])])]),
  'z cut at 0 and 1': (g, z) => g.op('Clip', [z, number(g, 0), number(g, 1)]),
  'a hard sigmoid': gate,
  'a hard sigmoid of few nodes': (g, z) =>
    g.div(g.op('Clip', [g.add(z, number(g, 3)), number(g, 0), number(g, 6)]), number(g, 6)),
  'half of 1 + erf z': (g, z) => g.mul(g.add(g.op('Erf', [z]), number(g, 1)), number(g, 0.5)),
  'min(relu z, 1)': (g, z) => g.op('Min', [g.op('Relu', [z]), number(g, 1)]),
  'relu z / (relu z + 1)': (g, z) => {
    const active = g.op('Relu', [z])
    return g.div(active, g.add(active, number(g, 1)))
  },
  'relu z of all of them': (g, z) => {
    const active = g.op('Relu', [z])
    return g.div(active, g.op('Max', [g.reduceSum(active, [1], true), number(g, 1e-6)]))
  },
  'the size beside the length of all': (g, z) => {
    const length = g.op('Sqrt', [g.reduceSum(g.mul(z, z), [1], true)])
    return g.op('Abs', [g.div(z, g.op('Clip', [length, number(g, 1e-6)]))])
  },
  '1 − p': (g, z) => rest(g, inverse(g, z)),
  'p · q': (g, z) => g.mul(inverse(g, z), gate(g, z)),
  'p + q − p · q as 1 − (1 − p) (1 − q)': (g, z) =>
    rest(g, g.mul(rest(g, inverse(g, z)), rest(g, gate(g, z)))),
  'min(p, q)': (g, z) => g.op('Min', [inverse(g, z), gate(g, z)]),
  'max(p, q)': (g, z) => g.op('Max', [inverse(g, z), gate(g, z)]),
  'the mean of p and q': (g, z) => g.div(g.op('Sum', [inverse(g, z), gate(g, z)]), number(g, 2)),
  'a mean over an axis': (g, z) => g.op('ReduceMean', [inverse(g, z), g.integers([1])], { keepdims: 1 }),
  '0.3 p + 0.7 q': (g, z) => g.add(g.mul(number(g, 0.3), inverse(g, z)), g.mul(gate(g, z), number(g, 0.7))),
  'a p + (1 − a) q': (g, z) => {
    const a = gate(g, g.op('Neg', [z]))
    return g.add(g.mul(a, inverse(g, z)), g.mul(gate(g, z), rest(g, a)))
  },
  'p or q by a mask': (g, z) =>
    g.op('Where', [g.op('Greater', [z, number(g, 2)]), inverse(g, z), gate(g, z)]),
  'p³': (g, z) => g.op('Pow', [inverse(g, z), number(g, 3)]),
  '√p': (g, z) => g.op('Sqrt', [inverse(g, z)]),
  'p to a power of its own for each class': (g, z) =>
    g.op('Pow', [inverse(g, z), g.constant(float32([1, 4], [0.5, 1, 2, 3]))]),
  'p mixed by a matrix whose columns are shares': (g, z) =>
    g.matmul(
      inverse(g, z),
      g.constant(float32([4, 3], [0.25, 0, 0.5, 0.25, 1, 0.5, 0.25, 0, 0, 0.25, 0, 0])),
    ),
  'p beside q, in another order': (g, z) =>
    g.op('Gather', [g.concat([inverse(g, z), gate(g, z)], 1), g.integers([3, 1, 6])], { axis: 1 }),
  'a comparison': (g, z) => g.op('Cast', [g.op('Greater', [z, number(g, 0)])], { to: 'float32' }),
}

/** Values that may lie elsewhere. */
const OTHERS: Record<string, Make> = {
  'z / (1 + |z|)': softsign,
  'z / (1 + z)': (g, z) => g.div(z, g.add(z, number(g, 1))),
  'z / (|z| − 1)': (g, z) => g.div(z, g.sub(g.op('Abs', [z]), number(g, 1))),
  'z / (|z| + z)': (g, z) => g.div(z, g.add(g.op('Abs', [z]), z)),
  'relu z beside the sums of others': (g, z) => {
    const active = g.op('Relu', [g.slice(z, { 0: [0, 1], 1: [0, 1] })])
    return g.div(g.op('Relu', [z]), g.add(active, number(g, 1)))
  },
  'relu z beside the sums of other pictures': (g, z) => {
    const active = g.op('Relu', [z])
    return g.div(active, g.reduceSum(active, [1], false))
  },
  'what a ReLU leaves': (g, z) => g.op('Relu', [z]),
  'z cut at 0 and 6': (g, z) => g.op('Clip', [z, number(g, 0), number(g, 6)]),
  'p + q': (g, z) => g.add(inverse(g, z), gate(g, z)),
  'p − q': (g, z) => g.sub(inverse(g, z), gate(g, z)),
  'a p + a q': (g, z) => g.add(g.mul(gate(g, z), inverse(g, z)), g.mul(gate(g, z), rest(g, inverse(g, z)))),
  'the sum of p over an axis': (g, z) => g.reduceSum(inverse(g, z), [1], true),
  '1 / p': (g, z) => g.op('Reciprocal', [inverse(g, z)]),
  'p interpolated by cubics': (g, z) =>
    g.op('Resize', [inverse(g, z), undefined, undefined, g.integers([4, 8])], { mode: 'cubic' }),
  'a whole number': (g, z) => g.op('Cast', [g.op('ArgMax', [z], { axis: 1 })], { to: 'float32' }),
}

function made(make: Make) {
  const g = new GraphBuilder('made')
  g.output('y', make(g, g.input('z', 'float32', [4, 4])))
  return g.graph()
}

test.each(Object.entries(UNITS))('%s lies between 0 and 1, and is not a logit', async (_, make) => {
  const graph = made(make)
  expect(isUnitValue(graph, 'y')).toBe(true)
  expect(logitsOf(graph, 'y').kind).not.toBe('logits')
})

test.each(Object.entries(OTHERS))('%s may lie elsewhere', (_, make) => {
  expect(isUnitValue(made(make), 'y')).toBe(false)
})

test('what is so small that a runtime may round it to 0 may be 0: as an exponent of 0 it makes 1, as a base nothing', () => {
  const boundsOf = (make: Make) => boundsIn(made(make))('y')
  const trace: Make = (g, z) => g.op('Sigmoid', [g.op('Clip', [z, number(g, -500), number(g, 0)])])
  const nothing: Make = (g, z) => g.mul(z, number(g, 0))
  expect(boundsOf(trace)).toEqual([0, 0.5])
  expect(boundsOf((g, z) => g.op('Pow', [nothing(g, z), trace(g, z)]))).toEqual([0, 1])
  expect(boundsOf((g, z) => g.op('Pow', [trace(g, z), number(g, 1e-40)]))).toEqual([0, 1])
})

describe('the values of a graph of any operators lie between its bounds', () => {
  const shape = [3, 4]
  const attribute = (value: number) => Math.fround(value - 1)
  type Step = (g: GraphBuilder, values: readonly Value[], size: number) => Value
  const double = (g: GraphBuilder, shape: readonly number[], data: readonly number[]) =>
    g.constant({ type: 'float64', shape, data: Float64Array.from(data) } as Tensor)
  const alone = (
    ['Relu', 'Sigmoid', 'Tanh', 'Softplus', 'Neg', 'Abs', 'Sqrt', 'Exp', 'Log', 'Reciprocal'] as const
  ).map(
    (op): Step =>
      (g, [a]) =>
        g.op(op, [a]),
  )
  const paired = (['Add', 'Sub', 'Mul', 'Div', 'Max', 'Min', 'Sum', 'Pow'] as const).map(
    (op): Step =>
      (g, [a, b]) =>
        g.op(op, [a, b]),
  )
  const STEPS: readonly Step[] = [
    ...alone,
    ...paired,
    ...paired,
    (g, [a]) => g.mul(a!, a!),
    (g, [a]) => g.div(a!, g.add(g.op('Abs', [a]), double(g, [], [0.5]))),
    (g, [a, b, c]) => {
      const share = g.op('Sigmoid', [a])
      return g.add(g.mul(b!, share), g.mul(g.sub(double(g, [], [1]), share), c!))
    },
    (g, [a], size) => g.op('Pow', [a, double(g, [], [Math.round(size * 4) - 4])]),
    (g, [a], size) => g.op('Pow', [a, double(g, [], [size])]),
    (g, [a], size) => g.op('PRelu', [a, double(g, [], [size - 1])]),
    (g, [a], size) => g.op('LeakyRelu', [a], { alpha: attribute(size) }),
    (g, [a], size) => g.op('Elu', [a], { alpha: attribute(size) }),
    (g, [a], size) => g.op('HardSigmoid', [a], { alpha: attribute(size) }),
    (g, [a]) => g.op('HardSwish', [a]),
    (g, [a], size) => g.op('Clip', [a, double(g, [], [-size]), double(g, [], [size])]),
    (g, [a, b, c]) => g.op('Where', [g.op('Greater', [a, b]), b, c]),
    (g, [a]) => (a!.shape.length < 2 ? a! : g.op('Softmax', [a])),
    (g, [a]) => (a!.shape.length < 2 ? a! : g.op('LogSoftmax', [a])),
    (g, [a]) => (a!.shape.length < 2 ? a! : g.reduceSum(a!, [1], true)),
    (g, [a]) => (a!.shape.length < 2 ? a! : g.op('ReduceMean', [a, g.integers([1])], { keepdims: 1 })),
    (g, [a]) => (a!.shape.length < 2 ? a! : g.pad(a!, [0, 1], [0, -1])),
    (g, [a], size) => {
      if (a!.shape[1] !== 4) return a!
      const random = new Random(size)
      const data = Array.from({ length: 16 }, () => random.normal())
      const options = { alpha: attribute(size), transB: size > 1 ? 1 : 0 }
      return g.op('Gemm', [a, double(g, [4, 4], data), double(g, [4], data.slice(0, 4))], options)
    },
  ]
  const steps = fc.array(
    fc.tuple(
      fc.nat(STEPS.length - 1),
      fc.tuple(fc.nat(), fc.nat(), fc.nat()),
      fc.double({ min: 0, max: 2, noNaN: true }),
    ),
    { minLength: 1, maxLength: 12 },
  )
  const numbers = fc.array(
    fc.oneof(fc.double({ min: -4, max: 4, noNaN: true }), fc.constantFrom(0, 1, -1, 1e3, -1e3, 1e-3, 0.5)),
    { minLength: 12, maxLength: 12 },
  )

  test('in double precision', async () => {
    const property = fc.asyncProperty(
      steps,
      fc.array(numbers, { minLength: 4, maxLength: 4 }),
      async (steps, inputs) => {
        const g = new GraphBuilder('any')
        const values = [g.input('z', 'float64', shape), double(g, shape, inputs[0]!), double(g, [], [0.5])]
        for (const [step, operands, size] of steps) {
          // Recent values are read most often.
          const read = operands.map((each) => values.at(-1 - (each % Math.min(values.length, 4)))!)
          values.push(STEPS[step]!(g, read, size))
        }
        const last = g.output('y', g.op('Identity', [values.at(-1)!]))
        const graph = g.graph()
        const all = {
          ...graph,
          outputs: graph.nodes
            .map(({ outputs: [name] }) => g.value(name!))
            .filter(({ type }) => type === 'float64'),
        }
        expect(all.outputs.map(({ name }) => name)).toContain(last.name)
        const boundsOf = boundsIn(graph)
        const program = await engine.load(all)
        for (const data of inputs) {
          const results = await program.run({ z: { type: 'float64', shape, data: Float64Array.from(data) } })
          for (const { name } of all.outputs) {
            const [least, most] = boundsOf(name)
            const data = results[name]!.data as Float64Array
            // Results after a number so large that its rounding alone moves others are not checked, nor are
            // infinite ones.
            if (!data.every((value) => Math.abs(value) < 1e6)) break
            for (const value of data) {
              // Roundings add up to a share of what is added and taken away again; a wrong bound is far off.
              expect(value, name).toBeGreaterThanOrEqual(least - 1e-3 * Math.max(1, Math.abs(least)))
              expect(value, name).toBeLessThanOrEqual(most + 1e-3 * Math.max(1, Math.abs(most)))
            }
          }
        }
        await program.release()
      },
    )
    await fc.assert(property, { numRuns: 300 })
  })
})
