import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest'
import { nodeEngine } from '../../src/engine/node.ts'
import { type Explainer, loadExplainer } from '../../src/explanation/explain.ts'
import { METHODS, type Method, NAMED_METHODS } from '../../src/explanation/methods.ts'
import { fixInput } from '../../src/graph/batch.ts'
import { completed } from '../../src/rules/composites/composite.ts'
import { composites } from '../../src/rules/composites/presets.ts'
import { livelyNetwork } from '../networks/lively.ts'
import { distance, randomInput } from './methods/network.ts'

const SIZE = 51
const engine = await nodeEngine({ threads: 1 })
const network = livelyNetwork(SIZE, 3)
const input = randomInput([1, 3, SIZE, SIZE], 'input')

/** Each method, and how many variations of a picture it runs for one target; undefined if a run has all targets. */
const ALL: readonly (readonly [
  name: string,
  method: Method,
  perTarget: number | undefined,
  channels: number,
])[] = [
  ['paper', composites.paper, undefined, 3],
  ['epsilon-gamma-box', composites['epsilon-gamma-box'], undefined, 3],
  ['gradient', composites.gradient, undefined, 3],
  ['guided-backprop', composites['guided-backprop'], undefined, 3],
  ['smoothgrad', { method: 'smoothgrad', samples: 20 }, 20, 3],
  ['integrated-gradients', { method: 'integrated-gradients', steps: 20 }, 22, 3],
  ['grad-cam', { method: 'grad-cam' }, 1, 1],
  // Eleven squares along each side, and the picture itself.
  ['occlusion', { method: 'occlusion', window: 10 }, 101, 1],
  ['lime', { method: 'lime', segments: 12, samples: 30 }, 30, 1],
  ['rise', { method: 'rise', samples: 30, grid: 4 }, 30, 1],
  // Nine squares along each side, each drawn twice.
  ['prediction-difference', { method: 'prediction-difference', window: 11, samples: 2 }, 129, 1],
  ['random', { method: 'random' }, 1, 1],
  ['edges', { method: 'edges' }, 1, 1],
  // The picture with all and with none, and two more for each pair.
  ['kernel-shap', { method: 'kernel-shap', segments: 16, compactness: 1000, samples: 60 }, 62, 1],
]

const load = (method: Method, of = network) =>
  loadExplainer(engine, of, method, { range: { low: [-100], high: [100] } })

/** They need a network with attention: methods/attention.test.ts. */
const OF_ATTENTION = ['attention-rollout', 'gradient-attention']

test('the suite below covers every method in the table', () => {
  const tried = new Set([...ALL.map(([, method]) => method.method ?? 'relevance'), ...OF_ATTENTION])
  expect([...tried].sort()).toEqual(Object.keys(METHODS).sort())
  const others = [
    'smoothgrad',
    'integrated-gradients',
    'grad-cam',
    'occlusion',
    'lime',
    'kernel-shap',
    'rise',
    'prediction-difference',
  ]
  expect(NAMED_METHODS).toEqual([...others, ...OF_ATTENTION, 'random', 'edges'])
})

