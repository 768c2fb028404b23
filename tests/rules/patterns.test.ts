import { describe, expect, test } from 'vitest'
import { nodeEngine } from '../../src/engine/node.ts'
import type { Node } from '../../src/graph/operators.ts'
import { float32, type Graph } from '../../src/graph/types.ts'
import { verify } from '../../src/graph/verify.ts'
import { canonise } from '../../src/rules/canonise.ts'
import type { Composite } from '../../src/rules/composites/composite.ts'
import { type CompositeName, composites } from '../../src/rules/composites/presets.ts'
import { CONSERVATION_COLUMNS } from '../../src/rules/relevance/conservation.ts'
import { type RelevanceOptions, relevance } from '../../src/rules/relevance/relevance.ts'
import { expectClose } from './layer.ts'
import { CLASSES, patterns, pictures, RANGE, SIZE } from './patterns.ts'
import { plainCutGradient, plainGradient } from './plainGradient.ts'
import { type Plain, plain, plainForward } from './plainGraph.ts'
import { type PlainRule, plainRelevance } from './plainRelevance.ts'
import { oneHot } from './targets.ts'

const BATCH = 2
const TARGETS = [1, 2]
const AREA = 3 * SIZE * SIZE
const engine = nodeEngine({ threads: 1 })
const images = pictures(BATCH)

/** The rules that each preset gives, as the papers and zennit's documentation have them. */
const presets: Record<string, (node: Node, first: boolean) => PlainRule> = (() => {
  const epsilon = (value: number): PlainRule => ({ rule: 'epsilon', epsilon: value, bias: true })
  const alphaBeta = (alpha: number, beta: number, stabiliser: number): PlainRule => ({
    rule: 'alpha-beta',
    alpha,
    beta,
    epsilon: stabiliser,
    bias: true,
  })
  const gamma: PlainRule = { rule: 'gamma', gamma: 0.25, epsilon: 1e-6, bias: true }
  const flat: PlainRule = { rule: 'flat' }
  const box: PlainRule = { rule: 'z-box', ...RANGE, epsilon: 1e-6 }
  const excitation: PlainRule = { rule: 'alpha-beta', alpha: 1, beta: 0, epsilon: 0, bias: false }
  const on = (convolution: PlainRule, first = convolution, inner = epsilon(1e-6)) => {
    return ({ op }: Node, isFirst: boolean) => (isFirst ? first : op === 'Conv' ? convolution : inner)
  }
  return {
    paper: on(alphaBeta(2, -1, 0), flat, epsilon(0.01)),
    epsilon: on(epsilon(1e-6)),
    'epsilon-plus': on(alphaBeta(1, 0, 1e-6)),
    'epsilon-plus-flat': on(alphaBeta(1, 0, 1e-6), flat),
    'epsilon-alpha2-beta1': on(alphaBeta(2, -1, 1e-6)),
    'epsilon-alpha2-beta1-flat': on(alphaBeta(2, -1, 1e-6), flat),
    'epsilon-gamma-box': on(gamma, box),
    excitation: () => excitation,
  }
})()

const names = Object.keys(composites) as CompositeName[]

