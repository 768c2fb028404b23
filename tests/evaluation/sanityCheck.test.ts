import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Dataset } from '../../src/datasets/dataset.ts'
import { readDataset } from '../../src/datasets/readers.ts'
import { synthesize } from '../../src/datasets/synthetic/synthesize.ts'
import { nodeEngine } from '../../src/engine/node.ts'
import { type Evaluable, requireEvaluable } from '../../src/evaluation/evaluate.ts'
import type { Way } from '../../src/evaluation/measure.ts'
import { checkSanity, sanityInWords } from '../../src/evaluation/sanityCheck.ts'
import { GraphBuilder } from '../../src/graph/builder.ts'
import { float32, type Graph } from '../../src/graph/types.ts'
import { answersOf, modelOf } from '../../src/models/model.ts'
import { openBuiltIn } from '../../src/models/node.ts'
import { composites } from '../../src/rules/composites/presets.ts'
import { livelyNetwork } from '../networks/lively.ts'

const engine = await nodeEngine({ threads: 1 })
const SIZE = 51
const folder = mkdtempSync(join(tmpdir(), 'regard-sanity-'))
let dataset: Dataset
beforeAll(async () => {
  await synthesize(join(folder, 'drawn'), { count: 8, seed: 'sanity' })
  dataset = await readDataset('synthetic', join(folder, 'drawn'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const methods = (...names: ('paper' | 'gradient')[]) =>
  new Map<string, Way>(names.map((name) => [name, composites[name]]))

function evaluable(network: Graph): Evaluable {
  const input = { channels: 'BGR', scale: 1 } as const
  const card = { classes: ['m', 'f'], task: 'gender', alignment: 'r', input } as const
  return requireEvaluable([
    modelOf(network, 'model.onnx', {
      ...card,
      classes: [...card.classes],
      meanPicture: float32([3], [120, 120, 120]),
    }),
  ])
}

describe('whether maps differ from those of networks with shuffled weights', () => {
  const lively = evaluable(livelyNetwork(SIZE, 2))
  const check = (to: string, options: Partial<Parameters<typeof checkSanity>[3]> = {}) =>
    checkSanity(lively, dataset, dataset.faces.slice(0, 3), {
      engine,
      methods: methods('paper', 'gradient'),
      folder: join(folder, to),
      ...options,
    })
  const filesIn = (to: string) => {
    const [store] = readdirSync(join(folder, to))
    return ['paper', 'gradient'].map((name) => join(folder, to, store!, `${name}.f32`))
  }

  it('shows for a trained network, and not for one with random weights', async () => {
    const faceres = requireEvaluable(answersOf(await openBuiltIn('faceres')), { task: 'gender' })
    const options = { engine, methods: methods('paper'), folder: join(folder, 'faceres') }
    const faces = dataset.faces.slice(0, 3)
    const { tests } = await checkSanity(faceres, dataset, faces, options)
    expect(tests.get('paper')).toMatchObject({ told: 3, p: 1 / 40, flat: { own: 0 } })
    // Another one, whose own weights are random too.
    const other = await check('random', { methods: methods('paper') })
    expect(other.tests.get('paper')!.told).toBe(0)
    expect(other.tests.get('paper')!.p).toBeGreaterThan(0.05)
  })

  it('resumes where it was stopped, with the same result', async () => {
    const told: number[][] = []
    const whole = await check('whole', { progress: (...at) => told.push(at) })
    expect(told).toEqual(Array.from({ length: 240 }, (_, k) => [k + 1, 240]))
    expect(whole.faces).toEqual(dataset.faces.slice(0, 3).map(({ id }) => id))
    const controller = new AbortController()
    const stopped = check('stopped', {
      signal: controller.signal,
      progress: (done) => done === 50 && controller.abort(new Error('enough')),
    })
    await expect(stopped).rejects.toThrow('enough')
    // Eight networks have explained three faces by both methods, and the ninth two.
    const sizes = filesIn('stopped').map((path) => statSync(path).size / (4 * 256 * 3))
    expect(sizes).toEqual([8, 8])
    truncateSync(filesIn('stopped')[1]!, statSync(filesIn('stopped')[1]!).size - 5)
    const left: number[] = []
    expect(await check('stopped', { progress: (done) => left.push(done) })).toEqual(whole)
    expect(left[0]).toBe(46)
    expect(filesIn('stopped').map((path) => readFileSync(path))).toEqual(
      filesIn('whole').map((path) => readFileSync(path)),
    )
    // Existing results are not made again.
    await check('whole', { progress: () => expect.unreachable() })
  })

  it('is refused for a network without weights', async () => {
    const g = new GraphBuilder('sums')
    const x = g.input('x', 'float32', ['batch', 3, 8, 8])
    const means = g.op('GlobalAveragePool', [x])
    g.output('y', g.slice(g.op('Flatten', [means]), { 1: [0, 2] }))
    const running = checkSanity(evaluable(g.graph()), dataset, dataset.faces, {
      engine,
      methods: methods('gradient'),
      folder,
    })
    await expect(running).rejects.toThrow(/^model.onnx: no convolution or inner product has weights/)
  })
})

describe('the verdict on a method', () => {
  const test = {
    pOfFaces: [0.025, 0.3],
    told: 1,
    p: 0.025,
    own: 0.1,
    shuffled: 0.6,
    flat: { own: 0, shuffled: 0 },
  }

  it('says on how many faces its maps differ, and whether they do overall', () => {
    expect(sanityInWords('paper', test)).toBe(
      'The maps by paper differ from those of networks with shuffled weights: 1 of 2 faces; over all faces p = 0.025.',
    )
  })

  it('does not judge the network if they do not, and says how many maps allow no test', () => {
    const other = { ...test, told: 0, p: 0.05, flat: { own: 1, shuffled: 7 } }
    expect(sanityInWords('paper', other)).toMatch(
      /^The maps by paper do not differ .* p = 0\.05\. That does not prove/,
    )
    expect(sanityInWords('paper', other)).toMatch(/ 1 of its own maps and 7 of the 78 others are empty\.$/)
    expect(sanityInWords('edges', { ...test, told: 0, p: 1 })).toMatch(
      /over all faces p = 1\. That is what a control should do\.$/,
    )
  })
})
