import { expect, test } from 'vitest'
import { kernelShap } from '../../../src/explanation/methods/kernelShap.ts'
import { float32 } from '../../../src/graph/types.ts'
import { distance, randomInput, scoring } from './network.ts'

const target = Float32Array.of(1, 0)
const SIDE = 20
const AREA = SIDE ** 2
const weights = randomInput([AREA], 'weights', -1, 1).data

/** A score in which pixels far apart work together, so that a segment's worth depends on the others. */
const together = (picture: Float32Array) => {
  const sums = [0, 0, 0, 0]
  picture.forEach((value, k) => {
    sums[(k * 7) % 4]! += weights[k]! * value
  })
  return Math.max(0, sums[0]! + 30) * Math.tanh(sums[1]! / 50) + Math.abs(sums[2]!) + sums[3]!
}

/** Pixels of one constant, so that the picture is cut into squares. */
const even = float32([1, 1, SIDE, SIDE], new Float32Array(AREA).fill(1))

/** By the definition: a segment's mean gain over all orders of the segments. */
function shapley(of: (picture: Float32Array) => number, labels: Int32Array, count: number): number[] {
  const worth = Array.from({ length: 2 ** count }, (_, set) =>
    of(Float32Array.from(labels, (label) => (set >> label) & 1)),
  )
  const factorial = (n: number): number => (n < 2 ? 1 : n * factorial(n - 1))
  return Array.from({ length: count }, (_, i) => {
    let value = 0
    for (const set of worth.keys()) {
      if ((set >> i) & 1) continue
      const size = [...set.toString(2)].filter((bit) => bit === '1').length
      const share = (factorial(size) * factorial(count - size - 1)) / factorial(count)
      value += share * (worth[set | (1 << i)]! - worth[set]!)
    }
    return value
  })
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)

test.each([1, 2, 4, 9, 11])('for few segments the values are the Shapley values: %i', async (segments) => {
  const runs: number[] = []
  const { values, labels, difference, map } = await kernelShap(scoring(together), even, target, {
    segments,
    fill: 0,
    progress: (done) => runs.push(done),
  })
  expect(values.length).toBeLessThanOrEqual(segments)
  expect(runs.at(-1)).toBe(Math.max(2 ** values.length, 2))
  expect(distance(values, shapley(together, labels, values.length))).toBeLessThan(1e-4)
  expect(Math.abs(sum(values) - difference)).toBeLessThan(1e-9 * Math.abs(difference))
  expect(map.shape).toEqual([1, SIDE, SIDE])
  expect(map.data).toEqual(Float32Array.from(labels, (label) => values[label]!))
})

test('for a linear score the values are what each segment adds, even from drawn coalitions', async () => {
  const input = randomInput([1, 1, SIDE, SIDE], 'input')
  const linear = (picture: Float32Array) =>
    picture.reduce((total, value, k) => total + weights[k]! * value, 5)
  for (const fill of [0, undefined]) {
    const { values, labels } = await kernelShap(scoring(linear), input, target, {
      segments: 25,
      samples: 200,
      fill,
    })
    expect(values.length).toBeGreaterThan(11)
    const expected = values.map((_, label) => {
      const inside = [...labels.keys()].filter((pixel) => labels[pixel] === label)
      const mean = sum(inside.map((pixel) => input.data[pixel]!)) / inside.length
      return sum(inside.map((pixel) => weights[pixel]! * (input.data[pixel]! - (fill ?? mean))))
    })
    expect(distance(values, expected)).toBeLessThan(1e-4)
  }
})

test('drawn coalitions come near the Shapley values, and the sum is exact however few they are', async () => {
  const run = (samples: number, seed = 0) =>
    kernelShap(scoring(together), even, target, { segments: 12, fill: 0, samples, seed })
  const { values: few, difference, labels } = await run(60)
  expect(difference).toBeCloseTo(
    together(new Float32Array(AREA).fill(1)) - together(new Float32Array(AREA)),
    3,
  )
  expect(Math.abs(sum(few) - difference)).toBeLessThan(1e-9 * Math.abs(difference))
  const exact = shapley(together, labels, 12)
  const { values: many } = await run(20_000)
  expect(distance(many, exact)).toBeLessThan(0.02)
  expect(distance(many, exact)).toBeLessThan(distance(few, exact))
})

test('each coalition is followed by its complement', async () => {
  const seen: Float32Array[] = []
  const of = (picture: Float32Array) => {
    seen.push(picture.slice())
    return together(picture)
  }
  await kernelShap(scoring(of), even, target, { segments: 16, fill: 0, samples: 81 })
  expect(seen.length).toBe(2 + 80)
  for (let k = 2; k < seen.length; k += 2) {
    expect(seen[k]!.map((value) => 1 - value)).toEqual(seen[k + 1])
    expect(seen[k]!.some((value) => value === 1) && seen[k]!.some((value) => value === 0)).toBe(true)
  }
})

test('the same seed gives the same bits, another seed other coalitions, whatever the batch size', async () => {
  const run = (options: object) =>
    kernelShap(scoring(together), even, target, { segments: 16, fill: 0, samples: 60, ...options })
  const { map } = await run({ seed: 'a' })
  expect((await run({ seed: 'a' })).map).toEqual(map)
  expect((await run({ seed: 'a', batch: 7 })).map).toEqual(map)
  expect(distance((await run({ seed: 'b' })).map.data, map.data)).toBeGreaterThan(0.01)
})

test('a signal stops it at once', async () => {
  const controller = new AbortController()
  const told: number[] = []
  const progress = (done: number) => {
    told.push(done)
    controller.abort(new Error('enough'))
  }
  const { signal } = controller
  await expect(kernelShap(scoring(together), even, target, { progress, signal })).rejects.toThrow('enough')
  expect(told).toEqual([8])
})

test('too few samples are refused, and senseless numbers are refused by name', async () => {
  const run = (options: object) => kernelShap(scoring(together), even, target, options)
  await expect(run({ samples: 10 })).rejects.toThrow(/^samples: are 10, too few for 49 segments\. Give more/)
  await expect(run({ samples: 1 })).rejects.toThrow(/^samples: is 1/)
  await expect(run({ compactness: -1 })).rejects.toThrow(/^compactness: is -1/)
})