describe.each(ALL)('explaining by %s', (_, method, perTarget, channels) => {
  let explainer: Explainer
  beforeAll(async () => {
    explainer = await load(method)
  })
  afterAll(() => explainer.release())

  it('has the shape of every explanation', async () => {
    expect([explainer.output, explainer.classes, explainer.shape]).toEqual(['logits', 3, [1, 3, SIZE, SIZE]])
    const explanations = await explainer.explain(input, ['top', 1, { class: 2, minus: 0 }])
    expect(explanations.length).toBe(3)
    for (const { outputs, target, logit, relevance, layers, conservation } of explanations) {
      const { logits, probabilities } = outputs.logits!
      const expected = target.reduce((sum, weight, k) => sum + weight * logits[k]!, 0)
      expect(logit).toBeCloseTo(expected, 6)
      expect(probabilities!.reduce((a, b) => a + b)).toBeCloseTo(1, 6)
      expect([relevance.type, relevance.shape]).toEqual(['float32', [1, channels, SIZE, SIZE]])
      expect(relevance.data.length).toBe(channels * SIZE ** 2)
      expect(relevance.data.every(Number.isFinite)).toBe(true)
      expect([layers, conservation]).toEqual([{}, []])
    }
    expect(explanations.map(({ target }) => [...target])[1]).toEqual([0, 1, 0])
    expect(explanations.map(({ target }) => [...target])[2]).toEqual([-1, 0, 1])
    expect(explanations.some(({ relevance }) => relevance.data.some((value) => value !== 0))).toBe(true)
  })

  it('gives the same bits again, also when reloaded', async () => {
    const [once] = await explainer.explain(input, [1])
    const [again] = await explainer.explain(input, [1])
    const other = await load(method)
    const [anew] = await other.explain(input, [1])
    await other.release()
    expect(again).toEqual(once)
    expect(anew).toEqual(once)
  })

  it('reports progress, up to the end', async () => {
    const told: [number, number][] = []
    await explainer.explain(input, [0, 1], { progress: (...at) => told.push(at) })
    const total = perTarget === undefined ? 1 : 2 * perTarget
    expect(new Set(told.map(([, of]) => of))).toEqual(new Set([total]))
    expect(told.map(([done]) => done)).toEqual([...new Set(told.map(([done]) => done))].sort((a, b) => a - b))
    expect(told.at(-1)).toEqual([total, total])
  })

  it('does not begin if already stopped', async () => {
    const told: number[] = []
    const signal = AbortSignal.abort(new Error('enough'))
    const explaining = explainer.explain(input, [0], { signal, progress: (done) => told.push(done) })
    await expect(explaining).rejects.toThrow('enough')
    expect(told).toEqual([])
  })

  it('explains a network that only takes one picture', async () => {
    const single = await load(method, fixInput(network, { batch: 1 }))
    const [one] = await single.explain(input, [1])
    const [many] = await explainer.explain(input, [1])
    await single.release()
    expect(one!.relevance.shape).toEqual(many!.relevance.shape)
    expect(distance(one!.relevance.data, many!.relevance.data)).toBeLessThan(1e-5)
  })

  it('gives what the table promises, and refuses the rest by name', async () => {
    const name = method.method ?? 'relevance'
    const { gives } = METHODS[name]
    const range = { low: [-100], high: [100] }
    for (const [extra, asked] of [
      ['layers', { layers: ['conv2'] }],
      ['conservation', { conservation: true }],
    ] as const) {
      const loading = loadExplainer(engine, network, method, { range, ...asked })
      if (!gives[extra]) {
        await expect(loading).rejects.toThrow(
          new RegExp(`^the method ${name}: does not give .*These do: relevance`),
        )
        continue
      }
      const able = await loading
      const [explanation] = await able.explain(input, [0])
      await able.release()
      if (extra === 'layers') expect(Object.keys(explanation!.layers)).toEqual(['conv2'])
      else expect(explanation!.conservation.length).toBe(6)
    }
  })
})

describe.each(ALL.filter(([, , perTarget]) => perTarget !== undefined))(
  'explaining by %s, run after run',
  (_, method) => {
    it('stops before its next run, and can explain again afterwards', async () => {
      const explainer = await load(method)
      const controller = new AbortController()
      const told: number[] = []
      const explaining = explainer.explain(input, [0, 1], {
        signal: controller.signal,
        progress(done) {
          told.push(done)
          controller.abort(new Error('enough'))
        },
      })
      await expect(explaining).rejects.toThrow('enough')
      expect(told.length).toBe(1)
      expect(await explainer.explain(input, [0])).toHaveLength(1)
      await explainer.release()
    })
  },
)

test.each(['random', 'edges'] as const)(
  '%s, which is a control, is the same for every class, and says so',
  async (method) => {
    const explainer = await load({ method })
    const [one, other] = await explainer.explain(input, [0, { class: 2, minus: 1 }])
    await explainer.release()
    expect(other!.relevance).toEqual(one!.relevance)
    expect(METHODS[method].title).toMatch(/for comparison: knows nothing about the network$/)
  },
)

