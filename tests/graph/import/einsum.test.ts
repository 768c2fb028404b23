import { describe, expect, test } from 'vitest'
import { readGraph } from '../../../src/graph/file.ts'
import { bytesOf, node, numbers } from './model.ts'
import { type Case, one, testSideBySide } from './sideBySide.ts'

describe('sums of products by labels', () => {
  const alone = (equation: string, shape: number[]): Case => [
    equation,
    [12, 21],
    shape,
    one('Einsum', { equation }),
  ]
  const times = (equation: string, shape: number[], ...others: number[][]): Case => [
    equation,
    [12],
    shape,
    one(
      'Einsum',
      { equation },
      others.map((_, k) => `c${k}`),
    ),
    Object.fromEntries(others.map((other, k) => [`c${k}`, numbers(...other)])),
  ]
  const ofItself = (equation: string, shape: number[]): Case => [
    equation,
    [12],
    shape,
    [node('Einsum', ['x', 'x'], ['y'], { equation })],
  ]
  testSideBySide([
    alone('ij->ji', [3, 4]),
    alone('ij->', [3, 4]),
    alone('ijk->ki', [2, 3, 4]),
    alone('ii->i', [3, 3]),
    alone('iij->ji', [3, 3, 2]),
    alone('...ii->...i', [2, 3, 3]),
    alone('ba', [2, 3]),
    alone('...j->...', [2, 3, 4]),
    times('ij,jk', [2, 3], [3, 4]),
    times('ij,kj->ik', [2, 3], [4, 3]),
    times('kj,ij->ik', [4, 3], [2, 3]),
    times('...i,io->...o', [2, 5, 3], [3, 4]),
    times('btc,chd->bthd', [2, 5, 6], [6, 2, 3]),
    times('bthd,hdc->btc', [2, 5, 2, 3], [2, 3, 6]),
    times('bhtd,hde->bhte', [2, 3, 5, 4], [3, 4, 6]),
    times('bchw,c->bchw', [2, 3, 4, 5], [3]),
    times('bchw,c->bhw', [2, 3, 4, 5], [3]),
    times('bthd,kd->bthk', [2, 3, 4, 5], [6, 5]),
    times('i,j->ij', [3], [4]),
    times('i,i->', [3], [3]),
    times('ij,jk,kl->il', [2, 3], [3, 4], [4, 5]),
    times('ij,ik->jk', [2, 3], [2, 4]),
    times('bij,bjk->bik', [2, 3, 4], [2, 4, 5]),
    times('ab,b->a', [2, 3], [3]),
    ofItself('bhqd,bhkd->bhqk', [2, 3, 5, 4]),
    ofItself('bqhd,bkhd->bhqk', [2, 5, 3, 4]),
    ofItself('bqhd,bkhd->bqk', [2, 5, 3, 4]),
  ])

  test('with weights become one product with a constant matrix, with the batch left open', () => {
    const read = (equation: string, ...shape: (number | string)[]) =>
      readGraph(
        bytesOf({
          opset: 12,
          x: shape,
          nodes: one('Einsum', { equation }, ['w']),
          constants: { w: numbers(6, 4) },
        }),
        'model.onnx',
      )
    const tokens = read('btc,cd->btd', 'batch', 5, 6)
    expect(tokens.nodes.map(({ op }) => op)).toEqual(['MatMul'])
    expect(tokens.initializers.has(tokens.nodes[0]!.inputs[1]!)).toBe(true)
    expect(tokens.outputs[0]!.shape).toEqual(['batch', 5, 4])
    expect(read('bi,io->bo', 'N', 6).nodes.map(({ op }) => op)).toEqual(['MatMul'])
  })

  test.each([
    ['ij,j->i', /describes 2 inputs, and it has 1/],
    ['ijk->i', /does not fit an input of 2 dimensions/],
    ['ij->ik', /the label k, which no input has/],
  ])('that do not fit are refused: %s', (equation, message) => {
    const model = { opset: 12, x: [2, 3], nodes: one('Einsum', { equation }) }
    expect(() => readGraph(bytesOf(model), 'model.onnx')).toThrow(message)
  })
})
