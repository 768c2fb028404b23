import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import type { GraphBuilder, Value } from '../../src/graph/builder.ts'
import { float32 } from '../../src/graph/types.ts'
import { drawn, expectClose, expectJudged, explain, layer } from './layer.ts'
import { plain } from './plainGraph.ts'
import type { PlainOptions } from './plainRelevance.ts'

// How relevance passes what lies between the linear layers: pooling, sums, products, normalisation, moves.

const SHAPE = [1, 3, 7, 6]
type Options = Omit<PlainOptions, 'rule' | 'gates'>
type Build = (g: GraphBuilder, x: Value) => Value

function options(given: Options & { gates?: readonly string[] }) {
  const { gates: _, ...ofTheComposite } = given
  return {
    composite: { name: 'test', layers: [{ rule: 'epsilon' as const, epsilon: 0 }], ...ofTheComposite },
    judge: { rule: () => ({ rule: 'epsilon' as const, epsilon: 0, bias: true }), ...given },
  }
}

function inputOf(
  seed: number | string,
  draw: (random: Random) => number = (random) => random.uniform(-2, 2),
) {
  const random = new Random(seed)
  return plain(SHAPE, drawn(SHAPE, random, () => draw(random)).data)
}

async function expectPassed(build: Build, given: Options & { gates?: readonly string[] }, x = inputOf('x')) {
  const { composite, judge } = options(given)
  return expectJudged(layer(SHAPE, build), composite, judge, x, new Random('amounts'))
}

/** The relevance of x if every output has relevance 1, and the rows of the report. */
async function passedOnes(build: Build, x = inputOf('x'), given: Options = {}) {
  const graph = layer(SHAPE, build)
  const { composite } = options(given)
  const classes = Number(graph.outputs[0]!.shape[1])
  return explain(graph, { ...composite, start: 'one' }, x, Array<number>(classes).fill(1))
}

/**
 * A window of any shape that fits 7 × 6 pixels, with smaller padding. If sizes are rounded up, it
 * never begins beyond the picture: dropped windows have their own test.
 */
const pooling = fc
  .record({
    kernel_shape: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
    strides: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
    pads: fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 4, maxLength: 4 }),
    dilations: fc.tuple(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 1, max: 2 })),
    ceil_mode: fc.constantFrom(0, 1),
  })
  .filter(({ kernel_shape, pads }) => pads.every((pad, k) => pad < kernel_shape[k % 2]!))
  .filter(
    ({ kernel_shape, strides, pads, ceil_mode }) =>
      ceil_mode === 0 || [0, 1].every((k) => pads[k + 2] === 0 && strides[k]! <= kernel_shape[k]!),
  )

describe('max pooling', () => {
  test.each(['first', 'equal', 'proportional'] as const)(
    '%s: windows of any shape, with ties',
    async (maxPool) => {
      await fc.assert(
        fc.asyncProperty(pooling, fc.integer({ min: 0, max: 1e6 }), async (window, seed) => {
          // Whole numbers tie often; all above zero, so that no sum is near zero beside its parts.
          const x = inputOf(seed, (random) => 1 + random.integer(4))
          const { expected } = await expectPassed((g, v) => g.op('MaxPool', [v], window), { maxPool }, x)
          expect(expected.data.some((value) => value !== 0)).toBe(true)
        }),
        { numRuns: 40, seed: 3 },
      )
    },
  )

  test('a window that would begin beyond the picture is dropped', async () => {
    const window = { kernel_shape: [1, 1], strides: [4, 4], ceil_mode: 1 }
    for (const maxPool of ['first', 'equal', 'proportional'] as const) {
      const { expected } = await expectPassed((g, x) => g.op('MaxPool', [x], window), { maxPool })
      expect(expected.data.filter((value) => value !== 0).length).toBe(3 * 2 * 2)
    }
    await expectPassed((g, x) => g.op('AveragePool', [x], window), {})
  })

  test('in proportion, a window of zeros has nobody to give to, which the report lists under epsilon', async () => {
    const build: Build = (g, x) => g.op('MaxPool', [x], { kernel_shape: [7, 6] }, 'pool')
    const { map, rows } = await passedOnes(build, plain(SHAPE), { maxPool: 'proportional' })
    expect(map.every((value) => value === 0)).toBe(true)
    expect(rows).toEqual([
      {
        layer: 'pool',
        operator: 'MaxPool',
        rule: 'proportional',
        in: 3,
        out: 0,
        bias: 0,
        epsilon: 3,
        padding: 0,
      },
    ])
  })
})

