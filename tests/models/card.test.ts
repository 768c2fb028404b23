import { describe, expect, it } from 'vitest'
import { type Card, formatCard, parseCard } from '../../src/models/card.ts'
import { cardPathOf } from '../../src/models/model.ts'

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
  it('is written as YAML that reads back equal', () => {
    expect(parseCard(formatCard(card), 'model.card.yaml')).toEqual(card)
    const mean: Card = { ...card, input: { ...card.input, mean: [104, 117, 123] } }
    expect(parseCard(formatCard(mean), 'model.card.yaml')).toEqual(mean)
  })

  it('of any network may state only what is needed', () => {
    const text = 'input:\n  channels: RGB\n  scale: [0.017, 0.0175, 0.0174]\n  mean: means.binaryproto\n'
    expect(parseCard(text, 'cats.card.yaml')).toEqual({
      input: { channels: 'RGB', scale: [0.017, 0.0175, 0.0174], mean: 'means.binaryproto' },
    })
    const names = 'classes: synsets.txt\ninput: {height: 200, width: 300}\npicture: [220, 330]\nfit: crop\n'
    expect(parseCard(names, 'cats.card.yaml')).toEqual({
      classes: 'synsets.txt',
      input: { height: 200, width: 300 },
      picture: [220, 330],
      fit: 'crop',
    })
  })

  it('keeps class names that look like numbers as names', () => {
    const text = formatCard(card).replace(/ {2}- 0-2\n {2}- 4-6\n/, '  - 0\n  - 1\n')
    expect(parseCard(text, 'model.card.yaml').classes).toEqual(['0', '1', '60+'])
  })

  it('lies beside its model', () => {
    expect(cardPathOf('runs/faces.onnx')).toBe('runs/faces.card.yaml')
    expect(cardPathOf('a.b/model.json')).toBe('a.b/model.card.yaml')
  })

  it.each([
    [
      'a mistyped field',
      /^alignment/m,
      'aligment',
      /:16:1: aligment is not a known field. Did you mean “alignment”\?/,
    ],
    [
      'an order of channels that is none',
      /BGR/,
      'GBR',
      /:12:13: input\.channels must be BGR or RGB or gray, not “GBR”\. Did you mean “BGR”\?/,
    ],
    [
      'a composite that is not known',
      /: paper/,
      ': papr',
      /composite must be paper or .*, not “papr”. Did you mean “paper”\?/,
    ],
    [
      'a composite of one’s own whose rule is not known',
      /composite: paper/,
      'composite: { name: own, layers: [{ rule: epsilo, epsilon: 1 }] }',
      /composite layers\[0\]\.rule must be .*Did you mean “epsilon”\?/,
    ],
    [
      'a picture smaller than the crop',
      /: 256/,
      ': 200',
      /picture must be at least as large as the network's input/,
    ],
    [
      'a mean in another folder',
      /model\.mean/,
      '../model.mean',
      /input\.mean must be one number, one for each/,
    ],
    [
      'classes in another folder',
      /classes:\n( {2}- .*\n)+/,
      'classes: ../names.txt\n',
      /classes must be a list of/,
    ],
    ['a scale of zero', /scale: 1/, 'scale: [1, 0, 1]', /input\.scale\[1\] must be .* none of them 0/],
    ['a height without a width', /size: 227/, 'height: 227', /input\.height and width belong together/],
    ['a size said twice', /size: 227/, 'size: 227\n  height: 227\n  width: 227', /input\.size means height/],
  ])('with %s is refused, with the line and the field', (_, from, to, message) => {
    const text = formatCard(card)
    expect(text).toMatch(from)
    expect(() => parseCard(text.replace(from, to), 'model.card.yaml')).toThrow(message)
  })
})
