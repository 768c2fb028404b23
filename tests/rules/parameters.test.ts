import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import type { Engine } from '../../src/engine/engine.ts'
import { nodeEngine } from '../../src/engine/node.ts'
import { type Explanation, loadExplainer, type RuleParameters } from '../../src/explanation/explain.ts'
import { readNpy } from '../../src/formats/npy.ts'
import { readGraph } from '../../src/graph/file.ts'
import { float32, type Graph, type TensorOf } from '../../src/graph/types.ts'
import { verify } from '../../src/graph/verify.ts'
import type { Composite } from '../../src/rules/composites/composite.ts'
import { composites } from '../../src/rules/composites/presets.ts'
import { relevance } from '../../src/rules/relevance/relevance.ts'
import { livelyNetwork } from '../networks/lively.ts'
import { shared } from '../shared.ts'
import { drawn, expectClose, layer } from './layer.ts'
import { patterns, pictures, RANGE } from './patterns.ts'

// Rule parameters set when the graph runs, against the same numbers folded into its weights.

const engine = await nodeEngine({ threads: 1 })

type RulesComposite = Exclude<Composite, { method: 'gradient' }>

/** A composite with other numbers in its rules. */
function withNumbers(composite: RulesComposite, { alpha, gamma, epsilon }: RuleParameters): Composite {
  const layers = composite.layers.map((entry) => {
    if (entry.rule === 'alpha-beta' && alpha !== undefined) return { ...entry, alpha, beta: 1 - alpha }
    if (entry.rule === 'gamma' && gamma !== undefined) return { ...entry, gamma }
    if (entry.rule === 'epsilon' && epsilon !== undefined) return { ...entry, epsilon }
    return entry
  })
  return { ...composite, layers }
}

/** The map and report with folded numbers. */
async function folded(graph: Graph, composite: Composite, input: TensorOf<'float32'>): Promise<Explanation> {
  const explainer = await loadExplainer(engine, graph, composite, { conservation: true, range: RANGE })
  const [explanation] = await explainer.explain(input, ['top'])
  await explainer.release()
  return explanation!
}

/** Expect maps and reports for every set of numbers to be those of the folded graph. */
async function expectFolded(
  graph: Graph,
  composite: RulesComposite,
  input: TensorOf<'float32'>,
  sets: readonly RuleParameters[],
  tolerance: number,
): Promise<void> {
  const explainer = await loadExplainer(engine, graph, composite, {
    conservation: true,
    range: RANGE,
    tunable: true,
  })
  for (const set of sets) {
    const [found] = await explainer.tuned(set).explain(input, ['top'])
    const expected = await folded(graph, withNumbers(composite, set), input)
    const most = Math.max(...expected.conservation.map((row) => Math.abs(row.in)), 1e-30)
    // Where a denominator nearly cancels, the map is large, and so is what rounding in another order changes.
    const size = expected.relevance.data.reduce((sum, value) => sum + Math.abs(value), 0)
    const rounding = tolerance * Math.max(1, size / most)
    expectClose(found!.relevance.data, expected.relevance.data, rounding)
    expect(found!.conservation.map(({ layer, rule }) => [layer, rule])).toEqual(
      expected.conservation.map(({ layer, rule }) => [layer, rule]),
    )
    for (const row of found!.conservation) {
      const left = row.in - row.out - row.bias - row.epsilon - row.padding
      expect(Math.abs(left) / most, row.layer).toBeLessThan(rounding)
    }
  }
  await explainer.release()
}

describe('one layer', () => {
  const rule = fc.constantFrom('alpha-beta', 'gamma', 'epsilon')
  const operator = fc.constantFrom('Conv', 'ConvTranspose', 'Gemm', 'MatMul')

  test('gives the folded layer’s result for any number, inputs of either sign, with and without bias and ε', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          name: rule,
          op: operator,
          alpha: fc.double({ min: 1, max: 5, noNaN: true }),
          gamma: fc.double({ min: 0, max: 1, noNaN: true }),
          epsilon: fc.oneof(
            fc.constant(0),
            fc.double({ min: -9, max: 0, noNaN: true }).map((d) => 10 ** d),
          ),
          stabiliser: fc.constantFrom(0, 1e-6),
          counts: fc.boolean(),
          biased: fc.boolean(),
          positive: fc.boolean(),
          seed: fc.nat(),
        }),
        async ({ name, op, alpha, gamma, epsilon, stabiliser, counts, biased, positive, seed }) => {
          const random = new Random(`layer ${seed}`)
          const isConv = op.startsWith('Conv')
          const shape = isConv ? [1, 3, 6, 6] : [1, 8]
          const graph = layer(shape, (g, x) => {
            const read = positive ? g.op('Relu', [x]) : x
            const weights = g.constant(drawn(isConv ? [3, 3, 3, 3] : [8, 5], random), 'weights')
            const bias = biased ? g.constant(drawn([isConv ? 3 : 5], random), 'bias') : undefined
            if (op === 'MatMul') {
              const product = g.matmul(read, weights)
              return bias ? g.add(product, bias) : product
            }
            return g.op(op as 'Conv', [read, weights, bias], {}, 'layer')
          })
          const options = { epsilon: stabiliser, bias: counts }
          const entries = {
            'alpha-beta': { rule: 'alpha-beta', alpha: 2, beta: -1, ...options },
            gamma: { rule: 'gamma', gamma: 0.25, ...options },
            epsilon: { rule: 'epsilon', epsilon: 0.01, bias: counts },
          } as const
          const composite: RulesComposite = { name: 'one', layers: [entries[name as 'gamma']] }
          const set = { 'alpha-beta': { alpha }, gamma: { gamma }, epsilon: { epsilon } }[name as 'gamma']
          await expectFolded(graph, composite, drawn(shape, random), [set], 1e-5)
        },
      ),
    )
  })
})

