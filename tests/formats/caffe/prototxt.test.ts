import { describe, expect, test } from 'vitest'
import { type Message, parsePrototxt } from '../../../src/formats/caffe/prototxt.ts'

const parse = (text: string) => parsePrototxt(text, 'net.prototxt')

describe('a prototxt', () => {
  test('is a tree of named fields', () => {
    const root = parse(`
      name: "net"   # the rest of a line is a comment
      layer {
        name: 'conv' type: "Convolution"
        convolution_param { num_output: 4 kernel_size: 3 kernel_size: 5 bias_term: false }
      }
      layer: < name: "relu"; type: "ReLU", >
    `)
    expect(root.text('name')).toBe('net')
    const [conv, relu] = root.messages('layer') as [Message, Message]
    expect([conv.where, relu.where]).toEqual(['net.prototxt:3', 'net.prototxt:7'])
    expect([conv.text('name'), relu.text('type')]).toEqual(['conv', 'ReLU'])
    const parameters = conv.message('convolution_param')
    expect(parameters.integer('num_output', 1)).toBe(4)
    expect(parameters.numbers('kernel_size')).toEqual([3, 5])
    expect(parameters.flag('bias_term', true)).toBe(false)
  })

  test('gives missing fields the caller’s default', () => {
    const root = parse('')
    expect(root.number('scale', 0.5)).toBe(0.5)
    expect(root.flag('bias_term', true)).toBe(true)
    expect(root.text('name')).toBeUndefined()
    expect(root.message('pooling_param').choice('pool', ['MAX', 'AVE'], 'MAX')).toBe('MAX')
  })

  test.each([
    ['1', 1],
    ['-2.5', -2.5],
    ['- 3', -3],
    ['1e-4', 0.0001],
    ['.5', 0.5],
    ['2.', 2],
    ['0x1F', 31],
    ['017', 15],
    ['1.5f', 1.5],
  ])('reads the number %s', (text, value) => {
    expect(parse(`x: ${text}`).number('x', 0)).toBe(value)
  })

  test('reads strings in either quote, with escapes, and joins adjacent ones', () => {
    expect(parse(String.raw`x: "a\"b" 'c\'d'`).text('x')).toBe(`a"bc'd`)
    expect(parse('x: "# no comment"').text('x')).toBe('# no comment')
  })

  test('reads a list in brackets', () => {
    expect(parse('dim: [1, 3, 227, 227]').integers('dim', 1)).toEqual([1, 3, 227, 227])
    expect(parse('layer: [{ name: "a" }, { name: "b" }]').messages('layer').length).toBe(2)
  })

  test('reads an enumeration by its name or its number', () => {
    const pool = (text: string) => parse(text).choice('pool', ['MAX', 'AVE'], 'MAX')
    expect([pool('pool: AVE'), pool('pool: 1')]).toEqual(['AVE', 'AVE'])
  })

  test('may contain fields that nobody asks for', () => {
    expect(parse('engine: CUDNN [some.extension] { x: 1 } y: 2').number('y', 0)).toBe(2)
  })

  test('may have a byte order mark and Windows line endings', () => {
    expect(parse('\ufeffname: "net"\r\nx: y').text('x')).toBe('y')
  })
})

describe('a mistake names its file and line', () => {
  const read = (text: string, ask: (root: Message) => unknown = () => 0) => {
    return () => ask(parse(text))
  }
  test.each<[string, () => unknown, string]>([
    [
      'a bracket that is not closed',
      read('\nlayer {\n name: "a"\n'),
      'net.prototxt:2: the bracket is never closed: the file ends before its }',
    ],
    ['a bracket too many', read('a: 1\n}'), 'net.prototxt:2: expected the name of a field, not “}”'],
    ['a name without a value', read('a:\n}'), 'net.prototxt:2: expected the value of a, not “}”'],
    ['a name alone', read('name "net"'), 'net.prototxt:1: expected “:” or “{” after name, not “"net"”'],
    ['a text without its end', read('a: "net\nb: 1'), 'net.prototxt:1: expected the value of a, not “"net”'],
    ['the end of the file', read('a:'), 'net.prototxt:1: expected the value of a, not the end of the file'],
    [
      'a text for a number',
      read('\nx: "3"', (root) => root.number('x', 0)),
      'net.prototxt:2: x must be a number',
    ],
    ['a number for a text', read('x: 3', (root) => root.text('x')), 'net.prototxt:1: x must be text'],
    [
      'a fraction for a whole number',
      read('x: 2.5', (root) => root.integer('x', 1)),
      'net.prototxt:1: x must be a whole number of at least 1, not 2.5',
    ],
    ['a missing number', read('', (root) => root.integer('x', 1)), 'net.prototxt:1: x is missing'],
    [
      'a value given twice',
      read('x: 1\nx: 2', (root) => root.number('x', 0)),
      'net.prototxt:2: x is given a second time (first on line 1)',
    ],
    ['neither true nor false', read('x: yes', (root) => root.flag('x', true)), 'x must be true or false'],
    ['a value for a group', read('x: 1', (root) => root.message('x')), 'x must be a group { … }'],
    ['infinity', read('x: inf', (root) => root.number('x', 0)), 'x must be a number'],
    ['a binary file', read('\u0008\u0000net'), 'net.prototxt: is binary, and a prototxt is text'],
    ['messages without end', read('a{'.repeat(100_000)), 'messages are nested more than 100 deep'],
  ])('%s', (_, wrong, message) => {
    expect(wrong).toThrow(message)
  })
})
