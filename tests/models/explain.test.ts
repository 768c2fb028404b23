import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { nodeEngine } from '../../src/engine/node.ts'
import { readModelFile } from '../../src/formats/node.ts'
import { GraphBuilder } from '../../src/graph/builder.ts'
import { float32, type Graph } from '../../src/graph/types.ts'
import { explain } from '../../src/models/explain.ts'
import type { OpenedCard } from '../../src/models/model.ts'
import { modelOf } from '../../src/models/model.ts'
import { explainFile, writeModel } from '../../src/models/node.ts'
import type { Image } from '../../src/pictures/image.ts'
import { writePicture } from '../../src/pictures/node.ts'
import { livelyNetwork } from '../networks/lively.ts'

const SIZE = 51
const folder = mkdtempSync(join(tmpdir(), 'regard-library-'))
const path = join(folder, 'model.onnx')
const engine = await nodeEngine({ threads: 1 })
const network = livelyNetwork(SIZE, 3)
writeModel(path, network, {
  classes: ['child', 'adult', 'old'],
  input: { channels: 'RGB', scale: 1 },
  meanPicture: float32([3], [120, 110, 100]),
  composite: 'epsilon-plus',
})
const random = new Random('library')
const image: Image = {
  width: SIZE,
  height: SIZE,
  data: Uint8Array.from({ length: 3 * SIZE ** 2 }, () => random.integer(256)),
}
const photo = join(folder, 'photo.png')
await writePicture(photo, image)
afterAll(() => rmSync(folder, { recursive: true }))

/** A network with a single logit, from one random filter for the whole picture, and a sigmoid. */
function oneLogit(layout: 'NCHW' | 'NHWC'): Graph {
  const g = new GraphBuilder('one')
  const shape = layout === 'NCHW' ? ['batch', 3, 8, 8] : ['batch', 8, 8, 3]
  const x = g.input('x', 'float32', shape)
  const weights = float32([4, 3, 3, 3])
  const filter = new Random('filter')
  for (let k = 0; k < weights.data.length; k++) weights.data[k] = filter.normal(0, 0.1)
  const picture = layout === 'NCHW' ? x : g.transpose(x, [0, 3, 1, 2])
  const y = g.op('Relu', [g.op('Conv', [picture, g.constant(weights)], {}, 'conv')])
  const last = float32([4 * 36, 1])
  for (let k = 0; k < last.data.length; k++) last.data[k] = filter.normal(0, 0.1)
  const logit = g.op('Gemm', [g.op('Flatten', [y]), g.constant(last)], {}, 'fc')
  g.output('p', g.op('Sigmoid', [logit]))
  return g.graph()
}

describe('explaining a model from a program', () => {
  it('takes paths, with the card beside the model', async () => {
    const answer = await explainFile(path, photo, { class: 'old', conservation: true })
    expect(answer).toMatchObject({ class: 2, name: 'old' })
    expect(answer.logit).toBe(answer.outputs.logits!.logits[2])
    expect(answer.probability).toBe(answer.outputs.logits!.probabilities![2])
    expect(answer.relevance.shape).toEqual([1, 3, SIZE, SIZE])
    expect(answer.seen).toEqual(image)
    expect([answer.map!.width, answer.map!.height]).toEqual([SIZE, SIZE])
    expect(answer.conservation[0]).toMatchObject({ layer: 'fc8', rule: 'epsilon(0.000001)' })
  })

  it('takes a network and a picture in memory, and a description of them', async () => {
    const card: OpenedCard = { input: { channels: 'RGB', scale: 1, mean: [120, 110, 100] } }
    const options = { composite: 'epsilon-plus' as const, class: 2, engine }
    const [fromFiles, fromMemory] = [
      await explainFile(path, photo, { class: 2, engine }),
      await explain(modelOf(await readModelFile(path), 'lively', card), image, options),
    ]
    expect(fromMemory.relevance).toEqual(fromFiles.relevance)
    expect(fromMemory.name).toBe('2')
  })

  it('takes preprocessed input without any description', async () => {
    const input = float32([1, 3, SIZE, SIZE], new Float32Array(3 * SIZE ** 2).fill(3))
    const answer = await explain(modelOf(network, 'lively'), input, {
      class: 0,
      minus: 1,
      layers: ['conv2'],
      engine,
    })
    const { logits } = answer.outputs.logits!
    expect(answer.logit).toBeCloseTo(logits[0]! - logits[1]!, 5)
    expect(answer.layers.conv2!.shape.length).toBe(4)
  })

  it('names an unknown class, and missing information', async () => {
    await expect(explainFile(path, photo, { class: 'baby' })).rejects.toThrow(/no class 'baby'/)
    const bare = modelOf(network, 'lively')
    await expect(explain(bare, image, { engine })).rejects.toThrow(
      /it is unknown how .*: channels, scale and mean are missing/,
    )
    await expect(explain(bare, float32([1, 3, 5, 5]), { engine })).rejects.toThrow(
      /takes float32 \[1, 3, 51, 51\]/,
    )
  })
})

