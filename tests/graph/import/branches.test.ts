import { describe, expect, test } from 'vitest'
import { readGraph } from '../../../src/graph/file.ts'
import { float32, int64, type Tensor } from '../../../src/graph/types.ts'
import { type Branch, bytesOf, type Model, node, numbers } from './model.ts'
import { expectAgreement } from './sideBySide.ts'

const truth = (value: number): Tensor => ({ type: 'bool', shape: [], data: Uint8Array.of(value) })
const choice = (then_branch: Branch, else_branch: Branch, condition = 'c', output = 'y') =>
  node('If', [condition], [output], { then_branch, else_branch })
const one = (op: string, input: string, output: string): Branch => ({
  nodes: [node(op, [input], [output])],
  gives: [output],
})
const operators = (model: Model) => readGraph(bytesOf(model), 'model.onnx').nodes.map(({ op }) => op)

describe('an If whose condition is constant', () => {
  test.each([
    [1, ['Relu']],
    [0, ['Neg']],
  ])('%j becomes the branch that it takes', async (value, expected) => {
    const nodes = [choice(one('Relu', 'x', 'a'), one('Neg', 'x', 'b'))]
    const model: Model = { opset: 13, x: [2, 3], nodes, constants: { c: truth(value) } }
    expect(operators(model)).toEqual(expected)
    await expectAgreement(model, numbers(2, 3))
  })

  test('may follow from sizes, with the batch left open', async () => {
    const nodes = [
      node('Shape', ['x'], ['s']),
      node('Gather', ['s', 'second'], ['d']),
      node('Equal', ['d', 'one'], ['c']),
      choice(
        { nodes: [node('Squeeze', ['x', 'axes'], ['a'])], gives: ['a'] },
        { nodes: [node('Identity', ['x'], ['b'])], gives: ['b'] },
      ),
    ]
    const constants = { second: int64([], [1]), one: int64([], [1]), axes: int64([1], [1]) }
    expect(operators({ opset: 13, x: ['N', 1, 3], nodes, constants })).toEqual(['Squeeze'])
    await expectAgreement({ opset: 13, x: ['N', 1, 3], nodes, constants }, numbers(2, 1, 3))
    expect(operators({ opset: 13, x: ['N', 2, 3], nodes, constants })).toEqual(['Identity'])
  })

  test('may contain others, with repeated names, its own constants, or only a constant', async () => {
    const inner = choice(
      { nodes: [node('Add', ['x', 'w'], ['a'])], gives: ['a'], constants: { w: numbers(3) } },
      one('Relu', 'x', 'a'),
      'c',
      'i',
    )
    const nodes = [
      choice(
        { nodes: [inner, node('Mul', ['i', 'w'], ['m'])], gives: ['m'], constants: { w: numbers(2, 1) } },
        one('Neg', 'x', 'm'),
        'c',
        'first',
      ),
      choice(
        one('Neg', 'first', 'm'),
        { nodes: [], gives: ['k'], constants: { k: float32([], [2]) } },
        'd',
        'k2',
      ),
      node('Mul', ['first', 'k2'], ['y']),
    ]
    const constants = { c: truth(1), d: truth(0) }
    await expectAgreement({ opset: 13, x: [2, 3], nodes, constants }, numbers(2, 3))
  })

  test('ignores what the other branch cannot do', () => {
    const nodes = [choice(one('Relu', 'x', 'a'), one('Det', 'x', 'b'))]
    expect(operators({ opset: 13, x: [2, 2], nodes, constants: { c: truth(1) } })).toEqual(['Relu'])
    expect(() => operators({ opset: 13, x: [2, 2], nodes, constants: { c: truth(0) } })).toThrow(
      /node the Det of b uses the operator Det/,
    )
  })
})

test('an If that depends on the network’s input is refused, with what to do', () => {
  const nodes = [
    node('ReduceSum', ['x'], ['s'], { keepdims: 0 }),
    node('Greater', ['s', 'zero'], ['c']),
    choice(one('Relu', 'x', 'a'), one('Neg', 'x', 'b')),
  ]
  const model: Model = { opset: 13, x: [2, 3], nodes, constants: { zero: float32([], [0]) } }
  expect(() => operators(model)).toThrow(/node the If \(If\): its branch is chosen.*without this branch/)
})
