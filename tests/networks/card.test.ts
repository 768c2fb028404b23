import { describe, expect, it } from 'vitest'
import { type Card, cardPathOf, formatCard, parseCard } from '../../src/networks/card.ts'

const card: Card = {
  network: 'adiencenet',
  task: 'age',
  classes: ['0-2', '4-6', '60+'],
  output: 'logits',
  input: { name: 'images', size: 227, layout: 'NCHW', channels: 'BGR', scale: 1, mean: 'model.mean.npy' },
  picture: 256,
  alignment: 'r',
  composite: 'paper',
  trainedOn: { dataset: 'aaf', setting: 'm', fold: 0, seed: 'a seed', iterations: 50000 },
}

describe('a model card', () => {
  it('is written as YAML that is read back equal', () => {
    expect(parseCard(formatCard(card), 'model.card.yaml')).toEqual(card)
    const mean: Card = { ...card, input: { ...card.input, mean: [104, 117, 123] } }
    expect(parseCard(formatCard(mean), 'model.card.yaml')).toEqual(mean)
  })

  it('keeps class names that look like numbers as names', () => {
    const text = formatCard(card).replace(/ {2}- 0-2\n {2}- 4-6\n/, '  - 0\n  - 1\n')
    expect(parseCard(text, 'model.card.yaml').classes).toEqual(['0', '1', '60+'])
  })

  it('lies beside its model', () => {
    expect(cardPathOf('runs/faces.onnx')).toBe('runs/faces.card.yaml')
  })

  it.each([
    [
      'a mistyped field',
      /^alignment/m,
      'aligment',
      /:16:1: aligment is not a known field. Did you mean “alignment”\?/,
    ],
    ['another order of channels', /BGR/, 'RGB', /:12:13: input\.channels must be BGR, not “RGB”/],
    [
      'a composite that is not known',
      /: paper/,
      ': papr',
      /composite must be paper, not “papr”. Did you mean “paper”\?/,
    ],
    ['a picture smaller than the crop', /: 256/, ': 200', /picture must be at least as large as input\.size/],
    [
      'a mean in another folder',
      /model\.mean/,
      '../model.mean',
      /input\.mean must be the name of an \.npy file beside/,
    ],
    [
      'a mean of two numbers',
      /model\.mean\.npy/,
      '[1, 2]',
      /input\.mean must be the name of an \.npy file beside/,
    ],
    ['a single class', / {2}- 0-2\n {2}- 4-6\n/, '', /classes must have at least 2 items/],
  ])('with %s is turned down, naming the line and the field', (_, from, to, message) => {
    const text = formatCard(card)
    expect(text).toMatch(from)
    expect(() => parseCard(text.replace(from, to), 'model.card.yaml')).toThrow(message)
  })
})