describe.each(Object.entries(patterns))('%s', (pattern, make) => {
  const { graph, gates } = make()
  const canonical = canonise(graph)
  const judged = Array.from({ length: BATCH }, (_, n) => {
    const picture = plain([1, 3, SIZE, SIZE], images.data.subarray(n * AREA, (n + 1) * AREA))
    return { picture, values: plainForward(canonical, { images: picture }) }
  })
  const oneClass = (target: number, value: number) =>
    plain(
      [1, CLASSES],
      Array.from({ length: CLASSES }, (_, k) => (k === target ? value : 0)),
    )

  test('the judge finds the outputs that the network has, before and after canonising', async () => {
    const program = await engine.load(graph)
    const { logits } = await program.run({ images })
    await program.release()
    const expected = judged.flatMap(({ values }) => [...values.get('logits')!.data])
    expectClose(logits!.data as Float32Array, expected, 1e-5)
    const before = judged.flatMap(({ picture }) => [
      ...plainForward(graph, { images: picture }).get('logits')!.data,
    ])
    expectClose(expected, before, 1e-5)
  })

  test('batch normalisation is merged where a layer stands before it, and only there', () => {
    const left = canonical.nodes.filter(({ op }) => op === 'BatchNormalization').map(({ name }) => name)
    const concatenated = ['layer1.bn1', 'layer2.bn1', 'bn', 'bnLast']
    expect(left).toEqual(pattern === 'dense' ? concatenated : [])
  })

  test('gives the map that the judge gives with the other options, too', async () => {
    const options = { maxPool: 'equal', lrn: 'taylor', add: 'equal', batchNorm: 'magnitude' } as const
    const layers = [{ rule: 'epsilon', epsilon: 0.1 } as const]
    const { map } = await explained(graph, { name: 'options', layers, ...options }, {}, BATCH, TARGETS)
    judged.forEach(({ values }, n) => {
      const logit = values.get('logits')!.data[TARGETS[n]!]!
      const start = { name: 'logits', relevance: oneClass(TARGETS[n]!, logit) }
      const rule = (): PlainRule => ({ rule: 'epsilon', epsilon: 0.1, bias: true })
      const expected = plainRelevance(canonical, values, start, { rule, gates, ...options }).get('images')!
      expectClose(map.subarray(n * AREA, (n + 1) * AREA), expected.data, 1e-4)
    })
  })

  describe.each(names)('%s', (name) => {
    const rule = presets[name]
    const first = canonical.nodes.find(({ op }) => op === 'Conv')!.name
    const startOf = (n: number) =>
      name === 'excitation' ? 1 : judged[n]!.values.get('logits')!.data[TARGETS[n]!]!

    test('gives the map that the judge gives, and leaves the outputs as they are', async () => {
      const { map, logits } = await explained(graph, name, {}, BATCH, TARGETS)
      const expected = judged.map(({ picture, values }, n) => {
        const weights = oneClass(TARGETS[n]!, 1)
        if (rule) {
          const start = { name: 'logits', relevance: oneClass(TARGETS[n]!, startOf(n)) }
          const batchNorm = name === 'excitation' ? 'pass' : 'proportional'
          const options = { rule: (node: Node) => rule(node, node.name === first), gates, batchNorm } as const
          return plainRelevance(canonical, values, start, options).get('images')!
        }
        if (name === 'guided-backprop' || name === 'deconvnet') {
          return plainCutGradient(canonical, 'images', picture, { name: 'logits', weights }, name)
        }
        const logit = (moved: Plain) =>
          plainForward(canonical, { images: moved }).get('logits')!.data[TARGETS[n]!]!
        const slopes = plainGradient(picture, logit)
        return name === 'gradient'
          ? slopes
          : plain(
              slopes.shape,
              slopes.data.map((v, k) => v * picture.data[k]!),
            )
      })
      expectClose(
        logits,
        judged.flatMap(({ values }) => [...values.get('logits')!.data]),
        1e-5,
      )
      judged.forEach((_, n) => {
        expect(Math.max(...expected[n]!.data.map(Math.abs))).toBeGreaterThan(1e-4)
        expectClose(map.subarray(n * AREA, (n + 1) * AREA), expected[n]!.data, 1e-4)
      })
    })

    // The gradient and its relatives conserve nothing.
    if (name in presets)
      test('accounts for all relevance, layer by layer', async () => {
        const { map, rows, table } = await explained(graph, name, { conservation: true }, BATCH, TARGETS)
        const [inn, out, ...kept] = CONSERVATION_COLUMNS.map((_, c) => c) as [number, number, ...number[]]
        for (let n = 0; n < BATCH; n++) {
          const at = (row: number, column: number) =>
            table[(n * rows.length + row) * CONSERVATION_COLUMNS.length + column]!
          const most = Math.max(...rows.map((_, row) => Math.abs(at(row, inn))))
          let lost = 0
          rows.forEach(({ layer }, row) => {
            const stayed = kept.reduce((sum, column) => sum + at(row, column), 0)
            expect(Math.abs(at(row, inn) - at(row, out) - stayed) / most, layer).toBeLessThan(1e-5)
            lost += stayed
          })
          expect(rows[0]!.layer).toBe('classifier')
          expect(Math.abs(at(0, inn) - startOf(n)) / most).toBeLessThan(1e-5)
          const sum = map.subarray(n * AREA, (n + 1) * AREA).reduce((a, b) => a + b, 0)
          expect(Math.abs(at(0, inn) - lost - sum) / most).toBeLessThan(1e-5)
        }
      })

    test('does not depend on the batch, nor on sharing one forward pass, nor on the run', async () => {
      const together = await explained(graph, name, {}, BATCH, TARGETS)
      const again = await explained(graph, name, {}, BATCH, TARGETS)
      expect(again.map).toEqual(together.map)
      for (let n = 0; n < BATCH; n++) {
        const part = float32([1, 3, SIZE, SIZE], images.data.subarray(n * AREA, (n + 1) * AREA))
        const alone = await explained(graph, name, {}, 1, [TARGETS[n]!], part)
        expectClose(alone.map, together.map.subarray(n * AREA, (n + 1) * AREA), 1e-5)
        const shared = await explained(graph, name, { onePicture: true }, 1, [0, TARGETS[n]!, 2], part)
        expectClose(shared.map.subarray(AREA, 2 * AREA), alone.map, 1e-5)
      }
    })
  })
})

async function explained(
  graph: Graph,
  composite: CompositeName | Composite,
  options: RelevanceOptions,
  batch: number,
  targets: readonly number[],
  input = images,
) {
  const complete = typeof composite === 'string' ? composites[composite] : composite
  const { graph: explaining, rows } = relevance(graph, complete, { range: RANGE, ...options })
  verify(explaining)
  const program = await engine.load(explaining)
  expect(input.shape[0]).toBe(batch)
  const results = await program.run({ images: input, target: oneHot(targets, CLASSES) })
  await program.release()
  return {
    map: results.relevance!.data as Float32Array,
    logits: results.logits!.data as Float32Array,
    rows,
    table: (results.conservation?.data ?? []) as Float32Array,
  }
}
