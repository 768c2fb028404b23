import { expect, test } from 'vitest'
import { rise } from '../../../src/explanation/methods/rise.ts'
import { float32 } from '../../../src/graph/types.ts'
import { distance, randomInput, scoring } from './network.ts'

const target = Float32Array.of(1, 0)

test('it converges to the expectation over all masks: a picture of 2 × 2, worked out mask by mask', async () => {
  const input = float32([1, 1, 2, 2], [4, -2, 3, 1])
  const of = ([a, b, c, d]: Float32Array | number[]) => a! * c! + 2 * b! - Math.abs(d! - 1) + 10
  const fill = 0.5
  // Two cells, enlarged to three pixels, are the first, the mean of both and the second; a picture sees two of the three.
  const lines = (first: number, second: number) => {
    const middle = (first + second) / 2
    return [
      [first, middle],
      [middle, second],
    ]
  }
  for (const probability of [0.5, 0.3]) {
    let [mean, weighted, expectedMask] = [0, [0, 0, 0, 0], [0, 0, 0, 0]]
    for (let pattern = 0; pattern < 16; pattern++) {
      const [a, b, c, d] = [0, 1, 2, 3].map((k) => (pattern >> k) & 1) as [number, number, number, number]
      const open = a + b + c + d
      const chance = (probability ** open * (1 - probability) ** (4 - open)) / 4
      for (const across of [0, 1]) {
        const [upper, lower] = [lines(a, b)[across]!, lines(c, d)[across]!]
        const [left, right] = [lines(upper[0]!, lower[0]!), lines(upper[1]!, lower[1]!)]
        for (const down of [0, 1]) {
          const mask = [left[down]![0]!, right[down]![0]!, left[down]![1]!, right[down]![1]!]
          const score = of(mask.map((share, k) => fill + share * (input.data[k]! - fill)))
          mean += chance * score
          weighted = weighted.map((sum, k) => sum + chance * score * mask[k]!)
          expectedMask = expectedMask.map((sum, k) => sum + chance * mask[k]!)
        }
      }
    }
    expect(distance(expectedMask, Array(4).fill(probability))).toBeLessThan(1e-12)
    const expected = weighted.map((sum) => sum / probability - mean)
    const options = { grid: 2, probability, fill, samples: 40_000, batch: 1000 }
    const map = await rise(scoring(of), input, target, options)
    expect(map.shape).toEqual([1, 2, 2])
    expect(distance(map.data, expected), `${probability}`).toBeLessThan(0.03)
  }
})

test('places are ordered by what they add: positive, none, negative', async () => {
  const input = float32([1, 2, 32, 40], new Float32Array(2560).fill(10))
  const inside = (k: number, left: number) => {
    const [y, x] = [Math.floor((k % 1280) / 40), k % 40]
    return y >= 12 && y < 20 && x >= left && x < left + 8
  }
  // One bright square speaks for the class, one half as much, and one against it.
  const of = (picture: Float32Array) =>
    picture.reduce(
      (sum, value, k) => sum + value * (inside(k, 0) ? 1 : inside(k, 16) ? 0.5 : inside(k, 32) ? -1 : 0),
      -500,
    )
  const { data } = await rise(scoring(of), input, target, { samples: 2000 })
  const at = (x: number) => data[16 * 40 + x]!
  expect(at(4)).toBeGreaterThan(1.5 * at(20))
  expect(at(20)).toBeGreaterThan(0)
  expect(at(36)).toBeLessThan(0)
  expect(at(36) / at(4)).toBeCloseTo(-1, 0)
  const largest = data.indexOf(Math.max(...data))
  expect(inside(largest, 0)).toBe(true)
})

test('a constant score gives zeros, whatever its value', async () => {
  const input = randomInput([1, 3, 12, 9], 'input')
  const { data } = await rise(async (inputs) => new Float32Array(inputs.shape[0]!).fill(7), input, target, {
    samples: 30,
  })
  expect(Math.max(...data.map(Math.abs))).toBeLessThan(1e-12)
})

test('the same seed gives the same bits, another seed other masks, whatever the batch size', async () => {
  const input = randomInput([1, 3, 30, 20], 'input')
  const of = (picture: Float32Array) =>
    picture.reduce((sum, value, k) => sum + Math.max(0, value) * (k % 5), 0)
  const run = (options: object) => rise(scoring(of), input, target, { samples: 50, ...options })
  const map = await run({ seed: 'a' })
  expect(await run({ seed: 'a' })).toEqual(map)
  expect(await run({ seed: 'a', batch: 7 })).toEqual(map)
  expect(distance((await run({ seed: 'b' })).data, map.data)).toBeGreaterThan(0.01)
})

test('a signal stops it at once, and it refuses senseless numbers by name', async () => {
  const input = randomInput([1, 3, 30, 20], 'input')
  const controller = new AbortController()
  const told: number[] = []
  const progress = (done: number) => {
    told.push(done)
    controller.abort(new Error('enough'))
  }
  const run = (options: object) =>
    rise(
      scoring((picture) => picture[0]!),
      input,
      target,
      options,
    )
  await expect(run({ progress, signal: controller.signal })).rejects.toThrow('enough')
  expect(told).toEqual([8])
  await expect(run({ grid: 0 })).rejects.toThrow(/^grid: is 0/)
  await expect(run({ probability: 0 })).rejects.toThrow(
    /^probability: is 0\. Give a number from 0\.01 to 0\.99/,
  )
})
