import { expect, test } from 'vitest'
import { lime } from '../../../src/explanation/methods/lime.ts'
import { distance, randomInput, scoring } from './network.ts'

const target = Float32Array.of(1, 0)
const input = randomInput([1, 2, 24, 30], 'input')
const weights = randomInput([1, 2, 24, 30], 'weights', -1, 1).data
const linear = scoring((picture) => picture.reduce((sum, value, k) => sum + weights[k]! * value, 3) / 100)
const nonlinear = scoring(
  (picture) => picture.reduce((sum, value, k) => sum + Math.max(0, weights[k]! * value) ** 2, 0) / 1e4,
)

/** What a linear score loses where a segment is filled, worked out pixel by pixel. */
function losses(labels: Int32Array, count: number, fill: number | undefined): number[] {
  return Array.from({ length: count }, (_, label) => {
    let loss = 0
    for (const channel of [0, 1]) {
      const inside = [...labels.keys()]
        .filter((pixel) => labels[pixel] === label)
        .map((p) => channel * 720 + p)
      const mean = inside.reduce((sum, k) => sum + input.data[k]!, 0) / inside.length
      for (const k of inside) loss += (weights[k]! * (input.data[k]! - (fill ?? mean))) / 100
    }
    return loss
  })
}

test.each([undefined, 0, 20])(
  'for a linear score the coefficients are what each segment adds: fill %s',
  async (fill) => {
    const { values, labels, map } = await lime(linear, input, target, {
      segments: 12,
      samples: 60,
      ridge: 0,
      compactness: 1000,
      fill,
    })
    expect(values.length).toBe(12)
    expect(distance(values, losses(labels, values.length, fill))).toBeLessThan(1e-4)
    expect(map.shape).toEqual([1, 24, 30])
    expect(map.data).toEqual(Float32Array.from(labels, (label) => values[label]!))
  },
)

test('a ridge shrinks the coefficients, and a negative target flips their sign', async () => {
  const run = (options: object, sign = 1) =>
    lime(linear, input, Float32Array.of(sign, 0), { segments: 12, samples: 60, ...options })
  const size = (values: readonly number[]) => values.reduce((sum, value) => sum + value ** 2, 0)
  const [free, some, much] = [await run({ ridge: 0 }), await run({ ridge: 1 }), await run({ ridge: 100 })]
  expect(size(some.values)).toBeLessThan(size(free.values))
  expect(size(much.values)).toBeLessThan(size(some.values) / 2)
  const { values } = await run({ ridge: 0 }, -1)
  expect(
    distance(
      values,
      free.values.map((value) => -value),
    ),
  ).toBeLessThan(1e-5)
})

test('near pictures count more: the fit minimises the errors that the kernel weighs', async () => {
  // The pictures that were run, and their scores.
  const seen: { picture: Float32Array; score: number }[] = []
  const options = { segments: 6, samples: 40, ridge: 0.5, kernel: 0.4 }
  const { values, labels } = await lime(
    async (inputs, targets) => {
      const scores = await nonlinear(inputs, targets)
      scores.forEach((score, k) => {
        seen.push({ picture: inputs.data.slice(k * 1440, (k + 1) * 1440), score })
      })
      return scores
    },
    input,
    target,
    options,
  )
  const rows = seen.map(({ picture, score }) => {
    const there = values.map((_, label) => {
      const pixel = labels.indexOf(label)
      return picture[pixel] === input.data[pixel] ? 1 : 0
    })
    const cosine = Math.sqrt(there.reduce<number>((sum, each) => sum + each, 0) / there.length)
    return { there, score, weight: Math.exp(-(((1 - cosine) / 0.4) ** 2)) }
  })
  expect(rows[0]!.there).toEqual(values.map(() => 1))
  const cost = (coefficients: readonly number[], constant: number) =>
    rows.reduce((sum, { there, score, weight }) => {
      const said = there.reduce<number>((total, each, k) => total + each * coefficients[k]!, constant)
      return sum + weight * (score - said) ** 2
    }, 0) +
    0.5 * coefficients.reduce((sum, value) => sum + value ** 2, 0)
  const total = rows.reduce((sum, { weight }) => sum + weight, 0)
  const constant =
    rows.reduce(
      (sum, { there, score, weight }) =>
        sum + weight * (score - there.reduce<number>((part, each, k) => part + each * values[k]!, 0)),
      0,
    ) / total
  const least = cost(values, constant)
  for (const step of [0.01, -0.01]) {
    for (const k of values.keys()) {
      expect(
        cost(
          values.map((value, i) => value + (i === k ? step : 0)),
          constant,
        ),
      ).toBeGreaterThan(least)
    }
    expect(cost(values, constant + step)).toBeGreaterThan(least)
  }
})

test('the same seed gives the same bits, another seed other samples, whatever the batch size', async () => {
  const run = (options: object) => lime(nonlinear, input, target, { segments: 12, samples: 50, ...options })
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
  await expect(lime(linear, input, target, { progress, signal: controller.signal })).rejects.toThrow('enough')
  expect(told).toEqual([8])
})

test('too few samples are refused, and senseless numbers are refused by name', async () => {
  const run = (options: object) => lime(linear, input, target, { segments: 12, ...options })
  await expect(run({ samples: 5, ridge: 0 })).rejects.toThrow(
    /^samples: are 5, too few for \d+ segments\. Give more/,
  )
  await expect(run({ segments: 0 })).rejects.toThrow(/^segments: is 0/)
  await expect(run({ kernel: 0 })).rejects.toThrow(/^kernel: is 0/)
  await expect(run({ ridge: -1 })).rejects.toThrow(/^ridge: is -1/)
  expect((await run({ samples: 1 })).values.every((value) => value === 0)).toBe(true)
})