describe('means and sums share in proportion', () => {
  test('average pooling with windows of any shape, counting the padding or not', async () => {
    await fc.assert(
      fc.asyncProperty(
        pooling,
        fc.constantFrom(0, 1),
        async ({ dilations: _, ...window }, count_include_pad) => {
          const x = inputOf('average', (random) => random.uniform(0.1, 2))
          await expectPassed((g, v) => g.op('AveragePool', [v], { ...window, count_include_pad }), {}, x)
        },
      ),
      { numRuns: 40, seed: 4 },
    )
  })

  const cases: Record<string, Build> = {
    'global average pooling': (g, x) => g.op('GlobalAveragePool', [x]),
    'the mean over the picture': (g, x) => g.op('ReduceMean', [x, g.integers([2, 3])], { keepdims: 0 }),
    'a sum of two branches': (g, x) => g.add(g.op('Relu', [x]), g.op('Sigmoid', [x])),
    'a sum of a picture and a number a channel': (g, x) => g.add(x, g.op('GlobalAveragePool', [x])),
    'a sum of three': (g, x) => g.op('Sum', [x, g.op('Sigmoid', [x]), g.op('Tanh', [x])]),
  }
  const positive = inputOf('sums', (random) => random.uniform(0.1, 2))
  test.each(Object.entries(cases))('%s', async (_, build) => {
    await expectPassed(build, {}, positive)
  })
  test.each(Object.entries(cases).slice(2))('%s, in equal shares', async (_, build) => {
    await expectPassed(build, { add: 'equal' }, positive)
  })

  test('what cancels has nobody to give to', async () => {
    const { map, rows } = await passedOnes((g, x) => g.add(x, g.op('Neg', [x], {}, 'minus')))
    expect(Math.max(...map.map(Math.abs))).toBeLessThan(1e-20)
    expect(rows[0]).toMatchObject({ layer: 'Add', rule: 'proportional', in: 126, epsilon: 126 })
  })

  const constants: Record<string, Build> = {
    'x + c': (g, x) => g.add(x, g.scalar(-0.5)),
    'c + x': (g, x) => g.add(g.constant(drawn([3, 1, 1], new Random(1))), x),
    'x − c': (g, x) => g.sub(x, g.scalar(3)),
    'c − x': (g, x) => g.sub(g.scalar(3), x),
    'x · c': (g, x) => g.mul(x, g.scalar(-3)),
    'x / c': (g, x) => g.div(x, g.scalar(-3)),
    'c / x': (g, x) => g.div(g.scalar(3), x),
    'the larger of x and 0': (g, x) => g.op('Max', [x, g.scalar(0)]),
    'the smaller of 6 and x': (g, x) => g.op('Min', [g.scalar(6), x]),
  }
  test.each(Object.entries(constants))('beside a constant, x gets everything: %s', async (_, build) => {
    const { map } = await passedOnes(build)
    expect(map.every((value) => value === 1)).toBe(true)
  })

  test('beside a larger constant, x gets the sum over its repetitions', async () => {
    const larger = (g: GraphBuilder) => g.constant(drawn([1, 3, 7, 6], new Random(2)))
    for (const op of ['Add', 'Sub', 'Mul', 'Div'] as const) {
      const { map } = await passedOnes((g, x) => g.op(op, [larger(g), g.op('GlobalMaxPool', [x])]))
      expect(map.filter((value) => value !== 0)).toEqual(Float32Array.of(42, 42, 42))
    }
  })
})

describe('products', () => {
  const gated: Record<string, Build> = {
    'a sigmoid of x itself (SiLU)': (g, x) => g.mul(x, g.op('Sigmoid', [x], {}, 'gate')),
    'a gate on the left': (g, x) => g.mul(g.op('HardSigmoid', [x], {}, 'gate'), x),
    'a hard swish as other programs write it': (g, x) => {
      const clipped = g.op('Clip', [g.add(x, g.scalar(3)), g.scalar(0), g.scalar(6)])
      return g.mul(x, g.op('Div', [clipped, g.scalar(6)], {}, 'gate'))
    },
    'a number a channel that is not bounded': (g, x) => g.mul(g.op('GlobalMaxPool', [x], {}, 'gate'), x),
    'a number a channel beside a picture that is bounded itself': (g, x) => {
      const bounded = g.op('Clip', [x, g.scalar(0), g.scalar(6)])
      const gate = g.op('Sigmoid', [g.op('GlobalAveragePool', [x])], {}, 'gate')
      return g.mul(bounded, gate)
    },
  }
  test.each(Object.entries(gated))('the gate gets nothing: %s', async (_, build) => {
    await expectPassed(build, { gates: ['gate'] })
    const { map } = await passedOnes(build)
    expect(map.every((value) => value === 1)).toBe(true)
  })

  test.each<[string, Build]>([
    [
      'part of what several gates are worked out in',
      (g, x) => g.mul(x, g.slice(g.op('Sigmoid', [g.concat([x, x], 1)]), { 1: [0, 3] })),
    ],
    [
      'a comparison',
      (g, x) => g.mul(g.op('Cast', [g.op('Greater', [x, g.scalar(0)])], { to: 'float32' }), x),
    ],
  ])('a gated product gives the gate nothing: %s', async (_, build) => {
    const { map } = await passedOnes(build)
    expect(map.every((value) => value === 1)).toBe(true)
  })

  test('two values, neither of them a gate, take half each', async () => {
    await expectPassed((g, x) => g.mul(g.op('Relu', [x]), g.op('LeakyRelu', [x])), {})
  })
})

