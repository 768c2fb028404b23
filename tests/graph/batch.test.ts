import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { nodeEngine } from '../../src/engine/node.ts'
import { fixInput, openBatch } from '../../src/graph/batch.ts'
import { GraphBuilder, type Value } from '../../src/graph/builder.ts'
import { float32, type Graph, type Tensor } from '../../src/graph/types.ts'
import { verify } from '../../src/graph/verify.ts'
import { numbers } from './import/model.ts'

const fixed = (shape: number[], build: (g: GraphBuilder, x: Value) => Value) => {
  const g = new GraphBuilder('fixed')
  g.output('y', build(g, g.input('x', 'float32', shape)))
  return g.graph()
}

async function run(graph: Graph, x: Tensor): Promise<Tensor> {
  const program = await (await nodeEngine({ threads: 1 })).load(graph)
  const { y } = await program.run({ x })
  await program.release()
  return y!
}

/** Pictures `start` to `end` of a batch. */
function rows({ shape, data }: Tensor, start: number, end: number): Tensor {
  const size = data.length / shape[0]!
  return float32([end - start, ...shape.slice(1)], (data as Float32Array).slice(start * size, end * size))
}

/** For three times as many pictures, the opened graph gives what the graph gives for each third. */
async function expectApart(graph: Graph, open: Graph): Promise<void> {
  verify(open)
  const [count, ...picture] = graph.inputs[0]!.shape.map(Number) as [number, ...number[]]
  const pictures = numbers(3 * count, ...picture)
  const together = await run(open, pictures)
  for (let k = 0; k < 3; k++) {
    const apart = await run(graph, rows(pictures, k * count, (k + 1) * count))
    const part = rows(together, k * count, (k + 1) * count)
    expect(part.shape).toEqual(apart.shape)
    apart.data.forEach((value, i) => {
      expect(Number(part.data[i])).toBeCloseTo(Number(value), 5)
    })
  }
}

/** Steps of a chain, some of which mix pictures. They are made for three dimensions and may fit others. */
const STEPS: Readonly<Record<string, (g: GraphBuilder, x: Value) => Value>> = {
  relu: (g, x) => g.op('Relu', [x]),
  shift: (g, x) => g.add(x, g.constant(numbers(1, 2, 3))),
  row: (g, x) => g.mul(x, g.constant(numbers(3))),
  turn: (g, x) => g.transpose(x, [1, 0, 2]),
  swap: (g, x) => g.transpose(x, [0, 2, 1]),
  turned: (g, x) => g.add(x, g.transpose(x, [2, 1, 0])),
  self: (g, x) => g.matmul(x, g.transpose(x, [0, 2, 1])),
  others: (g, x) => g.matmul(g.transpose(x, [1, 0, 2]), g.transpose(x, [1, 2, 0])),
  flat: (g, x) => g.reshape(x, [1, -1]),
  rows: (g, x) => g.reshape(x, [2, 3]),
  pictures: (g, x) => g.reshape(x, [1, 2, 3]),
  softmaxFirst: (g, x) => g.op('Softmax', [x], { axis: 0 }),
  softmaxLast: (g, x) => g.op('Softmax', [x]),
  sumFirst: (g, x) => g.reduceSum(x, [0], true),
  sumSecond: (g, x) => g.reduceSum(x, [1], true),
  runFirst: (g, x) => g.op('CumSum', [x, g.integers([0])]),
  runLast: (g, x) => g.op('CumSum', [x, g.integers([-1])]),
  up: (g, x) => moved(g, x, 0),
  along: (g, x) => moved(g, x, 1),
  pool: (g, x) => g.reshape(g.op('GlobalMaxPool', [g.op('Unsqueeze', [x, g.integers([3])])]), [1, 2, 1]),
  largest: (g, x) => g.op('Gather', [x, g.op('ArgMax', [x], { axis: 2, keepdims: 0 })], { axis: 2 }),
  first: (g, x) => g.slice(x, { 1: [0, 1] }),
  both: (g, x) => g.concat([x, x], 1),
}

