import { fileURLToPath } from 'node:url'
import * as wasm from 'onnxruntime-web'
import { beforeAll, describe, expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import type { Engine, Tensors } from '../../src/engine/engine.ts'
import { nodeEngine } from '../../src/engine/node.ts'
import { sessionEngine } from '../../src/engine/session.ts'
import { float32, type Graph } from '../../src/graph/types.ts'
import { openModelFile } from '../../src/models/node.ts'
import { composites } from '../../src/rules/composites/presets.ts'
import { relevance } from '../../src/rules/relevance/relevance.ts'
import { agreeing, type Verdict } from '../../studio/worker/agreeing.ts'
import { computingWrongly } from '../engine/wrong.ts'

const example = fileURLToPath(new URL('../../examples/adiencenet-synthetic.onnx', import.meta.url))

describe('an engine that answers better once that agrees', () => {
  let graph: Graph
  let feeds: Tensors
  let sure: Engine
  /** Another build, whose last bits are others: they tell who answered. */
  let other: Engine
  let bySure: Tensors
  let byOther: Tensors
  beforeAll(async () => {
    const { network } = await openModelFile(example)
    graph = relevance(network, composites.paper).graph
    const random = new Random(1)
    feeds = Object.fromEntries(
      graph.inputs.map(({ name, shape }) => {
        const sizes = shape.map((d) => (typeof d === 'number' ? d : 1))
        const values = () => (name === 'target' ? 0 : 255 * random.uniform() - 128)
        return [name, float32(sizes, Array.from({ length: sizes.reduce((a, b) => a * b) }, values))]
      }),
    )
    sure = await nodeEngine({ threads: 1 })
    wasm.env.wasm.numThreads = 1
    other = sessionEngine(wasm, { device: 'wasm', threads: 1, writesInto: false, oneAtATime: true })
    bySure = await answerOf(sure)
    byOther = await answerOf(other)
    expect(byOther.relevance!.data).not.toEqual(bySure.relevance!.data)
  })

  async function answerOf(engine: Engine): Promise<Tensors> {
    const program = await engine.load(graph)
    const results = await program.run(feeds)
    await program.release()
    return results
  }

  /** A program, and what comes of the comparison. */
  async function loaded(better: Engine | undefined) {
    const verdicts: Verdict[] = []
    let judged: (verdict: Verdict) => void
    const first = new Promise<Verdict>((resolve) => {
      judged = resolve
    })
    const engine = agreeing({
      sure,
      better: async () => better,
      ifFaster: false,
      tell(verdict) {
        verdicts.push(verdict)
        judged(verdict)
      },
    })
    return { program: await engine.load(graph), first, verdicts }
  }

  test('what agrees takes over after the first run', async () => {
    const { program, first } = await loaded(other)
    expect((await program.run(feeds)).relevance!.data).toEqual(bySure.relevance!.data)
    expect(await first).toBe('agrees')
    expect((await program.run(feeds)).relevance!.data).toEqual(byOther.relevance!.data)
    await program.release()
  })

  test('what computes wrongly never answers', async () => {
    const wrong = computingWrongly(other)
    const { program, first } = await loaded(wrong)
    await program.run(feeds)
    expect(await first).toBe('differs')
    expect((await program.run(feeds)).relevance!.data).toEqual(bySure.relevance!.data)
    await program.release()
  })

  test('where it fails, what is sure answers that run and all after it', async () => {
    let runs = 0
    const breaking: Engine = {
      ...other,
      async load(given, options) {
        const inner = await other.load(given, options)
        return {
          ...inner,
          async run(...some) {
            // What is released can run no more: so it is with a device that is gone.
            if (++runs === 2) await inner.release()
            return inner.run(...some)
          },
        }
      },
    }
    const { program, first, verdicts } = await loaded(breaking)
    await program.run(feeds)
    expect(await first).toBe('agrees')
    for (let k = 0; k < 2; k++) {
      expect((await program.run(feeds)).relevance!.data).toEqual(bySure.relevance!.data)
    }
    expect(verdicts).toEqual(['agrees', 'fails'])
    expect(runs).toBe(2)
    await program.release()
  })

  test('where there is nothing better, what is sure goes on', async () => {
    const { program } = await loaded(undefined)
    await program.run(feeds)
    expect((await program.run(feeds)).relevance!.data).toEqual(bySure.relevance!.data)
    await program.release()
  })
})
