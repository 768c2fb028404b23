import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import type { GraphBuilder, Value } from '../../src/graph/builder.ts'
import { readGraph } from '../../src/graph/file.ts'
import { float32, type Graph } from '../../src/graph/types.ts'
import type { CompositeEntryInput } from '../../src/rules/composites/composite.ts'
import { composites } from '../../src/rules/composites/presets.ts'
import { relevance } from '../../src/rules/relevance/relevance.ts'
import { shared } from '../shared.ts'
import { drawn, expectJudged, layer } from './layer.ts'
import { plain } from './plainGraph.ts'
import type { PlainRule } from './plainRelevance.ts'

// Every rule of a linear layer, on layers of many shapes, against the judge's messages one by one.

/** Rules as composites write them, beside the judge's. */
const rules: Record<string, [entry: CompositeEntryInput, judge: PlainRule]> = {
  epsilon: [
    { rule: 'epsilon', epsilon: 0.1 },
    { rule: 'epsilon', epsilon: 0.1, bias: true },
  ],
  'epsilon without the bias': [
    { rule: 'epsilon', epsilon: 0.1, bias: false },
    { rule: 'epsilon', epsilon: 0.1, bias: false },
  ],
  'alpha-beta 2, -1': alphaBeta(2, -1),
  'alpha-beta 1.5, -0.5': alphaBeta(1.5, -0.5),
  'alpha-beta 0.3, 0.7': alphaBeta(0.3, 0.7),
  'alpha-beta 0, 1': alphaBeta(0, 1),
  'alpha-beta without the bias': alphaBeta(2, -1, { bias: false }),
  'alpha-beta with an epsilon': alphaBeta(2, -1, { epsilon: 0.1 }),
  'z-plus': [{ rule: 'z-plus' }, { rule: 'alpha-beta', alpha: 1, beta: 0, epsilon: 0, bias: true }],
  gamma: [
    { rule: 'gamma', gamma: 0.5, epsilon: 0.01 },
    { rule: 'gamma', gamma: 0.5, epsilon: 0.01, bias: true },
  ],
  'gamma without the bias': [
    { rule: 'gamma', gamma: 0.5, epsilon: 0.1, bias: false },
    { rule: 'gamma', gamma: 0.5, epsilon: 0.1, bias: false },
  ],
  'z-box': [
    { rule: 'z-box', low: -2, high: 3 },
    { rule: 'z-box', low: [-2], high: [3], epsilon: 0 },
  ],
  'z-box a channel': [
    { rule: 'z-box', low: [-2, -3, -2, -4], high: [2, 2, 4, 3] },
    { rule: 'z-box', low: [-2, -3, -2, -4], high: [2, 2, 4, 3], epsilon: 0 },
  ],
  'w-square': [{ rule: 'w-square' }, { rule: 'w-square' }],
  flat: [{ rule: 'flat' }, { rule: 'flat' }],
}

function alphaBeta(
  alpha: number,
  beta: number,
  options: { epsilon?: number; bias?: boolean } = {},
): [CompositeEntryInput, PlainRule] {
  return [
    { rule: 'alpha-beta', alpha, beta, ...options },
    { rule: 'alpha-beta', alpha, beta, epsilon: options.epsilon ?? 0, bias: options.bias ?? true },
  ]
}

const CHANNELS = 4

/** A convolution of any shape that fits a picture of 7 × 6 pixels, padding wider than the kernel too. */
const convolution = fc
  .record({
    kernel: fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 3 })),
    strides: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
    pads: fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 4, maxLength: 4 }),
    dilations: fc.tuple(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 1, max: 2 })),
    group: fc.constantFrom(1, 2, 4),
    filters: fc.constantFrom(4, 8),
    bias: fc.boolean(),
    relu: fc.boolean(),
    seed: fc.integer({ min: 0, max: 1e6 }),
  })
  .filter(({ kernel, pads, dilations }) =>
    [7, 6].every((size, k) => (kernel[k]! - 1) * dilations[k]! + 1 <= size + pads[k]! + pads[k + 2]!),
  )

/** A transposed convolution that turns 4 × 3 pixels into at least one. */
const transposed = fc
  .record({
    kernel: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
    strides: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
    pads: fc.array(fc.integer({ min: 0, max: 1 }), { minLength: 4, maxLength: 4 }),
    dilations: fc.tuple(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 1, max: 2 })),
    output_padding: fc.tuple(fc.integer({ min: 0, max: 2 }), fc.integer({ min: 0, max: 2 })),
    group: fc.constantFrom(1, 2),
    filters: fc.constantFrom(2, 6),
    bias: fc.boolean(),
    seed: fc.integer({ min: 0, max: 1e6 }),
  })
  .filter(({ strides, output_padding }) => output_padding.every((extra, k) => extra < strides[k]!))

