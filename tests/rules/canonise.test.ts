import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { GraphBuilder, type Value } from '../../src/graph/builder.ts'
import type { Operator } from '../../src/graph/operators.ts'
import { float32, type Graph } from '../../src/graph/types.ts'
import { verify } from '../../src/graph/verify.ts'
import { canonise } from '../../src/rules/canonise/canonise.ts'
import { drawn, expectClose } from './layer.ts'
import { plain, plainForward } from './plainGraph.ts'

type Build = (g: GraphBuilder, x: Value, random: Random) => Value | Value[]

function build(shape: readonly number[], make: Build): Graph {
  const g = new GraphBuilder('canonise')
  const x = g.input('x', 'float32', shape)
  const outputs = [make(g, x, new Random('canonise'))].flat()
  outputs.forEach((value, k) => {
    g.output(`y${k}`, value)
  })
  return g.graph()
}

/** The operators of a graph after canonising, which must not change what it computes. */
function canonised(graph: Graph): Operator[] {
  const after = canonise(graph)
  verify(after)
  const random = new Random('x')
  const { shape } = graph.inputs[0]!
  const x = plain(shape.map(Number), drawn(shape.map(Number), random).data)
  const [expected, actual] = [plainForward(graph, { x }), plainForward(after, { x })]
  expect(after.outputs).toEqual(graph.outputs)
  for (const { name } of graph.outputs) {
    expect(actual.get(name)!.shape).toEqual(expected.get(name)!.shape)
    expectClose(actual.get(name)!.data, expected.get(name)!.data, 1e-5)
  }
  return after.nodes.map(({ op }) => op)
}

function conv(
  g: GraphBuilder,
  x: Value,
  random: Random,
  options: object = {},
  bias = true,
  filters = 4,
): Value {
  const { group = 1, kernel = [3, 3], ...attributes } = options as { group?: number; kernel?: number[] }
  const weights = g.constant(drawn([filters, Number(x.shape[1]) / group, ...kernel], random), 'w')
  const biases = bias ? g.constant(drawn([filters], random), 'b') : undefined
  return g.op('Conv', [x, weights, biases], { group, ...attributes }, 'conv')
}

function batchNorm(g: GraphBuilder, x: Value, random: Random): Value {
  const channels = Number(x.shape[1])
  const parameters = ['scale', 'shift', 'mean', 'variance'].map((name) => {
    const draw = () => (name === 'variance' ? random.uniform(0.5, 2) : random.normal())
    return g.constant(drawn([channels], random, draw), name)
  })
  return g.op('BatchNormalization', [x, ...parameters], {}, 'norm')
}

const constant = (g: GraphBuilder, shape: number[], random: Random) => g.constant(drawn(shape, random), 'c')
const padded = { pads: [1, 1, 1, 1] }
const PICTURE = [1, 2, 5, 4]

