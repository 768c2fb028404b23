import { describe, expect, test } from 'vitest'
import { UserError } from '../../src/base/errors.ts'
import { GraphBuilder, type Value } from '../../src/graph/builder.ts'
import { float32, type Graph } from '../../src/graph/types.ts'
import { assign } from '../../src/rules/composites/assign.ts'
import {
  type CompositeEntryInput,
  completed,
  type RelevanceComposite,
} from '../../src/rules/composites/composite.ts'
import { composites } from '../../src/rules/composites/presets.ts'
import { parseComposite } from '../../src/rules/composites/read.ts'
import { relevance } from '../../src/rules/relevance/relevance.ts'

/** A network of convolutions with these filters and pixels, then inner products, named in order. */
function network(convolutions: readonly (readonly [number, number])[], products: readonly number[]): Graph {
  const g = new GraphBuilder('network')
  let x: Value = g.input('images', 'float32', ['batch', 3, 8, 8])
  convolutions.forEach(([filters, kernel], k) => {
    const weights = g.constant(float32([filters, Number(x.shape[1]), kernel, kernel]), `conv${k + 1}.weight`)
    const [before, after] = [Math.floor((kernel - 1) / 2), Math.ceil((kernel - 1) / 2)]
    x = g.op('Conv', [x, weights], { pads: [before, before, after, after] }, `conv${k + 1}`)
  })
  x = g.op('Flatten', [x])
  products.forEach((units, k) => {
    x = g.op('Gemm', [x, g.constant(float32([Number(x.shape[1]), units]))], {}, `fc${k + 1}`)
  })
  g.output('logits', x)
  return g.graph()
}

const rule = { rule: 'epsilon', epsilon: 1 } as const
const rest: CompositeEntryInput = { rule: 'flat' }

/** The names of the layers that the first entry takes. */
function taken(entry: Partial<CompositeEntryInput>, graph = small, output = 'logits'): string[] {
  const composite = completed({ name: 'test', layers: [{ ...rule, ...entry } as CompositeEntryInput, rest] })
  const assigned = assign(graph, composite as RelevanceComposite, 'images', output)
  return [...assigned].filter(([, { rule: name }]) => name === 'epsilon').map(([name]) => name)
}

const small = network(
  [
    [4, 3],
    [4, 1],
    [6, 3],
  ],
  [5, 2],
)

describe('an entry fits the layers that meet all its conditions', () => {
  test.each<[string, Partial<CompositeEntryInput>, string[]]>([
    ['all of them where it has none', {}, ['conv1', 'conv2', 'conv3', 'fc1', 'fc2']],
    ['of some operators', { operators: ['Gemm'] }, ['fc1', 'fc2']],
    ['the first so many', { first: 2 }, ['conv1', 'conv2']],
    ['the last so many', { last: 2 }, ['fc1', 'fc2']],
    ['the last of an operator', { operators: ['Conv'], last: 1 }, ['conv3']],
    ['a name', { name: 'conv2' }, ['conv2']],
    ['names of a pattern', { name: 'c*2' }, ['conv2']],
    ['names of a pattern that stands for anything', { name: '*2' }, ['conv2', 'fc2']],
    ['up to a layer', { upTo: 'conv3' }, ['conv1', 'conv2', 'conv3']],
    ['up to the last layer of a pattern', { upTo: 'conv*', operators: ['Conv'], last: 1 }, ['conv3']],
    [
      'first convolutions of these shapes',
      {
        kernels: [
          [4, 3],
          [4, 1],
        ],
      },
      ['conv1', 'conv2'],
    ],
    [
      'some of these',
      {
        kernels: [
          [4, 3],
          [4, 1],
          [6, 3],
        ],
        first: 1,
      },
      ['conv1'],
    ],
    [
      'none, where the network begins otherwise',
      {
        kernels: [
          [4, 3],
          [4, 3],
        ],
      },
      [],
    ],
  ])('%s', (_, entry, layers) => {
    expect(taken(entry)).toEqual(layers)
  })

  test('the first entry that fits counts', () => {
    const composite = completed({
      name: 'test',
      layers: [{ ...rule, first: 1 }, { ...rule, epsilon: 2 }, rest],
    })
    const assigned = [...assign(small, composite as RelevanceComposite, 'images', 'logits').values()]
    expect(assigned.map((entry) => (entry.rule === 'epsilon' ? entry.epsilon : 0))).toEqual([1, 2, 2, 2, 2])
  })

  test('layers of heads that are not explained do not count', () => {
    expect(taken({ last: 1 }, small, 'fc1')).toEqual(['fc1'])
  })

  test('a dot in a name is a dot', () => {
    const g = new GraphBuilder('dots')
    const x = g.input('images', 'float32', [1, 2])
    const y = g.op('Gemm', [x, g.constant(float32([2, 2]))], {}, 'a.b')
    g.output('logits', g.op('Gemm', [y, g.constant(float32([2, 2]))], {}, 'a_b'))
    expect(taken({ name: 'a.b' }, g.graph())).toEqual(['a.b'])
  })
})