type Convolution = typeof convolution extends fc.Arbitrary<infer T> ? T : never

function convolutionGraph({ kernel, bias, relu, filters, seed, ...attributes }: Convolution): Graph {
  const random = new Random(seed)
  return layer([1, CHANNELS, 7, 6], (g, x) => {
    const weights = g.constant(drawn([filters, CHANNELS / attributes.group, ...kernel], random), 'w')
    const biases = bias ? g.constant(drawn([filters], random), 'b') : undefined
    const { strides, pads, dilations, group } = attributes
    const input = relu ? g.op('Relu', [x]) : x
    return g.op('Conv', [input, weights, biases], { strides, pads, dilations, group }, 'layer')
  })
}

function inputOf(shape: readonly number[], seed: number) {
  const random = new Random(`x${seed}`)
  return plain(shape, drawn(shape, random, () => random.uniform(-2, 2)).data)
}

describe.each(Object.entries(rules))('%s', (_, [entry, judge]) => {
  test('of a convolution of any shape', async () => {
    await fc.assert(
      fc.asyncProperty(convolution, async (shape) => {
        const composite = { name: 'test', layers: [entry] }
        const x = inputOf([1, CHANNELS, 7, 6], shape.seed)
        await expectJudged(
          convolutionGraph(shape),
          composite,
          { rule: () => judge },
          x,
          new Random(shape.seed),
        )
      }),
      { numRuns: 25, seed: 1 },
    )
  })

  test('of a transposed convolution of any shape', async () => {
    await fc.assert(
      fc.asyncProperty(transposed, async (shape) => {
        const random = new Random(shape.seed)
        const { kernel, bias, filters, seed, ...attributes } = shape
        const graph = layer([1, CHANNELS, 4, 3], (g, x) => {
          const weights = g.constant(drawn([CHANNELS, filters / attributes.group, ...kernel], random), 'w')
          const biases = bias ? g.constant(drawn([filters], random), 'b') : undefined
          return g.op('ConvTranspose', [x, weights, biases], attributes, 'layer')
        })
        const x = inputOf([1, CHANNELS, 4, 3], seed)
        await expectJudged(graph, { name: 'test', layers: [entry] }, { rule: () => judge }, x, random)
      }),
      { numRuns: 15, seed: 1 },
    )
  })

  test.each(['Gemm', 'Gemm, transposed', 'MatMul'])('of a %s', async (kind) => {
    const random = new Random(kind)
    const graph = layer([1, CHANNELS], (g, x) => {
      const transposed = kind === 'Gemm, transposed'
      const weights = g.constant(drawn(transposed ? [6, CHANNELS] : [CHANNELS, 6], random), 'w')
      if (kind === 'MatMul') return g.matmul(x, weights)
      return g.op('Gemm', [x, weights, g.constant(drawn([6], random), 'b')], { transB: transposed ? 1 : 0 })
    })
    const composite = { name: 'test', layers: [entry] }
    await expectJudged(graph, composite, { rule: () => judge }, inputOf([1, CHANNELS], 1), random)
  })
})