describe('merged, with the same function', () => {
  const cases: Record<string, [shape: number[], make: Build, left: Operator[]]> = {
    'Conv, BN': [PICTURE, (g, x, r) => batchNorm(g, conv(g, x, r, padded), r), ['Conv']],
    'Conv without a bias, BN': [
      PICTURE,
      (g, x, r) => batchNorm(g, conv(g, x, r, padded, false), r),
      ['Conv'],
    ],
    'Conv in groups, BN': [PICTURE, (g, x, r) => batchNorm(g, conv(g, x, r, { group: 2 }), r), ['Conv']],
    'Conv, BN, added to the input of both': [
      [1, 4, 5, 4],
      (g, x, r) => g.add(batchNorm(g, conv(g, x, r, padded), r), x),
      ['Conv', 'Add'],
    ],
    'BN, Conv without padding': [
      PICTURE,
      (g, x, r) => conv(g, batchNorm(g, x, r), r, { strides: [2, 1] }),
      ['Conv'],
    ],
    'BN, Conv in groups': [PICTURE, (g, x, r) => conv(g, batchNorm(g, x, r), r, { group: 2 }), ['Conv']],
    'BN, Conv, BN': [PICTURE, (g, x, r) => batchNorm(g, conv(g, batchNorm(g, x, r), r), r), ['Conv']],
    'Gemm, BN': [[1, 3], (g, x, r) => batchNorm(g, g.op('Gemm', [x, constant(g, [3, 4], r)]), r), ['Gemm']],
    'transposed Gemm, BN': [
      [1, 3],
      (g, x, r) => {
        const weights = [constant(g, [4, 3], r), constant(g, [4], r)]
        return batchNorm(g, g.op('Gemm', [x, ...weights], { transB: 1 }), r)
      },
      ['Gemm'],
    ],
    'BN, Gemm either way': [
      [1, 3],
      (g, x, r) => {
        const first = g.op('Gemm', [batchNorm(g, x, r), constant(g, [4, 3], r)], { transB: 1 })
        return g.op('Gemm', [
          batchNorm(g, g.op('Relu', [first]), r),
          constant(g, [4, 2], r),
          constant(g, [1], r),
        ])
      },
      ['Gemm', 'Relu', 'Gemm'],
    ],
    'MatMul, Add of a bias on either side': [
      [1, 3],
      (g, x, r) => {
        const first = g.add(g.matmul(x, constant(g, [3, 4], r)), constant(g, [4], r))
        return g.add(constant(g, [1, 2], r), g.matmul(g.op('Relu', [first]), constant(g, [4, 2], r)))
      },
      ['Gemm', 'Relu', 'Gemm'],
    ],
    'MatMul to a single number, Add of its bias': [
      [1, 3],
      (g, x, r) => g.add(g.matmul(x, constant(g, [3, 1], r)), constant(g, [1], r)),
      ['Gemm'],
    ],
    "Caffe's BatchNorm and Scale as other programs write them": [
      PICTURE,
      (g, x, r) => {
        const normalised = g.div(
          g.sub(conv(g, x, r), constant(g, [4, 1, 1], r)),
          constant(g, [1, 4, 1, 1], r),
        )
        return g.add(g.mul(constant(g, [4, 1, 1], r), normalised), constant(g, [4, 1, 1], r))
      },
      ['Conv'],
    ],
    'one number for all channels, before and behind': [
      PICTURE,
      (g, x, r) => g.mul(conv(g, g.div(x, g.scalar(255)), r), g.scalar(0.3)),
      ['Conv'],
    ],
    'zeros around a picture': [
      PICTURE,
      (g, x, r) => conv(g, g.pad(x, [0, 0, 1, 2], [0, 0, 0, 1]), r, { strides: [2, 1], pads: [0, 1, 1, 0] }),
      ['Conv'],
    ],
  }
  test.each(Object.entries(cases))('%s', (_, [shape, make, left]) => {
    expect(canonised(build(shape, make))).toEqual(left)
  })

  test('any chain of convolutions, scales and shifts keeps its function', () => {
    const step = fc.constantFrom('conv', 'padded', 'grouped', 'norm', 'mul', 'sub', 'relu', 'scalar', 'pad')
    fc.assert(
      fc.property(fc.array(step, { minLength: 2, maxLength: 6 }), (steps) => {
        const graph = build([1, 4, 13, 13], (g, x, r) =>
          steps.reduce(
            (v, name) =>
              ({
                conv: () => conv(g, v, r),
                padded: () => conv(g, v, r, padded),
                grouped: () => conv(g, v, r, { group: 2, kernel: [1, 2] }),
                norm: () => batchNorm(g, v, r),
                mul: () => g.mul(v, constant(g, [4, 1, 1], r)),
                sub: () => g.sub(v, constant(g, [1, 4, 1, 1], r)),
                relu: () => g.op('Relu', [v]),
                scalar: () => g.add(g.scalar(0.7), v),
                pad: () => g.pad(v, [0, 0, 0, 1], [0, 0, 1, 0]),
              })[name](),
            x,
          ),
        )
        canonised(graph)
      }),
      { numRuns: 60, seed: 5 },
    )
  })

  test('a shift and a bias that are large beside their sum do not lose it', () => {
    const graph = build([1, 1, 1, 1], (g, x) => {
      const one = (value: number) => g.constant(float32([1], [value]))
      const y = g.op('Conv', [x, g.constant(float32([1, 1, 1, 1], [1])), one(1000)])
      return g.op('BatchNormalization', [y, one(1), one(0), one(999.9), one(1e-12)], { epsilon: 0 })
    })
    const { initializers, nodes } = canonise(graph)
    // Single precision stores both as 1e9, give or take 60.
    const exact = (1000 - Math.fround(999.9)) / Math.sqrt(Math.fround(1e-12))
    expect(initializers.get(nodes[0]!.inputs[2]!)!.data[0]).toBe(Math.fround(exact))
  })
})

