import { describe, expect, it } from 'vitest'
import { intervalOf, peopleOf } from '../../src/report/people.ts'
import { wilson } from '../../src/statistics/interval.ts'

/** Faces of this many people, with wrong answers for every fifth. */
const faces = (people: number, each: number) =>
  Array.from({ length: people * each }, (_, k) => {
    const person = k % people
    return { subject: `s${person}`, value: person % 5 === 4 ? 0 : 1 }
  })

describe('faces by person', () => {
  it('are summed, wherever a person’s faces appear', () => {
    const values = ['b', 'a', 'b', 'c', 'b'].map((subject, value) => ({ subject, value }))
    expect(peopleOf(values)).toEqual({ sums: [6, 1, 3], faces: [3, 1, 1] })
  })

  it('have about Wilson’s interval for one face each, and a wider one for several faces', () => {
    const plain = wilson(400, 500)
    const single = intervalOf(faces(500, 1), 'seed')
    expect(Math.abs(single.low - plain.low)).toBeLessThan(0.006)
    expect(Math.abs(single.high - plain.high)).toBeLessThan(0.006)
    const few = intervalOf(faces(50, 10), 'seed')
    expect(few.high - few.low).toBeGreaterThan(2.5 * (plain.high - plain.low))
  })
})
