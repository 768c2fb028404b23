import { describe, expect, it } from 'vitest'
import { PAPER_LETTERS, PAPER_SETTINGS, paperScore } from '../../src/report/paper.ts'
import { parseSetting } from '../../src/study/setting.ts'

describe('the paper’s figures', () => {
  const all = (task: 'age' | 'gender', test: 'own' | 'swapped') =>
    PAPER_LETTERS.flatMap((letter) =>
      PAPER_SETTINGS[test].flatMap((setting) => paperScore(task, test, letter, setting) ?? []),
    )

  it('match the number of table cells without a dash', () => {
    for (const task of ['age', 'gender'] as const) {
      expect(all(task, 'own')).toHaveLength(3 * 3 + 3 + 2 + 3 + 1 + 1)
      expect(all(task, 'swapped')).toHaveLength(2 * 3 + 2 * 2)
    }
  })

  it('have 1-off only for age, never below accuracy', () => {
    for (const test of ['own', 'swapped'] as const) {
      for (const { accuracy, oneOff } of all('age', test)) expect(oneOff).toBeGreaterThan(accuracy)
      for (const { oneOff } of all('gender', test)) expect(oneOff).toBeUndefined()
    }
  })

  it('are those of its best networks', () => {
    expect(paperScore('age', 'own', 'V', parseSetting('m,w'))).toEqual({ accuracy: 62.8, oneOff: 95.8 })
    expect(paperScore('gender', 'own', 'V', parseSetting('m,n'))).toEqual({ accuracy: 92.6 })
    expect(paperScore('age', 'swapped', 'G', parseSetting('r,n'))).toEqual({ accuracy: 53.6, oneOff: 89.9 })
    expect(paperScore('age', 'own', 'A', parseSetting('m,w'))).toBeUndefined()
    expect(paperScore('years', 'own', 'V', parseSetting('m,w'))).toBeUndefined()
  })
})
