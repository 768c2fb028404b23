import { describe, expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import type { Tensors } from '../../src/engine/engine.ts'
import { computeConstants } from '../../src/engine/lowering/constants.ts'
import { lower } from '../../src/engine/lowering/lower.ts'
import { rules } from '../../src/engine/lowering/webgpu.ts'
import { nodeEngine } from '../../src/engine/node.ts'
import { GraphBuilder, type Value } from '../../src/graph/builder.ts'
import type { AttributesOf } from '../../src/graph/operators.ts'
import { float32, type Graph, sizeOf } from '../../src/graph/types.ts'
import { verify } from '../../src/graph/verify.ts'
import { composites } from '../../src/rules/composites/presets.ts'
import { scatterToPositions } from '../../src/rules/pooling.ts'
import { relevance } from '../../src/rules/relevance/relevance.ts'
import { livelyNetwork } from '../networks/lively.ts'
import { expectClose } from '../rules/layer.ts'
import { cases } from './conformance/cases.ts'

const engine = await nodeEngine({ threads: 1 })

/** Small whole numbers: many are equal, and their sums are exact in any order. */
function whole(shape: readonly number[], seed = 'whole') {
  const random = new Random(seed)
  return float32(
    shape,
    Float32Array.from({ length: sizeOf(shape) }, () => random.integer(4) - 1),
  )
}

async function run(graph: Graph, feeds: Tensors): Promise<Tensors> {
  verify(graph)
  const program = await engine.load(graph)
  const results = await program.run(feeds)
  await program.release()
  return results
}

/** A graph of one input, x. */
function graphOf(shape: readonly (number | string)[], build: (g: GraphBuilder, x: Value) => Value): Graph {
  const g = new GraphBuilder('case')
  g.output('y', build(g, g.input('x', 'float32', shape)))
  return g.graph()
}

/** A pooling that sends what arrives at its outputs to the first maxima, for several explanations of each picture. */
function pooling(
  batch: number,
  arrivals: number,
  size: readonly [number, number],
  attributes: Partial<AttributesOf<'MaxPool'>>,
) {
  const g = new GraphBuilder('pooling')
  const x = g.input('x', 'float32', [batch, 2, ...size])
  const [y, positions] = g.ops('MaxPool', 2, [x], attributes) as [Value, Value]
  const shape = [arrivals, ...y.shape.slice(1).map(Number)]
  g.output('y', y)
  g.output('sent', scatterToPositions(g, x, positions, g.input('s', 'float32', shape)))
  return { graph: g.graph(), feeds: { x: whole([batch, 2, ...size]), s: whole(shape, 'arrived') } }
}

describe('max pooling without positions sends to the first maximum, bit for bit', () => {
  const kernel = (k: number, s: number) => ({ kernel_shape: [k, k], strides: [s, s] })
  test.each<[string, Parameters<typeof pooling>]>([
    ['windows side by side', [2, 2, [6, 8], kernel(2, 2)]],
    ['windows that overlap', [2, 2, [9, 9], kernel(3, 2)]],
    ['windows that overlap and hang over the edges', [1, 1, [7, 6], { ...kernel(3, 1), pads: [1, 1, 1, 1] }]],
    ['windows that leave a rest', [1, 1, [8, 7], kernel(3, 3)]],
    ['sizes rounded up', [1, 1, [8, 6], { ...kernel(3, 2), ceil_mode: 1 }]],
    [
      'holes and sides of their own',
      [1, 1, [9, 8], { kernel_shape: [2, 3], strides: [2, 1], dilations: [2, 1], pads: [1, 0, 0, 2] }],
    ],
    ['three explanations of one picture', [1, 3, [7, 7], kernel(3, 2)]],
  ])('%s', async (_, given) => {
    const { graph, feeds } = pooling(...given)
    const { graph: lowered, onCpu } = lower(graph, 'webgpu')
    expect(lowered.nodes.map(({ op }) => op)).not.toContain('ScatterElements')
    expect(onCpu).toEqual([])
    expect(await run(lowered, feeds)).toEqual(await run(graph, feeds))
  })
})

test('positions that are read in another way stay, and run on the CPU', async () => {
  const g = new GraphBuilder('positions')
  const x = g.input('x', 'float32', [1, 1, 4, 4])
  const [y, positions] = g.ops('MaxPool', 2, [x], { kernel_shape: [2, 2] }, 'pool') as [Value, Value]
  g.output('y', y)
  g.output('at', positions)
  expect(lower(g.graph(), 'webgpu').onCpu).toEqual(['pool'])
})

describe('each rule applies, and gives the same bits', () => {
  const x = whole([2, 6, 5, 5])
  const weights = whole([4, 6, 3, 3], 'weights')
  const applied: Record<Exclude<keyof typeof rules, 'maxPool' | 'lrn'>, Graph> = {
    conv: graphOf(x.shape, (g, x) => g.op('Conv', [x, g.constant(weights)])),
    padding: graphOf(x.shape, (g, x) =>
      g.op('Conv', [x, g.constant(whole([4, 6, 1, 1])), g.constant(whole([4]))], { pads: [0, 0, 2, 1] }),
    ),
    groups: graphOf(x.shape, (g, x) => {
      const six = [g.constant(whole([12, 3, 3, 3])), g.constant(whole([12]))]
      const y = g.op('Conv', [x, ...six], { group: 2 })
      const one = [g.constant(whole([12, 1, 3, 3])), g.constant(whole([6]))]
      return g.op('ConvTranspose', [y, ...one], { group: 6 })
    }),
    slice: graphOf(x.shape, (g, x) => g.slice(x, { 1: [-1, -100, -1], 2: [1, 4], 3: [3, 0, -2] })),
    oneHot: graphOf(['batch', 150], (g, x) =>
      g.op('OneHot', [
        g.op('ArgMax', [x], { axis: 1, keepdims: 0 }),
        g.integers([150]),
        g.constant(float32([2], [0, 1])),
      ]),
    ),
    sum: graphOf(x.shape, (g, x) => g.sum([x, g.mul(x, x), x])),
    dropout: graphOf(x.shape, (g, x) => g.op('Dropout', [x])),
    omitted: graphOf(x.shape, (g, x) => g.op('Conv', [x, g.constant(weights), undefined])),
  }
  test.each(Object.entries(applied))('%s', async (rule, graph) => {
    const lowered = rules[rule as keyof typeof applied](graph)
    expect(lowered.nodes).not.toEqual(graph.nodes)
    const feeds = { x: rule === 'oneHot' ? whole([2, 150]) : x }
    expect(await run(lowered, feeds)).toEqual(await run(graph, feeds))
  })
})

describe('what follows from weights is computed as ONNX Runtime folds it, bit for bit', () => {
  test.each(['paper', 'epsilon-plus-flat', 'epsilon-gamma-box'] as const)(
    'by the composite %s',
    async (name) => {
      const { graph } = relevance(livelyNetwork(51, 3), composites[name], {
        range: { low: [-130], high: [140] },
      })
      const computed = computeConstants(graph)
      const constants = new Set(computed.initializers.keys())
      expect(computed.nodes.filter(({ inputs }) => inputs.every((input) => constants.has(input)))).toEqual([])
      const feeds = { images: whole([1, 3, 51, 51]), target: float32([1, 3], [1, 0, 0]) }
      expect(await run(computed, feeds)).toEqual(await run(graph, feeds))
    },
  )
})

describe('what every engine must compute is the same after lowering', () => {
  const all = Object.values(cases).flatMap((members) => Object.entries(members))
  test.each(all)('%s', async (_, make) => {
    const { graph, feeds } = make()
    const { graph: lowered, onCpu } = lower(graph, 'webgpu')
    expect(onCpu).toEqual([])
    expect(lowered.nodes.filter(({ op }) => ['LRN', 'Sum', 'ScatterElements'].includes(op))).toEqual([])
    const [actual, expected] = [await run(lowered, feeds), await run(graph, feeds)]
    expect(Object.keys(actual)).toEqual(Object.keys(expected))
    for (const [name, { data }] of Object.entries(expected)) {
      expectClose(Array.from(actual[name]!.data, Number), Array.from(data, Number), 1e-5)
    }
  })
})