describe('left alone', () => {
  const cases: Record<string, [shape: number[], make: Build, left: Operator[]]> = {
    'BN before a padded Conv': [
      PICTURE,
      (g, x, r) => conv(g, batchNorm(g, x, r), r, padded),
      ['BatchNormalization', 'Conv'],
    ],
    'BN behind a Conv that others read': [
      PICTURE,
      (g, x, r) => {
        const y = conv(g, x, r)
        return g.add(batchNorm(g, y, r), g.op('Relu', [y]))
      },
      ['Conv', 'BatchNormalization', 'Relu', 'Add'],
    ],
    'a Conv that is an output itself': [
      PICTURE,
      (g, x, r) => {
        const y = conv(g, x, r)
        return [y, batchNorm(g, y, r)]
      },
      ['Conv', 'BatchNormalization'],
    ],
    'a BN that is an output itself': [
      PICTURE,
      (g, x, r) => {
        const y = batchNorm(g, x, r)
        return [y, conv(g, y, r)]
      },
      ['BatchNormalization', 'Conv'],
    ],
    'BN behind a ReLU': [
      PICTURE,
      (g, x, r) => batchNorm(g, g.op('Relu', [conv(g, x, r)]), r),
      ['Conv', 'Relu', 'BatchNormalization'],
    ],
    'one number a column, not a channel': [
      [1, 4, 4, 4],
      (g, x, r) => g.mul(conv(g, x, r, padded), constant(g, [4], r)),
      ['Conv', 'Mul'],
    ],
    'a number a channel for a layer of one channel': [
      PICTURE,
      (g, x, r) => g.add(conv(g, x, r, padded, true, 1), constant(g, [3, 1, 1], r)),
      ['Conv', 'Add'],
    ],
    'a number a channel that repeats one channel': [
      [1, 1, 5, 4],
      (g, x, r) => conv(g, g.sub(x, constant(g, [3, 1, 1], r)), r),
      ['Sub', 'Conv'],
    ],
    'a number that is less a layer': [
      PICTURE,
      (g, x, r) => g.sub(constant(g, [4, 1, 1], r), conv(g, x, r)),
      ['Conv', 'Sub'],
    ],
    'a Gemm that is more than an inner product': [
      [1, 3],
      (g, x, r) => g.add(g.op('Gemm', [x, constant(g, [3, 4], r)], { alpha: 2 }), constant(g, [4], r)),
      ['Gemm', 'Add'],
    ],
    'a border that is no zero': [
      PICTURE,
      (g, x, r) => conv(g, g.op('Pad', [x, g.integers([0, 0, 1, 1, 0, 0, 1, 1]), g.scalar(2)]), r),
      ['Pad', 'Conv'],
    ],
    'a picture that is cut': [
      PICTURE,
      (g, x, r) => conv(g, g.pad(x, [0, 0, -1, 0], [0, 0, 0, 0]), r),
      ['Pad', 'Conv'],
    ],
    'a border that others see': [
      PICTURE,
      (g, x, r) => {
        const y = g.pad(x, [0, 0, 1, 1], [0, 0, 1, 1])
        return [conv(g, y, r), g.op('Relu', [y])]
      },
      ['Pad', 'Conv', 'Relu'],
    ],
  }
  // The judge's Gemm is a plain inner product, so the more general one is only inspected.
  test.each(Object.entries(cases))('%s', (name, [shape, make, left]) => {
    const graph = build(shape, make)
    const after = name.startsWith('a Gemm') ? canonise(graph).nodes.map(({ op }) => op) : canonised(graph)
    expect(after).toEqual(left)
  })
})