describe('mistakes name the entry and the layers', () => {
  test.each<[string, Partial<CompositeEntryInput>, RegExp]>([
    [
      'a name',
      { name: 'conv9' },
      /composite test, layers\[0\]: no layer has a name like conv9.*conv1, conv2/s,
    ],
    ['a last layer', { name: 'conv*', upTo: 'fc9' }, /no layer has a name like fc9/],
    [
      'conditions that exclude each other',
      { name: 'fc1', operators: ['Conv'] },
      /no layer meets all its conditions/,
    ],
  ])('%s', (_, entry, message) => {
    expect(() => taken(entry)).toThrow(UserError)
    expect(() => taken(entry)).toThrow(message)
  })

  test('a layer that no entry fits', () => {
    const composite = completed({ name: 'test', layers: [{ ...rule, operators: ['Conv'] }] })
    const of = () => assign(small, composite as RelevanceComposite, 'images', 'logits')
    expect(of).toThrow(/composite test: no entry fits the layer fc1 \(Gemm\)/)
  })

  test('z-box without a range, or with a reversed one, or for other channels', () => {
    const explain = (low?: number | number[], high?: number | number[]) =>
      relevance(small, { name: 'box', layers: [{ first: 1, rule: 'z-box', low, high }, rest] })
    expect(() => explain()).toThrow(/layer conv1.*lowest and the highest value/s)
    expect(() => explain(1, 0)).toThrow(/low end 1 must lie below the high end 0/)
    expect(() => explain([0, 0], [1, 1])).toThrow(/2 numbers are given for an input of 3 channels/)
  })
})

describe('the paper composite knows its networks', () => {
  const VGG = [
    [64, 3],
    [64, 3],
    [128, 3],
    [128, 3],
    [256, 3],
  ] as const
  const googLeNet = [
    [64, 7],
    [64, 1],
    [192, 3],
    [64, 1],
  ] as const
  const resNet50 = [
    [64, 7],
    [64, 1],
    [64, 3],
    [256, 1],
  ] as const
  test.each([
    ['VGG, flat up to conv2_2', VGG, 4],
    ['GoogLeNet, flat up to conv2/3x3_reduce', googLeNet, 2],
    ['ResNet-50, which begins like GoogLeNet: flat on its first convolution', resNet50, 1],
    ['any other: flat on its first convolution', [[96, 7] as const, [256, 5] as const], 1],
  ])('%s', (_, convolutions, flat) => {
    const { layers } = composites.paper
    const assigned = assign(
      network(convolutions, [4]),
      completed({ name: 'paper', layers: [...layers] }) as RelevanceComposite,
      'images',
      'logits',
    )
    const rules = [...assigned.values()].map((entry) => entry.rule)
    const others = Array<string>(convolutions.length - flat).fill('alpha-beta')
    expect(rules).toEqual([...Array<string>(flat).fill('flat'), ...others, 'epsilon'])
  })
})

describe("a user's own composite", () => {
  test('is read from YAML, with defaults for what is left out', () => {
    const composite = parseComposite(
      'name: mine\nmaxPool: equal\nlayers:\n  - { first: 1, rule: flat }\n  - { rule: alpha-beta, alpha: 2, beta: -1 }\n',
      'mine.yaml',
    )
    expect(composite).toMatchObject({ name: 'mine', start: 'logit', maxPool: 'equal', add: 'proportional' })
    expect(relevance(small, composite).outputs[0]!.name).toBe('logits')
    const gradient = parseComposite('{ name: g, method: gradient, activation: deconvnet }', 'g.yaml')
    expect(gradient).toEqual({ name: 'g', method: 'gradient', activation: 'deconvnet', timesInput: false })
  })

  test.each<[string, string, RegExp]>([
    ['no YAML', 'name: [', /^c\.yaml:\d+:\d+: this is not YAML/],
    ['no layers', 'name: mine', /^c\.yaml:1:1: layers is missing/],
    [
      'a rule that is not there',
      'name: a\nlayers:\n  - rule: epsilom',
      /^c\.yaml:3:\d+: layers\[0\]\.rule .*epsilon/,
    ],
    ['a field that is not there', 'name: a\nlayers:\n  - rule: flat\n    firts: 1', /^c\.yaml:4:5: .*first/],
    [
      'alpha and beta that do not add up to 1',
      'name: a\nlayers:\n  - { rule: alpha-beta, alpha: 2, beta: 1 }',
      /^c\.yaml:3:\d+: layers\[0\]\.beta must be 1 − alpha/,
    ],
    [
      'a negative epsilon',
      'name: a\nlayers:\n  - { rule: epsilon, epsilon: -1 }',
      /^c\.yaml:3:\d+: .*at least 0/,
    ],
    [
      'an activation for relevance',
      'name: a\nactivation: deconvnet\nlayers:\n  - rule: flat',
      /^c\.yaml:2:1: activation is not a known field/,
    ],
    [
      'layers for the gradient',
      'name: a\nmethod: gradient\nlayers:\n  - rule: flat',
      /^c\.yaml:3:1: layers is not/,
    ],
  ])('%s gives an error with file and line', (_, text, message) => {
    expect(() => parseComposite(text, 'c.yaml')).toThrow(UserError)
    expect(() => parseComposite(text, 'c.yaml')).toThrow(message)
  })
})
