import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  accuracyByGroup,
  accuracyOf,
  confusionOf,
  oneOffOf,
  topClass,
} from '../../src/statistics/accuracy.ts'

const labels = [0, 0, 1, 2, 2]
const predicted = [0, 1, 1, 0, 2]

describe('accuracy', () => {
  const confusion = confusionOf(predicted, labels, 3)

  it('counts faces by true and predicted class', () => {
    expect(confusion).toEqual([
      [1, 1, 0],
      [0, 1, 0],
      [1, 0, 1],
    ])
  })

  it('is the share of right answers, with the number of faces', () => {
    expect(accuracyOf(confusion)).toEqual({ n: 5, correct: 3, accuracy: 0.6 })
  })

  it('also counts the class next to the right one as 1-off', () => {
    expect(oneOffOf(confusion)).toEqual({ n: 5, correct: 4, accuracy: 0.8 })
  })

  it('is given for each group of faces, which may overlap', () => {
    const groups = [['f', 'young'], ['m'], ['m'], ['f'], []]
    expect([...accuracyByGroup(predicted, labels, groups)]).toEqual([
      ['f', { n: 2, correct: 1, accuracy: 0.5 }],
      ['young', { n: 1, correct: 1, accuracy: 1 }],
      ['m', { n: 2, correct: 1, accuracy: 0.5 }],
    ])
  })

  it('is never more than 1-off, whatever was answered', () => {
    const pairs = fc.array(fc.tuple(fc.nat(7), fc.nat(7)), { minLength: 1 })
    fc.assert(
      fc.property(pairs, (answers) => {
        const counts = confusionOf(
          answers.map(([guess]) => guess),
          answers.map(([, truth]) => truth),
          8,
        )
        const right = answers.filter(([guess, truth]) => guess === truth).length
        const near = answers.filter(([guess, truth]) => Math.abs(guess - truth) <= 1).length
        expect(accuracyOf(counts)).toEqual({
          n: answers.length,
          correct: right,
          accuracy: right / answers.length,
        })
        expect(oneOffOf(counts).correct).toBe(near)
      }),
    )
  })

  it('refuses different numbers of answers and labels', () => {
    expect(() => confusionOf([0], labels, 3)).toThrow('1 answers do not fit 5 labels')
  })
})

describe('the top class', () => {
  it('has the highest score, the first of them in a tie', () => {
    expect(topClass([0.1, 0.7, 0.2])).toBe(1)
    expect(topClass(Float32Array.of(-3, -1, -1))).toBe(1)
  })
})