describe('the options of a method', () => {
  const none = (method: object) => loadExplainer(engine, network, method as Method)

  it.each([
    [
      'a method that there is not',
      { method: 'saliency' },
      /^saliency: there is no such method\. There are relevance, /,
    ],
    [
      'an option of another method',
      { method: 'occlusion', seed: 3 },
      /^seed: there is no such option\. There are window, stride/,
    ],
    [
      'a number out of its range',
      { method: 'smoothgrad', samples: 0 },
      /^samples: is 0\. Give a whole number from 1/,
    ],
    ['a number that is not whole', { method: 'integrated-gradients', steps: 2.5 }, /^steps: is 2\.5\. /],
    [
      'a number that is none',
      { method: 'smoothgrad', noise: Number.NaN },
      /^noise: is NaN\. Give a number from 0/,
    ],
    ['text for a number', { method: 'occlusion', window: '16' }, /^window: is 16\. /],
    ['a layer that there is not', { method: 'grad-cam', layer: 'conv9' }, /no value called conv9/],
    [
      'a layer without height and width',
      { method: 'grad-cam', layer: 'fc6' },
      /fc6 has no height and width: \[batch, \d+\]/,
    ],
  ])('refuse %s before anything runs', async (_, method, message) => {
    await expect(none(method)).rejects.toThrow(message)
  })

  it('matter: other noise, another layer, larger squares', async () => {
    for (const [one, other] of [
      [
        { method: 'smoothgrad', samples: 4 },
        { method: 'smoothgrad', samples: 4, seed: 'b' },
      ],
      [{ method: 'grad-cam' }, { method: 'grad-cam', layer: 'norm1' }],
      [
        { method: 'occlusion', window: 20 },
        { method: 'occlusion', window: 30, stride: 20 },
      ],
      [
        { method: 'integrated-gradients', steps: 2 },
        { method: 'integrated-gradients', steps: 3 },
      ],
      [
        { method: 'lime', segments: 12, samples: 30 },
        { method: 'lime', segments: 12, samples: 30, kernel: 0.1 },
      ],
      [
        { method: 'kernel-shap', segments: 6 },
        { method: 'kernel-shap', segments: 6, fill: 50 },
      ],
      [
        { method: 'rise', samples: 30 },
        { method: 'rise', samples: 30, probability: 0.2 },
      ],
      [
        { method: 'prediction-difference', window: 20 },
        { method: 'prediction-difference', window: 20, ring: 15 },
      ],
    ] as const) {
      const maps = []
      for (const method of [one, other]) {
        const explainer = await load(method)
        const [explanation] = await explainer.explain(input, [2])
        await explainer.release()
        maps.push(explanation!.relevance.data)
      }
      expect(distance(maps[0]!, maps[1]!), one.method).toBeGreaterThan(1e-3)
    }
  })

  it('have defaults within their ranges; those of a composite are what it means without options', () => {
    for (const { title, source, options } of Object.values(METHODS)) {
      expect(title.length * source.length).toBeGreaterThan(0)
      for (const { default: value, range, choices } of Object.values(options) as {
        default: unknown
        range?: readonly [number, number]
        choices?: readonly unknown[]
      }[]) {
        if (choices) expect(choices).toContain(value)
        if (range && value !== undefined) {
          expect(value).toBeGreaterThanOrEqual(range[0])
          expect(value).toBeLessThanOrEqual(range[1])
        }
      }
    }
    const defaults = (options: object) =>
      Object.fromEntries(Object.entries(options).map(([name, { default: value }]) => [name, value]))
    const {
      name: _,
      method: __,
      layers: ___,
      ...relevance
    } = completed({
      name: 'x',
      method: 'relevance',
      layers: [{ rule: 'flat' }],
    }) as Record<string, unknown>
    expect(defaults(METHODS.relevance.options)).toEqual(relevance)
    expect(completed({ name: 'x', method: 'gradient' })).toMatchObject(defaults(METHODS.gradient.options))
  })
})

test('the documentation lists each method that is not a composite, with its options and their defaults', () => {
  const page = readFileSync(fileURLToPath(new URL('../../docs/explaining.md', import.meta.url)), 'utf8')
  for (const name of NAMED_METHODS) {
    const [row] = page.split('\n').filter((line) => line.startsWith(`| \`${name}\``))
    for (const [option, { default: value }] of Object.entries(METHODS[name].options))
      expect(row, name).toContain(value === undefined ? `\`${option}\`:` : `\`${option}\` ${value}`)
  }
})

test('the explainer loads neither the table nor a method: each loads on first use', () => {
  const src = fileURLToPath(new URL('../../src', import.meta.url))
  const seen = new Set<string>()
  const follow = (file: string) => {
    if (seen.has(file)) return
    seen.add(file)
    for (const [, name] of readFileSync(file, 'utf8').matchAll(
      /^(?:import|export) (?!type\b)[^'"]*?from '(\.[^']+)'/gms,
    ))
      follow(join(file, '..', name!))
  }
  follow(join(src, 'explanation/explain.ts'))
  expect(seen.size).toBeGreaterThan(1)
  expect([...seen].filter((file) => /explanation\/methods(\/|\.ts)/.test(file))).toEqual([])
})
