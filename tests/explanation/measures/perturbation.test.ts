import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import type { PixelRelevance } from '../../../src/explanation/heatMap.ts'
import type { Fill } from '../../../src/explanation/measures/fills.ts'
import { pixelFlipping } from '../../../src/explanation/measures/pixelFlipping.ts'
import { regionPerturbation } from '../../../src/explanation/measures/regionPerturbation.ts'
import type { ScoresOf } from '../../../src/explanation/methods/program.ts'
import { float32 } from '../../../src/graph/types.ts'
import { livelyNetwork } from '../../networks/lively.ts'
import { differentiable, distance, randomInput } from '../methods/network.ts'
import { mapOf } from './maps.ts'

const target = Float32Array.of(1)

/** Scores that are the sum of a picture's numbers; it records how many pictures each run had. */
function sums(): { scoresOf: ScoresOf; shown: number[] } {
  const shown: number[] = []
  return {
    shown,
    scoresOf: async ({ shape, data }) => {
      shown.push(shape[0]!)
      const size = data.length / shape[0]!
      return Float32Array.from({ length: shape[0]! }, (_, row) =>
        data.subarray(row * size, (row + 1) * size).reduce((sum, value) => sum + value, 0),
      )
    },
  }
}

describe('perturbation, worked out by hand', () => {
  it('pixels go in the order of their relevance, and in the opposite order', async () => {
    // Two channels: a pixel counts 3 + 1, 2 + 1, 1 + 1, 0 + 1.
    const input = float32([1, 2, 2, 2], [3, 2, 1, 0, 1, 1, 1, 1])
    const map = mapOf([0.4, 0.3], [0.2, -0.1])
    const { scoresOf, shown } = sums()
    const found = await pixelFlipping(scoresOf, input, target, map, { steps: 4, batch: 3 })
    const quarters = [0, 0.25, 0.5, 0.75, 1]
    expect(found.gone).toEqual({ morf: quarters, lerf: quarters })
    expect(found.scores).toEqual({ morf: [10, 6, 3, 1, 0], lerf: [10, 9, 7, 4, 0] })
    // (0 + 4 + 7 + 9 + 10) / 5 and (0 + 1 + 3 + 6 + 10) / 5.
    expect(found.aopc).toEqual({ morf: 6, lerf: 4 })
    expect(found.value).toBe(2)
    // The whole picture, four steps of one order, three of the other: nothing is left of the last picture of either.
    expect(shown).toEqual([3, 3, 2])
  })

  it('steps that do not divide the pixels are rounded, and all pixels go in the end', async () => {
    const input = float32([1, 1, 1, 5], [5, 4, 3, 2, 1])
    const map = mapOf([5, 4, 3, 2, 1])
    // 5/3 and 10/3 are 2 and 3 pixels.
    const { gone, scores } = await pixelFlipping(sums().scoresOf, input, target, map, { steps: 3 })
    expect(gone.morf).toEqual([0, 2 / 5, 3 / 5, 1])
    expect(scores).toEqual({ morf: [15, 6, 3, 0], lerf: [15, 12, 9, 0] })
  })

  it('regions go in the order of the sum over their pixels, cut off at the edges', async () => {
    // Regions of 2 × 2 in 3 × 3 pixels, by their sums of relevance: 4, 5, 3, 1.
    const map = mapOf([1, 1, 3], [1, 1, 2], [2, 1, 1])
    const input = float32([1, 1, 3, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9])
    const { scoresOf, shown } = sums()
    const found = await regionPerturbation(scoresOf, input, target, map, { region: 2, steps: 2 })
    // 3 + 6 go, then 1 + 2 + 4 + 5; in the other order 9, then 7 + 8.
    expect(found.scores).toEqual({ morf: [45, 36, 24], lerf: [45, 36, 21] })
    expect(found.gone).toEqual({ morf: [0, 2 / 9, 6 / 9], lerf: [0, 1 / 9, 3 / 9] })
    // (0 + 9 + 21) / 3 and (0 + 9 + 24) / 3.
    expect(found.aopc).toEqual({ morf: 10, lerf: 11 })
    expect(found.value).toBe(-1)
    expect(shown).toEqual([5])
    const all = await regionPerturbation(scoresOf, input, target, map, { region: 2 })
    expect(all.scores.morf).toEqual([45, 36, 24, 9, 0])
  })

  it('pixels are replaced by the baseline', async () => {
    const input = float32([1, 1, 1, 2], [4, 1])
    const { scores } = await pixelFlipping(sums().scoresOf, input, target, mapOf([2, 1]), {
      steps: 2,
      baseline: -1,
    })
    expect(scores).toEqual({ morf: [5, 0, -2], lerf: [5, 3, -2] })
  })
})

