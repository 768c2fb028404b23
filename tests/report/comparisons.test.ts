import { describe, expect, it } from 'vitest'
import { comparisonsOf } from '../../src/report/comparisons.ts'
import { answers, writeStudy } from './writtenStudy.ts'

/** Answers to 917 faces: only one network has 33 right, only the other 59, and both 750. */
const A = answers([true, 33], [false, 59], [true, 750], [false, 75])
const B = answers([false, 33], [true, 59], [true, 750], [false, 75])

const gender = { task: 'gender', network: 'adiencenet' } as const

describe('a comparison', () => {
  const study = writeStudy([
    { ...gender, setting: 'r', right: { r: B, i: A } },
    { ...gender, setting: 'i', right: { r: B, i: A } },
  ])

  it('compares accuracy on each one’s own test set, with McNemar’s p and the bootstrap’s interval', () => {
    const [one, ...others] = comparisonsOf(study)
    expect(others).toEqual([])
    expect(one).toMatchObject({
      task: 'gender',
      kind: 'preprocessing',
      a: 'A [i]',
      b: 'A [r]',
      n: 917,
      onlyA: 33,
      onlyB: 59,
    })
    expect(one!.difference).toBeCloseTo(26 / 917, 12)
    // scipy.stats.binomtest(33, 92, .5).pvalue, and the interval of tests/evaluation/bootstrap.test.ts.
    expect(one!.p).toBeCloseTo(0.008780930806975229, 12)
    expect(one!.pAdjusted).toBe(one!.p)
    expect(Math.abs(one!.interval.low - 0.007634)).toBeLessThan(0.003)
    expect(Math.abs(one!.interval.high - 0.049073)).toBeLessThan(0.003)
  })

  it('is the same each time', () => {
    expect(comparisonsOf(study)).toEqual(comparisonsOf(study))
  })

  it('is less sure if the faces are of fewer people', () => {
    const few = writeStudy(
      [
        { ...gender, setting: 'r', right: { r: B, i: A } },
        { ...gender, setting: 'i', right: { r: B, i: A } },
      ],
      (k) => `s${Math.floor(k / 20)}`,
    )
    const [one] = comparisonsOf(few)
    expect(one!.onlyB).toBe(59)
    expect(one!.p).toBeGreaterThan(0.3)
    expect(one!.interval.low).toBeLessThan(0)
  })

  it('pairs faces by name, and leaves out those that only one was tested on', () => {
    const [one] = comparisonsOf(
      writeStudy([
        { ...gender, setting: 'r', fold: 0, right: { r: [true, true], i: [true, true] } },
        { ...gender, setting: 'r', fold: 1, right: { r: [true, true], i: [true, true] } },
        { ...gender, setting: 'i', fold: 1, right: { r: [false, true], i: [false, true] } },
      ]),
    )
    expect(one).toMatchObject({ n: 2, onlyA: 0, onlyB: 1, difference: 0.5 })
  })
})

describe('the comparisons of a study', () => {
  const cell = (
    task: 'age' | 'gender',
    network: 'adiencenet' | 'caffenet' | 'googlenet',
    setting: 'i' | 'r' | 'm' | 'r,n',
  ) => ({ task, network, setting, right: { r: A, i: B } })
  const study = writeStudy([
    cell('age', 'googlenet', 'r'),
    cell('age', 'googlenet', 'r,n'),
    cell('age', 'adiencenet', 'm'),
    cell('age', 'adiencenet', 'r'),
    cell('age', 'adiencenet', 'i'),
    cell('age', 'caffenet', 'r'),
    cell('gender', 'adiencenet', 'r'),
    cell('gender', 'googlenet', 'i'),
  ])
  const made = comparisonsOf(study)

  it('compare cells that differ in one thing, in the paper’s order', () => {
    expect(made.map(({ task, kind, a, b }) => `${task} ${kind}: ${a} – ${b}`).sort()).toEqual([
      'age network: A [r] – C [r]',
      'age network: A [r] – G [r]',
      'age network: C [r] – G [r]',
      'age preprocessing: A [i] – A [m]',
      'age preprocessing: A [i] – A [r]',
      'age preprocessing: A [r] – A [m]',
      'age start: G [r] – G [r,n]',
    ])
  })

  it('are corrected by Holm within a task and kind', () => {
    const of = (b: string, a = 'A [i]') => made.find((one) => one.a === a && one.b === b)!
    // Two of the three have p = 0.0088, the third compares the same answers.
    expect(of('A [m]').pAdjusted).toBeCloseTo(3 * of('A [m]').p, 12)
    expect(of('A [r]').pAdjusted).toBeCloseTo(3 * of('A [r]').p, 12)
    expect(of('A [m]', 'A [r]').pAdjusted).toBe(1)
  })
})
