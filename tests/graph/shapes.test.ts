import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { nodeEngine } from '../../src/engine/node.ts'
import { GraphBuilder, type Value } from '../../src/graph/builder.ts'
import { float32, int64, sizeOf } from '../../src/graph/types.ts'

/** ONNX Runtime's shape for a node, and the inferred one. */
async function both(shape: number[], build: (g: GraphBuilder, x: Value) => Value) {
  const g = new GraphBuilder('shape')
  const y = g.output('y', build(g, g.input('x', 'float32', shape)))
  const program = await (await nodeEngine({ threads: 1 })).load(g.graph())
  const data = Float32Array.from({ length: sizeOf(shape) }, (_, k) => k % 7)
  const result = (await program.run({ x: float32(shape, data) })).y!
  await program.release()
  return { inferred: [...y.shape], actual: [...result.shape], data: result.data }
}

const small = (low: number, high: number) => fc.integer({ min: low, max: high })

describe('inferred shapes are those that ONNX Runtime computes', () => {
  test.each(['ReduceSum', 'ReduceMean', 'ReduceMax'] as const)('%s over axes, and over none', async (op) => {
    for (const keepdims of [0, 1]) {
      for (const noop_with_empty_axes of [0, 1]) {
        for (const axes of [undefined, [], [-1], [2, 0]]) {
          const { inferred, actual } = await both([2, 3, 4], (g, x) =>
            g.op(op, [x, axes && g.integers(axes)], { keepdims, noop_with_empty_axes }),
          )
          expect(inferred, `${axes} ${keepdims} ${noop_with_empty_axes}`).toEqual(actual)
        }
      }
    }
  })

  test('Conv and its transposed', async () => {
    const property = fc.asyncProperty(
      small(1, 3),
      small(8, 20),
      small(8, 20),
      small(1, 4),
      small(1, 3),
      small(0, 2),
      small(1, 2),
      async (channels, height, width, kernel, stride, pad, dilation) => {
        const attributes = {
          strides: [stride, stride],
          pads: [pad, 0, pad, 1],
          dilations: [dilation, dilation],
        }
        const forward = await both([2, channels, height, width], (g, x) =>
          g.op('Conv', [x, g.constant(float32([5, channels, kernel, kernel]))], attributes),
        )
        expect(forward.inferred).toEqual(forward.actual)
        const back = await both([2, channels, height, width], (g, x) =>
          g.op('ConvTranspose', [x, g.constant(float32([channels, 5, kernel, kernel]))], attributes),
        )
        expect(back.inferred).toEqual(back.actual)
      },
    )
    await fc.assert(property, { numRuns: 25 })
  })

  test('pooling, rounding down and up', async () => {
    const property = fc.asyncProperty(
      small(5, 30),
      small(5, 30),
      small(1, 4),
      small(1, 4),
      small(0, 1),
      fc.constantFrom(0, 1),
      async (height, width, kernel, stride, pad, ceil) => {
        fc.pre(pad < kernel)
        for (const op of ['MaxPool', 'AveragePool'] as const) {
          const { inferred, actual } = await both([1, 2, height, width], (g, x) =>
            g.op(op, [x], {
              kernel_shape: [kernel, kernel],
              strides: [stride, stride],
              pads: [pad, pad, pad, pad],
              ceil_mode: ceil,
            }),
          )
          expect(inferred, op).toEqual(actual)
        }
      },
    )
    await fc.assert(property, { numRuns: 40 })
  })

  test('Slice with any start, end and step', async () => {
    const property = fc.asyncProperty(
      small(1, 12),
      small(-15, 15),
      small(-15, 15),
      fc.constantFrom(-3, -1, 1, 2),
      async (size, start, end, step) => {
        const { inferred, actual } = await both([2, size], (g, x) => g.slice(x, { 1: [start, end, step] }))
        expect(inferred).toEqual(actual)
      },
    )
    await fc.assert(property, { numRuns: 60 })
  })

  test.each<[string, number[], (g: GraphBuilder, x: Value) => Value]>([
    ['Reshape with 0 and −1', [2, 3, 4], (g, x) => g.reshape(x, [0, -1])],
    ['Flatten', [2, 3, 4], (g, x) => g.op('Flatten', [x])],
    ['Transpose', [2, 3, 4], (g, x) => g.transpose(x, [2, 0, 1])],
    ['Pad', [2, 3], (g, x) => g.pad(x, [0, 1], [2, 0])],
    ['Concat', [2, 3], (g, x) => g.concat([x, x, x], -1)],
    ['broadcast', [2, 1, 4], (g, x) => g.add(x, g.constant(float32([3, 1])))],
    ['MatMul of stacks', [5, 2, 3], (g, x) => g.matmul(x, g.constant(float32([3, 4])))],
    ['ReduceSum keeping', [2, 3, 4], (g, x) => g.reduceSum(x, [0, 2], true)],
    ['ReduceSum dropping', [2, 3, 4], (g, x) => g.reduceSum(x, [-1], false)],
    ['Expand', [3, 1], (g, x) => g.op('Expand', [x, g.integers([2, 1, 4])])],
    [
      'Where of single numbers',
      [],
      (g, x) => g.op('Where', [g.op('Greater', [x, g.scalar(1)]), x, g.scalar(0)]),
    ],
    ['LRN', [1, 6, 2, 2], (g, x) => g.op('LRN', [x], { size: 5 })],
  ])('%s', async (_, shape, build) => {
    const { inferred, actual } = await both(shape, build)
    expect(inferred).toEqual(actual)
  })
})

