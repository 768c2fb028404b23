import { describe, expect, it } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { signFlip } from '../../src/statistics/mcnemar.ts'
import { permutationTest, signFlipTest } from '../../src/statistics/permutation.ts'

const rows = (...values: number[]) => values.map((value) => [value])

describe('the permutation test', () => {
  it('finds the share of all ways to deal people that are at least as far apart', () => {
    // Of the 20 ways to deal 1, 2, 3, 7, 8, 9 to two groups of three, two are as far apart as {1, 2, 3} and {7, 8, 9}.
    const [p] = permutationTest(rows(1, 2, 3), rows(7, 8, 9), { seed: 1, draws: 40_000 })
    expect(p).toBeCloseTo(2 / 20, 2)
    // Of the 10 ways to deal 0, 1, 2, 3, 10 to two and three, the two apart by 6.5 − 1 or more: {3, 10} and {2, 10}
    // by 5.5 and 14 / 3, {1, 10} by 3.83, …; only the first counts, as |1.5 − 6.5 …| of the others is less.
    const [q] = permutationTest(rows(3, 10), rows(0, 1, 2), { seed: 2, draws: 40_000 })
    expect(q).toBeCloseTo(1 / 10, 2)
  })

  it('tests several kinds of values by the same draws, each as if it were alone', () => {
    const a = [
      [1, 50],
      [2, -3],
      [3, 8],
    ]
    const b = [
      [7, 51],
      [8, -4],
      [9, 8],
    ]
    const options = { seed: 'both', draws: 500 }
    const both = permutationTest(a, b, options)
    const alone = [0, 1].map((kind) => {
      const of = (group: number[][]) => group.map((row) => [row[kind]!])
      return permutationTest(of(a), of(b), options)[0]
    })
    expect(both).toEqual(alone)
  })

  it('says nothing about a group without people', () => {
    expect(permutationTest([], rows(1, 2), { seed: 1 })).toEqual([Number.NaN])
  })

  it('calls one in twenty differences significant if there is none', () => {
    const random = new Random('null')
    let significant = 0
    for (let trial = 0; trial < 300; trial++) {
      const [a, b] = [11, 14].map((n) => Array.from({ length: n }, () => [random.normal()]))
      const [p] = permutationTest(a!, b!, { seed: trial, draws: 199 })
      if (p! <= 0.05) significant++
    }
    // A binomial of 300 with 0.05 lies between 5 and 28 in all but one of ten thousand cases.
    expect(significant).toBeGreaterThanOrEqual(5)
    expect(significant).toBeLessThanOrEqual(28)
  })
})

describe('the sign-flip test', () => {
  it('agrees with the exact one for whole numbers, within the spread of draws', () => {
    const differences = [3, -1, 2, 2, 0, 1, 4, -2, 1, 1]
    const [p] = signFlipTest(rows(...differences), { seed: 1, draws: 40_000 })
    expect(p).toBeCloseTo(signFlip(differences), 2)
  })

  it('is never 0, and is 1 for differences that cancel', () => {
    const [p] = signFlipTest(rows(...Array.from({ length: 60 }, () => 1)), { seed: 1, draws: 999 })
    expect(p).toBe(1 / 1000)
    expect(signFlipTest(rows(1, -1), { seed: 1 })).toEqual([1])
  })
})
