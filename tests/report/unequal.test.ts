import { describe, expect, it } from 'vitest'
import { chanceOf } from '../../src/evaluation/score.ts'
import { accuracyTable } from '../../src/report/accuracyTables.ts'
import { pairsOf } from '../../src/report/comparisons.ts'
import { summary } from '../../src/report/prose.ts'
import { scoreOn } from '../../src/report/scored.ts'
import { tableHtml } from '../../src/report/table.ts'
import { wilson } from '../../src/statistics/interval.ts'
import { answers, type WrittenRun, writeStudy } from './writtenStudy.ts'

/** A network's run that has 3 of 4 faces right, on this many of them. */
const of = (faces: number, rest: Partial<WrittenRun> = {}): WrittenRun => ({
  task: 'gender',
  network: 'adiencenet',
  setting: 'r',
  right: { r: answers([true, (3 * faces) / 4], [false, faces / 4]) },
  ...rest,
})

describe('a study whose cells are not alike', () => {
  it('says of how many faces each cell tells, where some folds are not finished', () => {
    const study = writeStudy([of(40), of(40, { setting: 'm' }), of(80, { setting: 'm', fold: 1 })])
    expect(summary(study, undefined)!.text).toContain('on 40–120 faces of people')
    expect(tableHtml(accuracyTable(study, 'gender', 'own')!).text).toMatch(/>40<.*>120</s)
  })

  it('compares as differing in one thing only networks of one size', () => {
    const starts = (size: Partial<WrittenRun>) =>
      pairsOf(writeStudy([of(40), of(40, { setting: 'r,n', ...size })]), 'start')
    expect(starts({})).toHaveLength(1)
    expect(starts({ width: 0.5 })).toEqual([])
    expect(starts({ input: 64 })).toEqual([])
  })
})

describe('the interval of a score', () => {
  it('counts a few people once each, and does not trust that they are all alike', () => {
    const interval = (right: boolean[], people: number) => {
      const study = writeStudy([of(0, { right: { r: right } })], (k) => `s${k % people}`)
      return scoreOn(study, study.cells[0]!, 'r').accuracy.interval
    }
    const half = answers([true, 15], [false, 15])
    expect(interval(half, 1)).toEqual(wilson(0.5, 1))
    expect(interval(half, 5)).toEqual(wilson(2.5, 5))
    expect(interval(answers([true, 30]), 3)).toEqual(wilson(3, 3))
    expect(interval(answers([true, 30]), 30)).toEqual(wilson(30, 30))
  })
})

describe('the 1-off of always giving the commonest group', () => {
  it('is that of this group, even if another one has more neighbours', () => {
    const confusion = [4, 0, 3, 3, 3, 0, 0, 0].map((n, k) =>
      Array.from({ length: 8 }, (_, guess) => (guess === k ? n : 0)),
    )
    expect(chanceOf({ confusion, groups: [] })).toMatchObject({
      majority: { class: 0, accuracy: 4 / 13 },
      majorityOneOff: 4 / 13,
    })
  })
})