/** Moved by one place along an axis. */
function moved(g: GraphBuilder, x: Value, along: number): Value {
  const by = x.shape.map((_, axis) => (axis === along ? 1 : 0))
  return g.pad(
    x,
    by,
    by.map((count) => -count),
  )
}

/** A step, or the unchanged value if the step does not fit it. */
function tried(step: (g: GraphBuilder, x: Value) => Value, g: GraphBuilder, x: Value): Value {
  try {
    return step(g, x)
  } catch {
    return x
  }
}

const conv = (g: GraphBuilder, x: Value) => g.op('Conv', [x, g.constant(numbers(4, 2, 3, 3))])

describe('a graph for a fixed number of pictures', () => {
  test.each<[string, number, number[], (g: GraphBuilder, x: Value) => Value]>([
    ['layers', 1, [2, 6, 6], (g, x) => g.op('Relu', [conv(g, x)])],
    [
      'a flattening that spells it out',
      1,
      [2, 6, 6],
      (g, x) => g.matmul(g.reshape(conv(g, x), [1, -1]), g.constant(numbers(64, 3))),
    ],
    [
      'the same for two pictures',
      2,
      [2, 6, 6],
      (g, x) => g.matmul(g.reshape(conv(g, x), [2, 64]), g.constant(numbers(64, 3))),
    ],
    [
      'channels that are shuffled',
      1,
      [2, 6, 6],
      (g, x) => g.reshape(g.transpose(g.reshape(conv(g, x), [1, 2, 2, 4, 4]), [0, 2, 1, 3, 4]), [1, 4, 4, 4]),
    ],
    [
      'pixels that become rows and pictures again',
      2,
      [2, 3, 3],
      (g, x) => {
        const pixels = g.reshape(g.transpose(x, [0, 2, 3, 1]), [18, 2])
        return g.reshape(g.matmul(pixels, g.constant(numbers(2, 5))), [2, 9, 5])
      },
    ],
    [
      'a batch that is carried elsewhere and back',
      1,
      [3, 4],
      (g, x) => g.transpose(g.op('Relu', [g.transpose(x, [1, 0, 2])]), [1, 0, 2]),
    ],
    ['constants of one row', 1, [3], (g, x) => g.add(x, g.constant(numbers(1, 3)))],
    [
      'a sum over no axes that means none',
      1,
      [3],
      (g, x) => g.op('ReduceSum', [x], { noop_with_empty_axes: 1 }),
    ],
    ['sums within a picture', 1, [3, 4], (g, x) => g.reduceSum(g.op('Softmax', [x]), [1], false)],
  ])('is opened: %s', async (_, count, picture, build) => {
    const graph = fixed([count, ...picture], build)
    const open = openBatch(graph)
    expect(open.inputs[0]!.shape).toEqual(['batch', ...picture])
    expect(open.outputs[0]!.shape).toEqual(['batch', ...graph.outputs[0]!.shape.slice(1)])
    await expectApart(graph, open)
  })

  test('any chain of operators, once opened, treats each picture separately', async () => {
    const step = fc.constantFrom(...Object.keys(STEPS))
    let opened = 0
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 5 }), async (steps) => {
        const graph = fixed([1, 2, 3], (g, x) => steps.reduce((v, name) => tried(STEPS[name]!, g, v), x))
        const open = openBatch(graph)
        if (open === graph) return
        opened++
        await expectApart(graph, open)
      }),
      { numRuns: 250, seed: 7 },
    )
    expect(opened).toBeGreaterThan(50)
  })

  test.each<[string, number[], (g: GraphBuilder, x: Value) => Value]>([
    ['a softmax over pictures', [2, 3], (g, x) => g.op('Softmax', [x], { axis: 0 })],
    ['a mean that is taken off', [1, 3, 4], (g, x) => g.sub(x, g.op('ReduceMean', [x]))],
    ['a sum over pictures', [1, 3], (g, x) => g.add(x, g.reduceSum(x, [0], true))],
    ['a sum over no axes, which means all', [1, 3], (g, x) => g.add(x, g.reduceSum(x, [], true))],
    ['constants of several rows', [2, 3], (g, x) => g.add(x, g.constant(numbers(2, 3)))],
    ['a token put before each', [1, 5, 4], (g, x) => g.concat([g.constant(numbers(1, 1, 4)), x], 1)],
    ['pictures that are put together', [1, 3], (g, x) => g.concat([x, x], 0)],
    ['pictures times pictures', [1, 3], (g, x) => g.matmul(g.transpose(x, [1, 0]), x)],
    [
      'rows that are one picture’s no more',
      [1, 3, 4],
      (g, x) => g.reshape(g.transpose(x, [1, 0, 2]), [3, 4]),
    ],
    ['a batch that is squeezed away', [1, 3], (g, x) => g.op('Squeeze', [x, g.integers([0])])],
    ['a picture that is picked', [2, 3], (g, x) => g.op('Gather', [x, g.integers([1])])],
    ['every picture times every other', [1, 3], (g, x) => g.matmul(x, g.transpose(x, [1, 0]))],
    ['the same as an inner product', [1, 3], (g, x) => g.op('Gemm', [x, x], { transB: 1 })],
    ['every picture beside every other', [1, 1], (g, x) => g.add(x, g.transpose(x, [1, 0]))],
    [
      'every picture looked up by every other',
      [1, 3],
      (g, x) => g.op('Gather', [x, g.op('ArgMax', [x], { axis: 1 })], { axis: 1 }),
    ],
    ['sums that run on through the pictures', [2, 3], (g, x) => g.op('CumSum', [x, g.integers([0])])],
    ['pictures that move up by a place', [2, 3], (g, x) => g.pad(x, [1, 0], [-1, 0])],
    [
      'positions that count through the pictures',
      [1, 1, 2, 2],
      (g, x) => g.ops('MaxPool', 2, [x], { kernel_shape: [2, 2] })[1]!,
    ],
  ])('is left as it is: %s', (_, shape, build) => {
    const graph = fixed(shape, build)
    expect(openBatch(graph)).toBe(graph)
  })

  test('is left as it is if it is already open', () => {
    const open = openBatch(fixed([1, 3], (g, x) => g.op('Relu', [x])))
    expect(openBatch(open)).toBe(open)
  })
})