describe('conservation', () => {
  const conserving: CompositeEntryInput[] = [
    { rule: 'flat' },
    { rule: 'simple' },
    { rule: 'z-plus' },
    { rule: 'w-square' },
  ]
  test.each(conserving)('$rule conserves what arrives at a convolution without a bias', async (entry) => {
    const judge: Record<string, PlainRule> = {
      flat: { rule: 'flat' },
      simple: { rule: 'epsilon', epsilon: 0, bias: true },
      'z-plus': { rule: 'alpha-beta', alpha: 1, beta: 0, epsilon: 0, bias: true },
      'w-square': { rule: 'w-square' },
    }
    await fc.assert(
      fc.asyncProperty(convolution, async (shape) => {
        const graph = convolutionGraph({ ...shape, bias: false, relu: false })
        // Everything is positive: no sum is empty, and none is small beside its parts.
        for (const { data } of graph.initializers.values()) {
          ;(data as Float32Array).forEach((v, k) => {
            data[k] = Math.abs(v) + 0.1
          })
        }
        const signed = inputOf([1, CHANNELS, 7, 6], shape.seed)
        const x = plain(
          signed.shape,
          signed.data.map((v) => Math.abs(v) + 0.1),
        )
        const composite = { name: 'test', layers: [entry] }
        const random = new Random(shape.seed)
        const { rows } = await expectJudged(graph, composite, { rule: () => judge[entry.rule]! }, x, random)
        const [row] = rows
        // What arrives at an output whose field lies entirely in the padding has nowhere to go.
        const lost = row!.epsilon + row!.padding
        expect(Math.abs(row!.in - row!.out - lost) / row!.in).toBeLessThan(1e-5)
        if (shape.pads.every((pad) => pad === 0)) expect(Math.abs(lost) / row!.in).toBeLessThan(1e-5)
        expect(row!.bias).toBe(0)
      }),
      { numRuns: 25, seed: 2 },
    )
  })

  test('an output whose field lies in the padding is listed under padding (flat) or epsilon (empty sums)', async () => {
    const graph = layer([1, 1, 2, 2], (g, x) =>
      g.op('Conv', [x, g.constant(drawn([1, 1, 1, 1], new Random(0)))], { pads: [1, 1, 1, 1] }, 'layer'),
    )
    const x = plain([1, 1, 2, 2], [1, 2, 3, 4])
    const random = new Random('padding')
    const flat = await expectJudged(
      graph,
      { name: 'flat', layers: [{ rule: 'flat' }] },
      { rule: () => ({ rule: 'flat' }) },
      x,
      random,
    )
    expect(flat.rows[0]!.padding).toBeGreaterThan(0)
    const wSquare = await expectJudged(
      graph,
      { name: 'w-square', layers: [{ rule: 'w-square' }] },
      { rule: () => ({ rule: 'w-square' }) },
      x,
      random,
    )
    expect(wSquare.rows[0]!.epsilon).toBeGreaterThan(0)
  })
})

describe('the range of z-box', () => {
  const starting = (build: (g: GraphBuilder, x: Value) => Value) =>
    layer([1, 3, 4, 4], (g, x) => {
      const weights = g.constant(drawn([2, 3, 3, 3], new Random('range')), 'w')
      return g.op('Conv', [build(g, x), weights], { pads: [1, 1, 1, 1] }, 'conv')
    })
  const rule = (graph: Graph) => {
    const range = { low: [0, 0, 0], high: [255, 255, 255] }
    const composite = { name: 'box', layers: [{ rule: 'z-box' as const }] }
    return relevance(graph, composite, { range, conservation: true }).rows[0]!.rule
  }

  test("is the input's own", () => {
    expect(rule(starting((_, x) => x))).toBe('z-box(0 0 0, 255 255 255)')
  })

  test('passes through a network’s initial scales and shifts', () => {
    const graph = starting((g, x) => {
      const mean = g.constant(float32([3, 1, 1], [0.25, 0.5, 1]))
      return g.mul(g.scalar(-2), g.sub(g.div(x, g.scalar(255)), mean))
    })
    expect(rule(graph)).toBe('z-box(-1.5 -1 0, 0.5 1 2)')
  })

  test('passes through reordered channels and a subtracted mean picture', () => {
    const graph = starting((g, x) => {
      const turned = g.op(
        'Gather',
        [g.mul(x, g.constant(float32([3, 1, 1], [1, 2, 3]))), g.integers([2, 1, 0])],
        { axis: 1 },
      )
      const picture = float32(
        [3, 4, 4],
        Array.from({ length: 48 }, (_, k) => k),
      )
      return g.sub(turned, g.constant(picture))
    })
    expect(rule(graph)).toBe('z-box(-15 -31 -47, 765 494 223)')
  })

  test.skipIf(!shared)('is known for files that swap channels or subtract a picture inside', () => {
    const read = (name: string) =>
      readGraph(readFileSync(join(shared!, 'cases/models', `${name}.onnx`)), name)
    const range = { low: [0, 10, 20], high: [100, 200, 255] }
    const ruleIn = (graph: Graph) =>
      relevance(graph, composites['epsilon-gamma-box'], { range, conservation: true }).rows.find(
        ({ operator }) => operator === 'Conv',
      )!.rule
    const swapped = read('i_bgr_inside_gather')
    const mean = [...(swapped.initializers.get('mean')!.data as Float32Array)]
    const ends = [range.low, range.high].map((each) => each.toReversed().map((v, k) => v - mean[k]!))
    const shown = (each: number[]) => each.map((v) => Number(v.toPrecision(4))).join(' ')
    expect(ruleIn(swapped)).toBe(`z-box(${ends.map(shown).join(', ')})`)
    expect(ruleIn(read('i_mean_picture'))).toMatch(/^z-box/)
  })

  test('is unknown behind anything else, which the error says', () => {
    const behind = () => rule(starting((g, x) => g.op('Relu', [x])))
    expect(behind).toThrow(
      /layer conv.*regard does not follow how the network transforms its own input.*Give low and high/s,
    )
  })
})