test('a named dimension is carried through a reshape and back', () => {
  const g = new GraphBuilder('open')
  const x = g.input('x', 'float32', ['batch', 3, 4])
  const flat = g.reshape(x, [-1])
  expect(flat.shape).toEqual(['batch*12'])
  expect(g.op('Reshape', [flat, g.op('Shape', [x])]).shape).toEqual(['batch', 3, 4])
  expect(g.reshape(x, [0, -1]).shape).toEqual(['batch', 12])
  const crops = g.reshape(x, [-1, 2])
  expect(crops.shape).toEqual(['batch*6', 2])
  expect(g.reshape(crops, [-1, 3, 4]).shape).toEqual(['batch', 3, 4])
})

test('mismatched shapes give an error that names the node', () => {
  const g = new GraphBuilder('misfit')
  const x = g.input('x', 'float32', [2, 3])
  expect(() => g.op('MatMul', [x, x], {}, 'product')).toThrow(
    'node product (MatMul): inner dimensions differ: 3 and 2',
  )
})

describe('an axis that the input lacks gives an error', () => {
  const lacking: Record<string, (g: GraphBuilder, x: Value) => Value> = {
    Softmax: (g, x) => g.op('Softmax', [x], { axis: 2 }),
    LogSoftmax: (g, x) => g.op('LogSoftmax', [x], { axis: -3 }),
    Flatten: (g, x) => g.op('Flatten', [x], { axis: 3 }),
    CumSum: (g, x) => g.op('CumSum', [x, g.constant(int64([], [2]))]),
    OneHot: (g, x) => {
      const values = g.constant(float32([2], [0, 1]))
      return g.op('OneHot', [x, g.constant(int64([], [3])), values], { axis: 3 })
    },
    ScatterElements: (g, x) => g.op('ScatterElements', [x, g.constant(int64([1, 1], [0])), x], { axis: 2 }),
    'Transpose, twice': (g, x) => g.op('Transpose', [x], { perm: [0, 0] }),
    'Transpose, beyond': (g, x) => g.op('Transpose', [x], { perm: [0, 2] }),
  }
  test.each(Object.entries(lacking))('%s', (_, build) => {
    const g = new GraphBuilder('lacking')
    expect(() => build(g, g.input('x', 'float32', [2, 3]))).toThrow(
      /is outside a shape of \d dimensions|does not name each axis once/,
    )
  })
})
