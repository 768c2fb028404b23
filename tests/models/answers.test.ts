import { describe, expect, test } from 'vitest'
import { GraphBuilder } from '../../src/graph/builder.ts'
import { parseCard } from '../../src/models/card.ts'
import { answersOf, isPlain, modelOf, type OpenedCard } from '../../src/models/model.ts'

/** A network with outputs `age` of five classes, `gender` of one logit and `years`, one number. */
function network() {
  const g = new GraphBuilder('two')
  const x = g.input('x', 'float32', ['batch', 5])
  g.output('age', g.op('Softmax', [x]))
  g.output('gender', g.op('Sigmoid', [g.slice(x, { 1: [0, 1] })]))
  g.output('years', g.slice(x, { 1: [1, 2] }))
  return g.graph()
}

const card: OpenedCard = {
  answers: [
    {
      output: 'age',
      task: 'years',
      classes: ['0-20', '21-30', '31-40', '41-60', '61+'],
      ages: [12, 25, 35, 50, 68],
    },
    { output: 'gender', task: 'gender', classes: ['f', 'm'] },
    { output: 'years', task: 'years' },
  ],
}

describe('a card may describe several answers', () => {
  test('the model opens once for each, with its own classes and task', () => {
    const answers = answersOf(modelOf(network(), 'two', card))
    expect(answers.map(({ output, task, classes }) => [output, task, classes.length])).toEqual([
      ['age', 'years', 5],
      ['gender', 'gender', 2],
      ['years', 'years', 1],
    ])
    expect(answers.map(isPlain)).toEqual([false, false, true])
  })

  test('parts of outputs are outputs of one network, which all answers share', () => {
    const g = new GraphBuilder('parts')
    const x = g.input('x', 'float32', ['batch', 6])
    g.output('y', g.op('Softmax', [g.reshape(x, [-1, 2, 3])]))
    g.output('z', g.op('Softmax', [x]))
    const parts: OpenedCard = { answers: [{ output: 'z' }, { output: 'y[0]' }, { output: 'y[1]' }] }
    const answers = answersOf(modelOf(g.graph(), 'parts', parts))
    expect(new Set(answers.map(({ network }) => network)).size).toBe(1)
    expect(answers[0]!.network.outputs.map(({ name }) => name)).toEqual(['y', 'z', 'y[0]', 'y[1]'])
  })

  test('the first is the default', () => {
    expect(modelOf(network(), 'two', card).output).toBe('age')
    expect(modelOf(network(), 'two', card, { output: 'gender' }).classes).toEqual(['f', 'm'])
  })

  test('a model whose card describes one answer has that one', () => {
    const model = modelOf(network(), 'two', { output: 'gender', task: 'gender', classes: ['f', 'm'] })
    expect(answersOf(model)).toEqual([model])
  })

  test('answers and a single answer exclude each other', () => {
    const text = 'answers:\n  - output: a\n    task: years\noutput: b\n'
    expect(() => parseCard(text, 'x.card.yaml')).toThrow(/answers replace output, task, classes and ages/)
  })

  test.each([
    ['alignment: q', /alignment must be r, i, or a window around the box of a face/],
    ['alignment: { box: 0 }', /alignment/],
    ['alignment: { box: [1, 2, 3] }', /alignment/],
  ])('says what an alignment may be: %s', (text, message) => {
    expect(() => parseCard(text, 'x.card.yaml')).toThrow(message)
  })

  test('an alignment may be a window', () => {
    expect(parseCard('alignment: { box: [1.1, 1.2], down: -0.1 }', 'x').alignment).toEqual({
      box: [1.1, 1.2],
      down: -0.1,
    })
  })
})
