import { describe, expect, test } from 'vitest'
import { nodeEngine } from '../../src/engine/node.ts'
import type { Node } from '../../src/graph/operators.ts'
import { float32, type Graph } from '../../src/graph/types.ts'
import { verify } from '../../src/graph/verify.ts'
import { canonise } from '../../src/rules/canonise/canonise.ts'
import type { Composite } from '../../src/rules/composites/composite.ts'
import { type CompositeName, composites } from '../../src/rules/composites/presets.ts'
import { CONSERVATION_COLUMNS } from '../../src/rules/relevance/conservation.ts'
import { type RelevanceOptions, relevance } from '../../src/rules/relevance/relevance.ts'
import { allowance, condition } from './condition.ts'
import { expectClose } from './layer.ts'
import { CLASSES, patterns, pictures, RANGE, SIZE } from './patterns.ts'
import { plainCutGradient, plainGradient } from './plainGradient.ts'
import { type Plain, plain, plainForward } from './plainGraph.ts'
import { keeps, presets } from './plainPresets.ts'
import { type PlainRule, plainRelevance } from './plainRelevance.ts'
import { oneHot } from './targets.ts'

// A picture for each class.
const BATCH = 3
const TARGETS = [0, 1, 2]
const AREA = 3 * SIZE * SIZE
const engine = await nodeEngine({ threads: 1 })
const images = pictures(BATCH)

// Without attention, CP-LRP is AttnLRP.
const names = (Object.keys(composites) as CompositeName[]).filter((name) => !name.startsWith('cplrp'))

describe.each(Object.entries(patterns))('%s', (pattern, make) => {
  const { graph, gates, spelt } = make()
  const canonical = canonise(graph)
  const judgedIn = (form: Graph) =>
    Array.from({ length: BATCH }, (_, n) => {
      const picture = plain([1, 3, SIZE, SIZE], images.data.subarray(n * AREA, (n + 1) * AREA))
      return { picture, values: plainForward(form, { images: picture }) }
    })
  const judged = judgedIn(canonical)
  const keeping = canonise(graph, 'keep')
  const judgedKeeping = judgedIn(keeping)
  const slopesOf = judged.map(({ picture }, n) =>
    once(() =>
      plainGradient(picture, (moved) => {
        return plainForward(canonical, { images: moved }).get('logits')!.data[TARGETS[n]!]!
      }),
    ),
  )
  const oneClass = (target: number, value: number) =>
    plain(
      [1, CLASSES],
      Array.from({ length: CLASSES }, (_, k) => (k === target ? value : 0)),
    )

  test('the judge finds the network’s outputs, before and after canonising', async () => {
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

  test('batch normalisation is merged if a layer precedes it, and only then', () => {
    const left = canonical.nodes.filter(({ op }) => op === 'BatchNormalization').map(({ name }) => name)
    const concatenated = ['layer1.bn1', 'layer2.bn1', 'bn', 'bnLast']
    expect(left).toEqual(pattern === 'dense' ? concatenated : [])
  })

  test('gives the judge’s map with the other options too', async () => {
    const options = { maxPool: 'equal', lrn: 'taylor', add: 'equal', batchNorm: 'magnitude' } as const
    const layers = [{ rule: 'epsilon', epsilon: 0.1 } as const]
    const { map } = await explained(graph, { name: 'options', layers, ...options }, {}, BATCH, TARGETS)
    const rule = (): PlainRule => ({ rule: 'epsilon', epsilon: 0.1, bias: true })
    judged.forEach(({ picture }, n) => {
      const judge = (fed: Record<string, Plain>) => {
        const values = plainForward(canonical, fed)
        const logit = values.get('logits')!.data[TARGETS[n]!]!
        const start = { name: 'logits', relevance: oneClass(TARGETS[n]!, logit) }
        return plainRelevance(canonical, values, start, { rule, gates, ...options }).get('images')!
      }
      const tolerance = allowance(condition(canonical, picture, judge))
      expectClose(map.subarray(n * AREA, (n + 1) * AREA), judge({ images: picture }).data, tolerance)
    })
  })

  describe.each(names)('%s', (name) => {
    const form = keeps(name) ? keeping : canonical
    const judgedForm = keeps(name) ? judgedKeeping : judged
    const first = form.nodes.find(({ op }) => op === 'Conv')!.name
    const startsWithOne = name === 'excitation' || !(name in presets)
    const startOf = (n: number) =>
      startsWithOne ? 1 : judgedForm[n]!.values.get('logits')!.data[TARGETS[n]!]!

    /** The map of a picture from the definitions, in double precision. */
    const judgeOf = (n: number) => (fed: Record<string, Plain>) => {
      if (name in presets) {
        const values = plainForward(form, fed)
        const value = name === 'excitation' ? 1 : values.get('logits')!.data[TARGETS[n]!]!
        const start = { name: 'logits', relevance: oneClass(TARGETS[n]!, value) }
        const batchNorm = name === 'excitation' ? 'pass' : 'proportional'
        const rule = (node: Node) => presets[name]!(node, node.name === first)
        const constants = keeps(name) ? 'keep' : 'pass'
        const options = { rule, gates, batchNorm, constants } as const
        return plainRelevance(form, values, start, options).get('images')!
      }
      const picture = fed.images!
      if (name === 'guided-backprop' || name === 'deconvnet') {
        const start = { name: 'logits', weights: oneClass(TARGETS[n]!, 1) }
        return plainCutGradient(canonical, 'images', picture, start, name, spelt)
      }
      const { shape, data } = slopesOf[n]!()
      return name === 'gradient'
        ? plain(shape, data)
        : plain(
            shape,
            data.map((v, k) => v * picture.data[k]!),
          )
    }

    test('gives the judge’s map, and leaves the outputs as they are', async () => {
      const { map, logits } = await explained(graph, name, {}, BATCH, TARGETS)
      expectClose(
        logits,
        judged.flatMap(({ values }) => [...values.get('logits')!.data]),
        1e-5,
      )
      const arrived = judgedForm.map(({ picture }, n) => {
        const { data } = judgeOf(n)({ images: picture })
        // A gradient lacks quotients that could make it move far.
        const tolerance = name in presets ? allowance(condition(form, picture, judgeOf(n))) : 1e-4
        expectClose(map.subarray(n * AREA, (n + 1) * AREA), data, tolerance)
        return data.reduce((sum, v) => sum + Math.abs(v), 0) / Math.abs(startOf(n))
      })
      // Zeros match zeros, so require a map. For a class that nothing speaks for, some presets have none.
      expect(arrived.filter((share) => share > 0.01).length).toBeGreaterThanOrEqual(2)
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

    test('does not depend on the batch, on sharing one forward pass, or on the run', async () => {
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

/** A value computed on first use. */
function once<T>(make: () => T): () => T {
  let made: T | undefined
  return () => {
    made ??= make()
    return made
  }
}

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