describe('normalisation', () => {
  const lrn: Build = (g, x) => g.op('LRN', [x], { size: 3, alpha: 0.5, beta: 0.75, bias: 1.5 }, 'norm')
  const wide: Build = (g, x) => g.op('LRN', [x], { size: 5, alpha: 0.5, beta: 0.6 })
  // No denominator near zero: if the neighbours damp everything, first order says nothing.
  const far = inputOf('lrn', (random) => (random.chance(0.5) ? 1 : -1) * random.uniform(0.5, 1))

  test('local response normalisation passes on, or shares by its first-order expansion', async () => {
    const { expected } = await expectPassed(lrn, { lrn: 'pass' })
    expect(expected.data.every((value) => value > 0)).toBe(true)
    for (const build of [lrn, wide]) {
      const { rows } = await expectPassed(build, { lrn: 'taylor' }, far)
      expect(rows[0]).toMatchObject({ operator: 'LRN', rule: 'taylor' })
      expect(Math.abs(rows[0]!.in - rows[0]!.out)).toBeLessThan(1e-4 * Math.abs(rows[0]!.in))
    }
  })

  test('the expansion passes on everything of a lone channel; neighbours damp it', async () => {
    const alone = plain(
      SHAPE,
      Array.from({ length: 126 }, (_, k) => (k < 42 ? 1 : 0)),
    )
    expectClose(
      (await passedOnes(lrn, alone, { lrn: 'taylor' })).map.subarray(0, 42),
      Array(42).fill(1),
      1e-6,
    )
    const both = plain(
      SHAPE,
      Array.from({ length: 126 }, (_, k) => (k < 42 ? 1 : k < 84 ? 0.5 : 0)),
    )
    const { expected } = await expectPassed(lrn, { lrn: 'taylor' }, both)
    expect(Math.abs(expected.data[0]!)).not.toBeCloseTo(1, 2)
  })

  const batchNorm: Build = (g, x) => {
    const random = new Random('batchNorm')
    const parameters = ['scale', 'shift', 'mean', 'variance'].map((name) => {
      const draw = () => (name === 'variance' ? random.uniform(0.5, 2) : random.normal())
      return g.constant(drawn([3], random, draw), name)
    })
    return g.op('BatchNormalization', [x, ...parameters], { epsilon: 0.01 }, 'norm')
  }
  test('a remaining batch normalisation passes on, or leaves the shift its share', async () => {
    await expectPassed(batchNorm, { batchNorm: 'pass' })
    const { rows } = await expectPassed(batchNorm, { batchNorm: 'magnitude' })
    expect(rows[0]).toMatchObject({ operator: 'BatchNormalization', rule: 'magnitude' })
    expect(rows[0]!.bias).toBeGreaterThan(0)
  })
})

describe('what only moves elements', () => {
  test('a border of zeros keeps what arrives there, which the report lists under padding', async () => {
    const build: Build = (g, x) => g.op('Relu', [g.pad(x, [0, 0, 1, 2], [0, 0, 0, 1])])
    const { rows } = await expectPassed(build, {})
    expect(rows).toMatchObject([{ layer: 'Pad', rule: 'pass', bias: 0, epsilon: 0 }])
    expect(rows[0]!.padding).toBeGreaterThan(0)
  })

  test('a constant beside the picture keeps what arrives there, which the report lists under bias', async () => {
    const beside = (g: GraphBuilder) => g.constant(float32([1, 1, 7, 6]), 'coordinates')
    const { map, rows } = await passedOnes((g, x) => g.concat([x, beside(g)], 1))
    expect(map.every((value) => value === 1)).toBe(true)
    expect(rows).toMatchObject([{ operator: 'Concat', in: 168, out: 126, bias: 42 }])
    const seen = Uint8Array.from({ length: 6 }, (_, column) => column % 2)
    const chosen = await passedOnes((g, x) =>
      g.op('Where', [g.constant({ type: 'bool', shape: [6], data: seen }, 'seen'), x, g.scalar(0)]),
    )
    expect(chosen.rows[0]!.bias).toBe(chosen.map.filter((value) => value === 0).length)
    expect(chosen.rows[0]!.bias).toBe(63)
  })

  test('an integer picture has fractional relevance', async () => {
    const { map } = await passedOnes((g, x) => {
      const whole = g.op('Cast', [x], { to: 'float64' })
      return g.op('Cast', [whole], { to: 'float32' })
    })
    expect(map.every((value) => value === 1)).toBe(true)
  })
})