describe('networks', () => {
  const random = new Random('numbers')
  /** Numbers as sliders give them, including the ends of their ranges. */
  const sets = (...names: (keyof RuleParameters)[]): RuleParameters[] => {
    const values = {
      alpha: [1, 5, 1 + 4 * random.uniform(0, 1)],
      gamma: [0.05, 1, random.uniform(0.05, 1)],
      epsilon: [1e-9, 1, 10 ** random.uniform(-6, 0)],
    }
    const each = [0, 1, 2].map((k) => Object.fromEntries(names.map((name) => [name, values[name][k]!])))
    // Only one of several numbers: the others stay the composite's.
    return [{}, { [names[0]!]: values[names[0]!][2]! }, ...each]
  }
  const all = ['paper', 'epsilon-plus', 'epsilon-alpha2-beta1', 'epsilon-gamma-box', 'attnlrp-gamma'] as const
  const own: Record<(typeof all)[number], (keyof RuleParameters)[]> = {
    paper: ['alpha', 'epsilon'],
    'epsilon-plus': ['epsilon'],
    'epsilon-alpha2-beta1': ['alpha', 'epsilon'],
    'epsilon-gamma-box': ['gamma', 'epsilon'],
    'attnlrp-gamma': ['gamma'],
  }

  test.each(Object.keys(patterns).flatMap((pattern) => all.map((name) => [pattern, name] as const)))(
    '%s by %s',
    async (pattern, name) => {
      await expectFolded(patterns[pattern]!().graph, composites[name], pictures(1), sets(...own[name]), 1e-5)
    },
  )

  test('AdienceNet', async () => {
    const input = float32(
      [1, 3, 51, 51],
      Float32Array.from({ length: 3 * 51 ** 2 }, () => random.uniform(-130, 150)),
    )
    await expectFolded(livelyNetwork(51, 3), composites.paper, input, sets('alpha', 'epsilon'), 1e-5)
  })

  const attention = join(shared ?? '', 'reference/attention')
  test.skipIf(!existsSync(attention)).each(['vit-fused-opset17', 'convnext-opset17'])('%s', async (model) => {
    const at = (name: string) => join(attention, model, name)
    const { shape, data } = readNpy(readFileSync(at('input.npy')), model)
    const picture = float32(shape, Float32Array.from(data as ArrayLike<number>))
    const graph = readGraph(readFileSync(at('model.onnx')), model)
    await expectFolded(graph, composites['attnlrp-gamma'], picture, sets('gamma'), 1e-5)
  })
})

describe('the graph', () => {
  const network = livelyNetwork(51, 3)

  test('has an input for each of the composite’s numbers, and none if nobody asks', () => {
    const tunable = relevance(network, composites['attnlrp-gamma'], { tunable: true })
    verify(tunable.graph)
    expect(tunable.parameters).toEqual([
      { name: 'gamma', input: 'gamma', value: 0.25 },
      { name: 'gamma', input: 'gamma.1', value: 0.05 },
    ])
    expect(tunable.graph.inputs.map(({ name }) => name)).toEqual(['images', 'target', 'gamma', 'gamma.1'])
    const plain = relevance(network, composites['attnlrp-gamma'])
    expect(plain.parameters).toEqual([])
    expect(plain.graph.inputs.map(({ name }) => name)).toEqual(['images', 'target'])
  })

  test('loads once, whatever is set afterwards', async () => {
    let loaded = 0
    const counting: Engine = {
      ...engine,
      load: (...given) => {
        loaded++
        return engine.load(...given)
      },
    }
    const explainer = await loadExplainer(counting, network, composites.paper, { tunable: true })
    const input = drawn([1, 3, 51, 51], new Random('loaded'))
    const maps = new Set<string>()
    for (const alpha of [1, 1.5, 2, 3]) {
      const [{ relevance: map } = { relevance: input }] = await explainer.tuned({ alpha }).explain(input, [0])
      maps.add(map.data.join())
    }
    await explainer.release()
    expect([loaded, maps.size]).toEqual([1, 4])
  })
})

describe('what cannot be set gives an error', () => {
  const network = livelyNetwork(51, 3)
  const load = (composite: Composite | { method: 'grad-cam' }) =>
    loadExplainer(engine, network, composite, { tunable: true })

  test.each([
    [composites.attnlrp, /composite attnlrp: has no parameters to tune/],
    [composites.gradient, /the method gradient: has no parameters to tune/],
    [{ method: 'grad-cam' } as const, /the method grad-cam: has no parameters to tune/],
  ])('for what lacks such numbers', async (composite, message) => {
    await expect(load(composite)).rejects.toThrow(message)
  })

  test('by its name, and out of its range', async () => {
    const explainer = await load(composites.paper)
    expect(() => explainer.tuned({ gamma: 0.3 })).toThrow(
      /composite paper: has no gamma to set\. It has alpha, epsilon/,
    )
    expect(() => explainer.tuned({ epsilon: -1 })).toThrow(/epsilon must be a number of at least 0, not -1/)
    expect(() => explainer.tuned({ alpha: Number.NaN })).toThrow(/alpha must be a number, not NaN/)
    await explainer.release()
  })
})
