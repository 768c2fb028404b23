import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  agesNamed,
  classesWithin,
  groupWeights,
  meanOf,
  softmaxOf,
  yearWeights,
} from '../../src/explanation/years.ts'

const AGES = Array.from({ length: 101 }, (_, k) => k)
const GROUPS = ['0-2', '4-6', '8-13', '15-20', '25-32', '38-43', '48-53', '60+']

/** A distribution over some ages with two humps, by logits. */
const answers = fc
  .record({
    centres: fc.tuple(
      fc.double({ min: 5, max: 95, noNaN: true }),
      fc.double({ min: 5, max: 95, noNaN: true }),
    ),
    width: fc.double({ min: 3, max: 20, noNaN: true }),
    shift: fc.double({ min: -20, max: 20, noNaN: true }),
  })
  .map(({ centres: [a, b], width, shift }) =>
    AGES.map(
      (age) =>
        shift +
        Math.log(
          Math.exp(-(((age - a) / width) ** 2) / 2) + 0.3 * Math.exp(-(((age - b) / width) ** 2) / 2) + 1e-9,
        ),
    ),
  )

const expectedOf = (logits: readonly number[]) => meanOf(AGES, softmaxOf(logits))

/** The derivative of a function with respect to each of its numbers, by central differences. */
function slopesOf(of: (values: readonly number[]) => number, at: readonly number[]): number[] {
  const step = 1e-5
  return at.map((_, k) => {
    const moved = (by: number) => of(at.map((value, j) => (j === k ? value + by : value)))
    return (moved(step) - moved(-step)) / (2 * step)
  })
}

describe('the weights of years', () => {
  it('are the derivative of the expected age by the logits', () => {
    fc.assert(
      fc.property(answers, (logits) => {
        const slopes = slopesOf(expectedOf, logits)
        yearWeights(logits, AGES).forEach((weight, k) => {
          expect(Math.abs(weight - slopes[k]!)).toBeLessThan(1e-7 * 100)
        })
      }),
      { numRuns: 20 },
    )
  })

  it('add up to zero, so that what raises all logits does not count', () => {
    fc.assert(
      fc.property(answers, fc.option(fc.double({ min: 1, max: 99, noNaN: true })), (logits, reference) => {
        const weights = yearWeights(logits, AGES, reference ?? undefined)
        expect(Math.abs(weights.reduce((a, b) => a + b))).toBeLessThan(1e-9)
      }),
    )
  })

  it('against an age are the mean of the derivatives on the path from it to the answer', () => {
    fc.assert(
      fc.property(answers, fc.double({ min: 2, max: 98, noNaN: true }), (logits, reference) => {
        fc.pre(Math.abs(expectedOf(logits) - reference) > 0.5)
        const lambda = lambdaOf(logits, reference)
        // Simpson's rule over the path, on which the distribution at `by` is p·exp(−by·age), normalised.
        const parts = 200
        const mean = AGES.map(() => 0)
        for (let part = 0; part <= parts; part++) {
          const share = part === 0 || part === parts ? 1 : part % 2 ? 4 : 2
          const at = logits.map((logit, k) => logit - (lambda * part * AGES[k]!) / parts)
          yearWeights(at, AGES).forEach((slope, k) => {
            mean[k]! += (share * slope) / (3 * parts)
          })
        }
        yearWeights(logits, AGES, reference).forEach((weight, k) => {
          expect(Math.abs(weight - mean[k]!)).toBeLessThan(1e-4)
        })
      }),
      { numRuns: 20 },
    )
  })

  it('against an age explain the years between: the weights, times how far the logits move', () => {
    const logits = AGES.map((age) => -(((age - 42) / 9) ** 2))
    const weights = yearWeights(logits, AGES, 30)
    const lambda = lambdaOf(logits, 30)
    const between = weights.reduce((sum, weight, k) => sum + weight * lambda * AGES[k]!, 0)
    expect(between).toBeCloseTo(expectedOf(logits) - 30, 6)
    // The ages around the answer speak for it, and those around the reference against it.
    expect(weights[45]).toBeGreaterThan(0)
    expect(weights[28]).toBeLessThan(0)
  })

  it('against nearly the expected age are those without a reference', () => {
    const logits = AGES.map((age) => -(((age - 42) / 9) ** 2))
    const [plain, near] = [yearWeights(logits, AGES), yearWeights(logits, AGES, expectedOf(logits) + 1e-9)]
    near.forEach((weight, k) => {
      expect(weight).toBeCloseTo(plain[k]!, 9)
    })
  })

  it('are refused against an age that no answer could have', () => {
    expect(() => yearWeights([1, 2, 3], [10, 20, 30], 30)).toThrow(
      /age 30, .* lies outside the ages of its classes, 10 to 30/,
    )
    expect(() => yearWeights([1, 2, 3], [10, 20, 30], 5)).toThrow(/age 5/)
  })
})

/** The factor of the tilt under which an age is expected, by bisection. */
function lambdaOf(logits: readonly number[], reference: number): number {
  let [low, high] = [-1e3, 1e3]
  for (let turn = 0; turn < 200; turn++) {
    const middle = (low + high) / 2
    if (expectedOf(logits.map((logit, k) => logit - middle * AGES[k]!)) > reference) low = middle
    else high = middle
  }
  return low
}

describe('a group of classes', () => {
  it('counts as the derivative of its own logit', () => {
    const members = [60, 61, 70, 90]
    fc.assert(
      fc.property(answers, (logits) => {
        const own = (all: readonly number[]) =>
          Math.log(members.reduce((sum, k) => sum + Math.exp(all[k]!), 0))
        const slopes = slopesOf(own, logits)
        groupWeights(logits, members).forEach((weight, k) => {
          expect(weight).toBeCloseTo(slopes[k]!, 5)
        })
      }),
      { numRuns: 10 },
    )
  })

  it('is named by its ages', () => {
    const single = AGES.map(String)
    expect(classesWithin('60+', single)).toEqual(AGES.slice(60))
    expect(classesWithin('20-23', single)).toEqual([20, 21, 22, 23])
    expect(classesWithin('25-43', GROUPS)).toEqual([4, 5])
    expect(classesWithin('60+', GROUPS)).toEqual([7])
    expect(classesWithin('old', GROUPS)).toEqual([])
  })
})

describe('the ages of classes', () => {
  it('are the middles of groups, and ten years above the start of an open-ended one', () => {
    expect(agesNamed(GROUPS)).toEqual([1, 5, 10.5, 17.5, 28.5, 40.5, 50.5, 70])
    expect(agesNamed(['(0, 2)', '3', 'more than 70'])).toEqual([1, 3, 80])
  })

  it('do not exist if some class is not an age, or all are the same', () => {
    expect(agesNamed(['m', 'f'])).toBeUndefined()
    expect(agesNamed(['10', 'unknown'])).toBeUndefined()
    expect(agesNamed(['10', '10'])).toBeUndefined()
  })
})
