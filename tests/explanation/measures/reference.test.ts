import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { nodeEngine } from '../../../src/engine/node.ts'
import type { PixelRelevance } from '../../../src/explanation/heatMap.ts'
import type { Mask } from '../../../src/explanation/measures/mask.ts'
import type { Perturbation } from '../../../src/explanation/measures/perturbation.ts'
import { MEASURES } from '../../../src/explanation/measures.ts'
import { loadScores } from '../../../src/explanation/methods/loadPrograms.ts'
import type { ScoresOf } from '../../../src/explanation/methods/program.ts'
import { readModelFile } from '../../../src/formats/node.ts'
import { readNpy } from '../../../src/formats/npy.ts'
import type { TensorOf } from '../../../src/graph/types.ts'
import { descending } from '../../../src/statistics/ranks.ts'
import { shared } from '../../shared.ts'

const CLASS = 282
const CLASSES = 1000
const SIDE = 224

describe.skipIf(!shared)('on the real GoogLeNet, measures give the values of a peer', () => {
  const read = (name: string) => readFileSync(join(shared!, 'reference/quantus', name))
  const tensor = (name: string) => readNpy(read(name), name) as TensorOf<'float32'>
  const target = Float32Array.from({ length: CLASSES }, (_, k) => (k === CLASS ? 1 : 0))
  let values: Readonly<Record<string, number | number[]>>
  let input: TensorOf<'float32'>
  let map: PixelRelevance
  let mask: Mask
  const scoresOf: Partial<Record<'logits' | 'probabilities', ScoresOf>> = {}
  const release: (() => Promise<void>)[] = []

  beforeAll(async () => {
    values = JSON.parse(read('values.json').toString())
    input = tensor('input.npy')
    map = { width: SIDE, height: SIDE, data: tensor('relevance.npy').data }
    mask = { width: SIDE, height: SIDE, data: tensor('mask.npy').data }
    const engine = await nodeEngine()
    const network = await readModelFile(join(shared!, 'models/caffe/bvlc_googlenet.caffemodel'))
    for (const of of ['logits', 'probabilities'] as const) {
      const loaded = await loadScores(engine, network, network.outputs[0]!.name, of)
      scoresOf[of] = loaded.scoresOf
      release.push(() => loaded.program.release())
    }
  })
  afterAll(async () => {
    for (const each of release) await each()
  })

  it('of a map and a mask', async () => {
    const ofMask = async (name: 'rank-accuracy' | 'pointing-game' | 'roc-area') =>
      (await MEASURES[name].load())(map, mask)
    const mass = await MEASURES['mass-accuracy'].load()
    const topK = await MEASURES['top-k-intersection'].load()
    const found = {
      'RelevanceMassAccuracy(abs=False,normalise=False)': mass(map, mask),
      'RelevanceMassAccuracy(abs=True,normalise=False)': mass(map, mask, { absolute: true }),
      'RelevanceRankAccuracy(abs=False,normalise=False)': await ofMask('rank-accuracy'),
      'PointingGame(abs=False,normalise=False)': await ofMask('pointing-game'),
      'TopKIntersection(k=1000,abs=False,normalise=False)': topK(map, mask, { k: 1000 }),
      'AUC(abs=False,normalise=False)': await ofMask('roc-area'),
    }
    for (const [name, value] of Object.entries(found))
      expect(Math.abs(value - (values[name] as number)), name).toBeLessThan(1e-6)
  })

  it('of a map alone', async () => {
    const [sparseness, complexity] = [await MEASURES.sparseness.load(), await MEASURES.complexity.load()]
    expect(complexity(map)).toBeCloseTo(values['Complexity(abs=True,normalise=False)'] as number, 5)
    const peer = values['Sparseness(abs=True,normalise=False)'] as number
    expect(Math.abs(sparseness(map) - peer)).toBeLessThan(1e-3)
    // The peer adds 1e-7 to each value of |R|.
    const raised = { ...map, data: map.data.map((value) => Math.abs(value) + 1e-7) }
    expect(sparseness(raised)).toBeCloseTo(peer, 6)
  })

  it.each([
    ['logits', 'False'],
    ['probabilities', 'True'],
  ] as const)('by flipping pixels, in %s', async (of, softmax) => {
    const flip = await MEASURES['pixel-flipping'].load()
    const { scores } = await flip(scoresOf[of]!, input, target, map, { steps: 96 })
    const peer = values[`PixelFlipping(features_in_step=1568,perturb_baseline=0.0,softmax=${softmax})`]
    const [whole, ...morf] = scores.morf
    const apart = morf.map((score, k) => Math.abs(score - (peer as number[])[k]!))
    expect(apart.length).toBe(96)
    // 1568 numbers are 522 pixels and two thirds: at the end of every third step both have the same pixels.
    const together = apart.filter((_, k) => (k + 1) % 3 === 0)
    expect(Math.max(...together)).toBeLessThan(1e-4)
    // At the others the peer has one or two channels of one more pixel, chosen by chance: up to 0.3 % of the score.
    expect(Math.max(...apart) / whole!).toBeLessThan(1e-2)
    // So it is at the step that differs most: one choice of channels gives the peer's score.
    const step = apart.indexOf(Math.max(...apart)) + 1
    const order = descending(map.data)
    const flipped = Math.floor((step * 1568) / 3)
    const single = [0, 1, 2]
    const choices = single.map((one) => (step % 3 === 1 ? single.filter((each) => each !== one) : [one]))
    const data = new Float32Array(3 * input.data.length)
    choices.forEach((channels, row) => {
      const copy = data.subarray(row * input.data.length, (row + 1) * input.data.length)
      copy.set(input.data)
      for (const pixel of order.subarray(0, flipped))
        for (const channel of [0, 1, 2]) copy[channel * SIDE ** 2 + pixel] = 0
      for (const channel of channels) copy[channel * SIDE ** 2 + order[flipped]!] = 0
    })
    const targets = Float32Array.from({ length: 3 * CLASSES }, (_, k) => target[k % CLASSES]!)
    const candidates = await scoresOf[of]!({ ...input, shape: [3, 3, SIDE, SIDE], data }, targets)
    const nearest = Math.min(...candidates.map((score) => Math.abs(score - (peer as number[])[step - 1]!)))
    expect(nearest).toBeLessThan(1e-4)
  })

  it('by removing regions, in both orders', async () => {
    const take = await MEASURES['region-perturbation'].load()
    const found: Perturbation = await take(scoresOf.probabilities!, input, target, map, {
      region: 28,
      steps: 20,
    })
    for (const order of ['morf', 'lerf'] as const) {
      const [whole, ...curve] = found.scores[order]
      const peer = values[
        `RegionPerturbation(patch_size=28,regions_evaluation=20,order=${order},perturb_baseline=0.0,softmax=True)`
      ] as number[]
      const apart = curve.map((score, k) => Math.abs(whole! - score - peer[k]!))
      expect(apart.length).toBe(20)
      expect(Math.max(...apart), order).toBeLessThan(1e-4)
    }
  })
})