const FILLS: readonly Fill[] = ['constant', 'normal', 'uniform', 'blur', 'linear']

describe.each(FILLS)('perturbation with the fill %s', (fill) => {
  const input = randomInput([1, 2, 5, 6], 'picture')
  const anyMap = fc
    .array(fc.integer({ min: -9, max: 9 }), { minLength: 30, maxLength: 30 })
    .map((values): PixelRelevance => ({ width: 6, height: 5, data: Float32Array.from(values) }))

  it('has curves with the same ends in both orders, and the areas under them', async () => {
    await fc.assert(
      fc.asyncProperty(anyMap, fc.integer({ min: 1, max: 30 }), async (map, steps) => {
        const found = await pixelFlipping(sums().scoresOf, input, target, map, { steps, fill })
        const { morf, lerf } = found.scores
        for (const each of [morf, lerf, found.gone.morf, found.gone.lerf])
          expect(each).toHaveLength(steps + 1)
        expect([lerf[0], lerf.at(-1)]).toEqual([morf[0], morf.at(-1)])
        const between = morf.reduce((sum, score, k) => sum + (lerf[k]! - score) / morf.length, 0)
        expect(found.value).toBeCloseTo(between, 4)
      }),
      { numRuns: 20 },
    )
  })

  it('is the same for the same seed and any batch size', async () => {
    const { scoresOf, release } = await differentiable(livelyNetwork(51, 3))
    const picture = randomInput([1, 3, 51, 51], 'input')
    const map = { width: 51, height: 51, data: randomInput([51, 51], 'map').data }
    const one = Float32Array.of(1, 0, 0)
    const run = (batch: number) =>
      pixelFlipping(scoresOf, picture, one, map, { steps: 6, fill, batch, seed: 'a' })
    const found = await run(8)
    for (const batch of [1, 5])
      expect(distance((await run(batch)).scores.lerf, found.scores.lerf)).toBeLessThan(1e-5)
    await release()
  })
})

test('if the score is the sum of a map, its own order is the steepest, and areas are 0 to 1 of the score', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 30, maxLength: 30 }),
      fc.array(fc.nat(99), { minLength: 30, maxLength: 30 }),
      async (values, others) => {
        const input = float32([1, 1, 5, 6], values)
        const own = { width: 6, height: 5, data: Float32Array.from(values) }
        const other = { width: 6, height: 5, data: Float32Array.from(others) }
        const { scoresOf } = sums()
        const best = await pixelFlipping(scoresOf, input, target, own, { steps: 10 })
        const found = await pixelFlipping(scoresOf, input, target, other, { steps: 10 })
        expect(found.value).toBeLessThanOrEqual(best.value + 1e-4)
        const whole = best.scores.morf[0]!
        for (const area of [best.aopc.morf, best.aopc.lerf]) {
          expect(area).toBeGreaterThanOrEqual(0)
          expect(area).toBeLessThanOrEqual(whole)
        }
      },
    ),
    { numRuns: 50 },
  )
})

describe('perturbation, while it runs', () => {
  const input = randomInput([1, 1, 8, 8], 'picture')
  const map = { width: 8, height: 8, data: input.data }
  const run = (options: object) =>
    pixelFlipping(sums().scoresOf, input, target, map, { steps: 8, batch: 4, ...options })

  it('reports progress', async () => {
    const told: number[][] = []
    await run({ progress: (...at: [number, number]) => told.push(at) })
    expect(told).toEqual([
      [4, 16],
      [8, 16],
      [12, 16],
      [16, 16],
    ])
  })

  it('stops before its next run', async () => {
    const controller = new AbortController()
    const told: number[] = []
    const running = run({
      signal: controller.signal,
      progress(done: number) {
        told.push(done)
        if (done === 8) controller.abort(new Error('enough'))
      },
    })
    await expect(running).rejects.toThrow('enough')
    expect(told).toEqual([4, 8])
    await expect(run({ signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough')
  })

  it('refuses what makes no sense', async () => {
    await expect(run({ steps: 65 })).rejects.toThrow(/^steps: is 65\. Give at most 64/)
    await expect(run({ steps: 0 })).rejects.toThrow(/^steps: is 0\. Give a whole number from 1/)
    await expect(run({ fill: 'black' })).rejects.toThrow(/^fill: is black\. Give one of constant, normal/)
    const small = pixelFlipping(sums().scoresOf, input, target, mapOf([1, 2]))
    await expect(small).rejects.toThrow(/^map: has 2 × 1 pixels, and the input 8 × 8 pixels/)
    const none = regionPerturbation(sums().scoresOf, input, target, map, { region: 0 })
    await expect(none).rejects.toThrow(/^region: is 0\. /)
  })
})