describe('a single logit', () => {
  const input = (shape: number[]) => {
    const pixels = new Random('pixels')
    return float32(
      shape,
      Float32Array.from({ length: 192 }, () => pixels.uniform(-1, 1)),
    )
  }

  it('is explained from either side, and its own answer is the side that it is on', async () => {
    const one = modelOf(oneLogit('NCHW'), 'one')
    const [no, yes, top] = await Promise.all(
      [0, 1, 'top'].map((each) =>
        explain(one, input([1, 3, 8, 8]), { class: each, composite: 'epsilon', engine }),
      ),
    )
    expect(yes!.logit).toBe(yes!.outputs.p!.logits[0])
    expect(no!.logit).toBe(-yes!.logit)
    expect([...no!.relevance.data]).toEqual(Array.from(yes!.relevance.data, (value) => -value))
    expect(no!.probability! + yes!.probability!).toBeCloseTo(1, 6)
    expect(top!.class).toBe(yes!.logit > 0 ? 1 : 0)
    expect(top!.logit).toBeGreaterThan(0)
  })

  it.each(['smoothgrad', 'integrated-gradients', 'grad-cam', 'occlusion'] as const)(
    'gives the same map by %s whatever the order of its axes',
    async (method) => {
      const first = input([1, 3, 8, 8])
      // Noise is drawn in the order of the numbers, and methods always see channels first.
      const last = float32([1, 8, 8, 3])
      for (let k = 0; k < 192; k++) last.data[k] = first.data[(k % 3) * 64 + Math.floor(k / 3)]!
      const a = await explain(modelOf(oneLogit('NCHW'), 'one'), first, { method, engine })
      const b = await explain(modelOf(oneLogit('NHWC'), 'one'), last, { method, engine })
      const channels = a.relevance.shape[1]!
      expect(b.relevance.shape).toEqual([1, 8, 8, channels])
      expect(Math.max(...a.relevance.data)).toBeGreaterThan(0)
      b.relevance.data.forEach((value, k) => {
        const other = a.relevance.data[(k % channels) * 64 + Math.floor(k / channels)]!
        expect(value).toBeCloseTo(other, 5)
      })
    },
  )
})

describe('warnings', () => {
  /** Two numbers to one logit, w·x + b. */
  const sum = (weights: readonly number[], bias: number) => {
    const g = new GraphBuilder('sum')
    const x = g.input('x', 'float32', ['batch', weights.length])
    const constants = [float32([weights.length, 1], weights), float32([1], [bias])]
    g.output('y', g.op('Gemm', [x, ...constants.map((each) => g.constant(each))], {}, 'fc'))
    return modelOf(g.graph(), 'sum')
  }
  const input = float32([1, 2], [1, 1])

  it('say how much of the logit reached the input if that is less than half', async () => {
    const { warnings } = await explain(sum([1, 2], 7), input, { engine, composite: 'epsilon' })
    expect(warnings).toEqual([expect.stringMatching(/^30\.0 % of the logit reached the input/)])
    const { warnings: none } = await explain(sum([2, 4], 1), input, { engine, composite: 'epsilon' })
    expect(none).toEqual([])
  })

  it('say not to trust parts a thousand times as large as their sum', async () => {
    const { warnings } = await explain(sum([1000, -999.5], 0), input, { engine, composite: 'epsilon' })
    expect(warnings).toEqual([expect.stringMatching(/4\.0e\+3 times as large as the logit/)])
  })

  it('do not apply to a method that does not pass down a logit', async () => {
    const { warnings } = await explain(sum([1000, -999.5], 0), input, { engine, composite: 'gradient' })
    expect(warnings).toEqual([])
  })
})

describe('an answer that is the probability of its second class', () => {
  /** The mean of 2 × 2 pixels, through a ReLU, as the probability of `m`. */
  const g = new GraphBuilder('plain')
  const x = g.input('x', 'float32', ['batch', 1, 2, 2])
  const weights = g.constant(float32([4, 1], [0.25, 0.25, 0.25, 0.25]))
  g.output('y', g.op('Relu', [g.op('Gemm', [g.op('Flatten', [x]), weights])]))
  const model = modelOf(g.graph(), 'plain', {
    answers: [{ output: 'y', task: 'gender', classes: ['f', 'm'], plain: true }],
  })
  const pixels = (...values: number[]) => float32([1, 1, 2, 2], values)

  it.each([
    [0.2, 'f', 0.8],
    [0.7, 'm', 0.7],
  ])('%s is that of the likelier class: %s', async (value, name, probability) => {
    const explained = await explain(model, pixels(value, value, value, value), {
      engine,
      composite: 'epsilon',
    })
    expect(explained.name).toBe(name)
    expect(explained.probability).toBeCloseTo(probability, 5)
    // What speaks for the second class speaks against the first.
    expect(Math.sign(explained.relevance.data[0]!)).toBe(name === 'm' ? 1 : -1)
  })

  it('says so if nothing reaches the picture', async () => {
    const { warnings } = await explain(model, pixels(-1, -2, 1, 1), { engine, composite: 'epsilon' })
    expect(warnings).toEqual([expect.stringMatching(/^the map is empty/)])
  })
})
