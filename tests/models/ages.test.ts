import { expect, test } from 'vitest'
import { GraphBuilder } from '../../src/graph/builder.ts'
import { agesOf, agesToAsk } from '../../src/models/ages.ts'
import { modelOf, type OpenedCard } from '../../src/models/model.ts'

/** A network with two outputs of five classes each, `age` and `mood`, and `years`, one number. */
function network() {
  const g = new GraphBuilder('three')
  const x = g.input('x', 'float32', ['batch', 5])
  g.output('age', g.op('Softmax', [x]))
  g.output('mood', g.op('Softmax', [g.op('Neg', [x])]))
  g.output('years', g.slice(x, { 1: [1, 2] }))
  return g.graph()
}

const opened = (card: OpenedCard, output = 'age') => modelOf(network(), 'three', card, { output })

test('ages are those of the card', () => {
  const groups = { classes: ['0-20', '21-30', '31-40', '41-60', '61+'], ages: [12, 25, 35, 50, 68] }
  const model = opened({ answers: [{ output: 'age', task: 'years', ...groups }] })
  expect(agesOf(model)).toEqual([12, 25, 35, 50, 68])
  expect(agesToAsk(model)).toEqual([12, 25, 35, 50, 68])
})

test('one number stands for itself', () => {
  const model = opened({ answers: [{ output: 'years', task: 'years' }] }, 'years')
  expect(agesOf(model)).toBeUndefined()
  expect(agesToAsk(model)).toBeUndefined()
})

test('an answer in years needs ages that something states', () => {
  const unsaid = (answer: object) => () =>
    agesOf(opened({ answers: [{ output: 'age', task: 'years', ...answer }] }))
  expect(unsaid({})).toThrow(
    /three: the ages that its 5 classes stand for are unknown\. Give them in its card/,
  )
  expect(unsaid({ classes: ['a', 'b', 'c', 'd', 'e'] })).toThrow(
    /the age that the class a stands for is unknown/,
  )
  expect(unsaid({ ages: [1, 2] })).toThrow(/there are 2 ages, and the output age has 5 classes/)
  expect(unsaid({ classes: ['10', '20', '30', '40', '50'] })()).toEqual([10, 20, 30, 40, 50])
})

test('groups can be asked for ages by their middles; other classes cannot', () => {
  expect(agesToAsk(opened({ classes: ['0-2', '4-6', '8-12', '15-20', '60+'] }))).toEqual([1, 5, 10, 17.5, 70])
  expect(agesToAsk(opened({ classes: ['a', 'b', 'c', 'd', 'e'] }))).toBeUndefined()
  expect(agesToAsk(opened({}))).toBeUndefined()
})

test('the ages of one output are not those of another', () => {
  const card = { output: 'age', task: 'years', ages: [10, 20, 30, 40, 50] }
  expect(agesToAsk(opened(card, 'age'))).toEqual([10, 20, 30, 40, 50])
  expect(agesToAsk(opened(card, 'mood'))).toBeUndefined()
})

test('names that are given besides the answers of a card are asked for ages as well', () => {
  const card = {
    answers: [{ output: 'age', task: 'years' }],
    classes: ['10', '20', '30', '40', '50'],
  } satisfies OpenedCard
  expect(agesToAsk(opened(card))).toEqual([10, 20, 30, 40, 50])
})