describe('open sizes', () => {
  const graph = () => {
    const g = new GraphBuilder('open')
    const x = g.input('x', 'float32', ['batch', 'length', 4])
    g.output('y', g.op('Reshape', [g.op('Relu', [x]), g.op('Shape', [x])]))
    return g.graph()
  }

  test('are fixed, and what follows from them is computed', () => {
    const given = fixInput(graph(), { length: 5 })
    expect(given.inputs[0]!.shape).toEqual(['batch', 5, 4])
    expect(given.outputs[0]!.shape).toEqual(['batch', 5, 4])
    expect(fixInput(given, { batch: 2 }).nodes.map(({ op }) => op)).toEqual(['Relu', 'Reshape'])
  })

  test('that no input has, or that are not sizes, are errors', () => {
    expect(() => fixInput(graph(), { width: 5 })).toThrow(
      /no input has a dimension called width.*x \[batch, length, 4\]/,
    )
    for (const length of [0, -1, 2.5, Number.NaN])
      expect(() => fixInput(graph(), { length })).toThrow(/of dimension length is not a positive integer/)
  })

  test.each(['__proto__', 'constructor', 'toString'])('may be called %s', (name) => {
    const g = new GraphBuilder('odd')
    g.output('y', g.op('Relu', [g.input('x', 'float32', [name, 4])]))
    expect(fixInput(g.graph(), {}).outputs[0]!.shape).toEqual([name, 4])
  })
})
