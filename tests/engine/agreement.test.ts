import { fileURLToPath } from 'node:url'
import * as wasm from 'onnxruntime-web'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { agree, checkedBy } from '../../src/engine/agreement.ts'
import type { Engine, Tensors } from '../../src/engine/engine.ts'
import { nodeEngine } from '../../src/engine/node.ts'
import { sessionEngine } from '../../src/engine/session.ts'
import { float32, type Graph } from '../../src/graph/types.ts'
import { openModelFile } from '../../src/models/node.ts'
import { composites } from '../../src/rules/composites/presets.ts'
import { relevance } from '../../src/rules/relevance/relevance.ts'
import { computingWrongly } from './wrong.ts'

const example = fileURLToPath(new URL('../../examples/adiencenet-synthetic.onnx', import.meta.url))

describe('two runs agree', () => {
  const [logit, map] = [
    (...data: number[]) => ({ logit: float32([1, data.length], data) }),
    (...data: number[]) => ({ map: float32([1, 1, 1, data.length], data) }),
  ]

  test('if logits are equal to a thousandth of the largest', () => {
    expect(agree(logit(5.002, 0), logit(5, 0.004))).toBe(true)
    expect(agree(logit(5.02, 0), logit(5, 0))).toBe(false)
  })

  test('if a logit is near 0, and off by the rounding of larger numbers', () => {
    expect(agree(logit(0.00031), logit(0.0003))).toBe(true)
    expect(agree(logit(-0.01), logit(0.01))).toBe(false)
  })

  test('if little of a map differs', () => {
    expect(agree(map(100, 0, 0.4), map(100, 0.4, 0))).toBe(true)
    expect(agree(map(100, 0, 4), map(100, 4, 0))).toBe(false)
  })

  test('if a number is missing in both, but not in only one', () => {
    expect(agree(logit(Number.NaN, 1), logit(Number.NaN, 1))).toBe(true)
    expect(agree(logit(Number.NaN, 1), logit(0, 1))).toBe(false)
    expect(agree(logit(0, 1), logit(Number.NaN, 1))).toBe(false)
    expect(agree(logit(Infinity, 1), logit(-Infinity, 1))).toBe(false)
  })
})

describe('an engine that is checked for each graph', () => {
  let graph: Graph
  let sure: Engine
  /** Another build, whose last bits differ and so show which engine answered. */
  let other: Engine
  let told: number
  beforeAll(async () => {
    const { network } = await openModelFile(example)
    graph = relevance(network, composites.paper).graph
    sure = await nodeEngine({ threads: 1 })
    wasm.env.wasm.numThreads = 1
    other = sessionEngine(wasm, { device: 'wasm', threads: 1, writesInto: false, oneAtATime: true })
  })
  beforeEach(() => {
    told = 0
  })

  /** Pictures of a face's size, and the first class. */
  function feedsFor(pictures: number): Tensors {
    const random = new Random(pictures)
    return Object.fromEntries(
      graph.inputs.map(({ name, shape }) => {
        const sizes = shape.map((d) => (typeof d === 'number' ? d : pictures))
        const count = sizes.reduce((a, b) => a * b)
        const value = (k: number) => (name === 'target' ? Number(k === 0) : 255 * random.uniform() - 128)
        return [
          name,
          float32(
            sizes,
            Float32Array.from({ length: count }, (_, k) => value(k)),
          ),
        ]
      }),
    )
  }

  async function answerOf(engine: Engine, feeds: Tensors): Promise<Tensors> {
    const program = await engine.load(graph)
    const results = await program.run(feeds)
    await program.release()
    return results
  }

  const counted = (engine: Engine) => {
    const runs: Tensors[] = []
    const load: Engine['load'] = async (given, options) => {
      const program = await engine.load(given, options)
      const run: typeof program.run = (feeds, into) => {
        runs.push(feeds)
        return program.run(feeds, into)
      }
      return { ...program, run }
    }
    return { engine: { ...engine, load }, runs }
  }

  test('answers, and is compared once for each input shape', async () => {
    const { engine, runs } = counted(sure)
    const program = await checkedBy(engine, other, () => told++).load(graph)
    const [one, two] = [feedsFor(1), feedsFor(2)]
    const byOther = await answerOf(other, one)
    expect(byOther.relevance!.data).not.toEqual((await answerOf(sure, one)).relevance!.data)
    for (const feeds of [one, one, two, one, two]) await program.run(feeds)
    expect((await program.run(one)).relevance!.data).toEqual(byOther.relevance!.data)
    expect(runs).toEqual([one, two])
    expect(told).toBe(0)
    await program.release()
  })

  test('concurrent runs are compared one after another', async () => {
    const { engine, runs } = counted(sure)
    const program = await checkedBy(engine, other, () => told++).load(graph)
    const one = feedsFor(1)
    const answers = await Promise.all([one, one, one].map((feeds) => program.run(feeds)))
    for (const { relevance } of answers) expect(relevance!.data).toEqual(answers[0]!.relevance!.data)
    expect(runs).toEqual([one])
    await program.release()
  })

  test('never answers if it computes wrongly', async () => {
    const wrong = computingWrongly(other)
    const program = await checkedBy(sure, wrong, () => told++).load(graph)
    for (const feeds of [feedsFor(1), feedsFor(1), feedsFor(2)]) {
      const expected = await answerOf(sure, feeds)
      expect((await program.run(feeds)).relevance!.data).toEqual(expected.relevance!.data)
    }
    expect(told).toBe(1)
    await program.release()
  })
})
