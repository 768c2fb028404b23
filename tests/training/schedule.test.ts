import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { paperSchedule, quickSchedule } from '../../src/training/presets.ts'
import { isOutOfPatience, rateAt, type Schedule } from '../../src/training/schedule.ts'

const common = {
  batch: 8,
  iterations: 1000,
  rate: 0.01,
  momentum: 0.9,
  decay: 0.0005,
  validateEvery: 10,
  checkpointEvery: 10,
}
const iteration = fc.integer({ min: 0, max: 999 })

// The formulas are those of Caffe's sgd_solver.cpp, GetLearningRate.
describe('the learning rate', () => {
  it('step: base · gamma ^ floor(iteration / step)', () => {
    fc.assert(
      fc.property(iteration, fc.integer({ min: 1, max: 2000 }), (at, every) => {
        let rate = common.rate
        for (let drop = every; drop <= at; drop += every) rate *= 0.5
        expect(rateAt({ ...common, policy: 'step', gamma: 0.5, every }, at)).toBeCloseTo(rate, 12)
      }),
    )
  })

  it('multistep, which need not be named: base · gamma ^ (steps passed)', () => {
    const schedule = { ...common, gamma: 0.1, steps: [100, 400] }
    const rates = [0, 99, 100, 399, 400, 999].map((at) => rateAt(schedule, at))
    ;[0.01, 0.01, 0.001, 0.001, 0.0001, 0.0001].forEach((rate, k) => {
      expect(rates[k]).toBeCloseTo(rate, 12)
    })
    fc.assert(
      fc.property(iteration, (at) => {
        expect(rateAt({ ...schedule, policy: 'multistep' }, at)).toBe(rateAt(schedule, at))
      }),
    )
  })

  it('poly: base · (1 − iteration / iterations) ^ power', () => {
    const schedule = { ...common, policy: 'poly' as const, power: 0.5 }
    expect(rateAt(schedule, 0)).toBe(0.01)
    expect(rateAt(schedule, 750)).toBeCloseTo(0.005, 12)
    expect(rateAt({ ...schedule, power: 2 }, 900)).toBeCloseTo(0.0001, 12)
  })

  it('cosine: from the base through its half to zero', () => {
    const schedule = { ...common, policy: 'cosine' as const }
    expect(rateAt(schedule, 0)).toBe(0.01)
    expect(rateAt(schedule, 500)).toBeCloseTo(0.005, 12)
    expect(rateAt(schedule, 999)).toBeLessThan(1e-7)
  })

  it('warms up in equal steps to the rate of any policy', () => {
    const policies: Schedule[] = [
      { ...common, gamma: 0.1, steps: [3] },
      { ...common, policy: 'step', gamma: 0.1, every: 3 },
      { ...common, policy: 'poly', power: 1 },
      { ...common, policy: 'cosine' },
    ]
    for (const schedule of policies) {
      const warm: Schedule = { ...schedule, warmup: 10 }
      for (let at = 0; at < 20; at++) {
        expect(rateAt(warm, at)).toBeCloseTo(rateAt(schedule, at) * Math.min((at + 1) / 10, 1), 12)
      }
    }
  })
})

describe('patience', () => {
  const schedule = { ...common, policy: 'cosine' as const, patience: 2 }

  it('ends after this many validations without a new best', () => {
    expect(isOutOfPatience(schedule, [])).toBe(false)
    expect(isOutOfPatience(schedule, [0.5, 0.4])).toBe(false)
    expect(isOutOfPatience(schedule, [0.5, 0.4, 0.5])).toBe(true)
    expect(isOutOfPatience(schedule, [0.5, 0.4, 0.6])).toBe(false)
  })

  it('never ends if none is given', () => {
    expect(isOutOfPatience({ ...common, policy: 'cosine' }, [0.9, 0.1, 0.1, 0.1])).toBe(false)
  })
})

describe('presets', () => {
  it("paper: the paper's table", () => {
    expect(paperSchedule('adiencenet', 'random', false)).toMatchObject({
      policy: 'step',
      rate: 0.001,
      gamma: 0.1,
      every: 10_000,
      batch: 50,
      iterations: 50_000,
    })
    expect(paperSchedule('caffenet', 'imagenet', true)).toMatchObject({ gamma: 0.3, every: 10_000 })
    expect(paperSchedule('googlenet', 'imagenet', false)).toMatchObject({ rate: 0.0005, iterations: 170_000 })
    expect(paperSchedule('vgg16', 'imdb-wiki', false)).toMatchObject({ every: 12_500, iterations: 125_000 })
    expect(paperSchedule('vgg16', 'imagenet', true)).toMatchObject({ every: 25_000, iterations: 250_000 })
    expect(paperSchedule('vgg16', 'random', false)).toBe(undefined)
  })

  it('neither preset stops early, as the paper ignores better networks on the way', () => {
    expect(paperSchedule('adiencenet', 'random', false)).not.toHaveProperty('patience')
    expect(quickSchedule('random')).not.toHaveProperty('patience')
  })
})
