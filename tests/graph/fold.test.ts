import { describe, expect, test } from 'vitest'
import { GraphBuilder } from '../../src/graph/builder.ts'
import { readGraph } from '../../src/graph/file.ts'
import { fold } from '../../src/graph/fold.ts'
import { float32, int64, type Tensor } from '../../src/graph/types.ts'
import { bytesOf, type Model, node, numbers } from './import/model.ts'
import { expectAgreement } from './import/sideBySide.ts'

const constants: Record<string, Tensor> = {
  a: numbers(2, 3),
  b: numbers(1, 3),
  c: numbers(2, 1),
  positive: float32([2, 3], [0.5, 1, 2, 3, 4, 5]),
  i: int64([3], [7, -7, 4]),
  j: int64([3], [2, 2, -3]),
  two: int64([], [2]),
  shape: int64([2], [3, -1]),
  zero: int64([1], [0]),
  last: int64([1], [-1]),
  half: float32([], [0.5]),
  nothing: float32([], [0]),
  large: numbers(70, 45),
}

// Nodes that make t, a float tensor, of the constants above.
const cases: [string, number, Model['nodes']][] = [
  ...['Add', 'Sub', 'Mul', 'Div', 'Max', 'Min', 'Sum'].map((op): [string, number, Model['nodes']] => [
    op,
    13,
    [node(op, ['a', 'b'], ['t'])],
  ]),
  ...['Neg', 'Abs', 'Exp', 'Floor', 'Ceil', 'Round', 'Sign', 'Sin', 'Cos', 'Identity', 'Relu'].map(
    (op): [string, number, Model['nodes']] => [op, 13, [node(op, ['a'], ['t'])]],
  ),
  ...['Sqrt', 'Log', 'Reciprocal'].map((op): [string, number, Model['nodes']] => [
    op,
    13,
    [node(op, ['positive'], ['t'])],
  ]),
  ...['Mul', 'Min', 'Max'].map((op): [string, number, Model['nodes']] => [
    `${op} with a number`,
    13,
    [node(op, ['a', 'half'], ['t'])],
  ]),
  ['Min with 0', 13, [node('Min', ['a', 'nothing'], ['t'])]],
  ['Max of three', 13, [node('Max', ['a', 'b', 'c'], ['t'])]],
  ['Transpose', 13, [node('Transpose', ['large'], ['t'], { perm: [1, 0] })]],
  ['Pow', 13, [node('Pow', ['positive', 'half'], ['t'])]],
  ...['Add', 'Sub', 'Mul', 'Div', 'Mod'].map((op): [string, number, Model['nodes']] => [
    `${op} of integers`,
    13,
    [node(op, ['i', 'j'], ['k']), node('Cast', ['k'], ['t'], { to: 1 })],
  ]),
  ['Mod with fmod', 13, [node('Mod', ['i', 'j'], ['k'], { fmod: 1 }), node('Cast', ['k'], ['t'], { to: 1 })]],
  ...['Equal', 'Greater', 'GreaterOrEqual', 'Less', 'LessOrEqual'].map(
    (op): [string, number, Model['nodes']] => [
      op,
      16,
      [node(op, ['i', 'j'], ['p']), node('Not', ['p'], ['q']), node('Cast', ['q'], ['t'], { to: 1 })],
    ],
  ),
  [
    'And, Or, Where',
    13,
    [
      node('Less', ['a', 'b'], ['p']),
      node('Less', ['a', 'half'], ['q']),
      node('And', ['p', 'q'], ['pq']),
      node('Or', ['pq', 'q'], ['r']),
      node('Where', ['r', 'a', 'half'], ['t']),
    ],
  ],
  [
    'Cast to integers, towards zero',
    13,
    [node('Cast', ['a'], ['k'], { to: 7 }), node('Cast', ['k'], ['t'], { to: 1 })],
  ],
  ['Reshape', 13, [node('Reshape', ['a', 'shape'], ['t'])]],
  ['Flatten', 13, [node('Flatten', ['a'], ['t'], { axis: 0 })]],
  ['Transpose', 13, [node('Transpose', ['a'], ['t'])]],
  [
    'Unsqueeze and Squeeze',
    13,
    [node('Unsqueeze', ['b', 'last'], ['u']), node('Squeeze', ['u', 'zero'], ['t'])],
  ],
  ['Squeeze of everything', 13, [node('Squeeze', ['c'], ['t'])]],
  ['Concat', 13, [node('Concat', ['a', 'b'], ['t'], { axis: 0 })]],
  ['Concat of the last axis', 13, [node('Concat', ['a', 'c'], ['t'], { axis: -1 })]],
  ['Slice backwards', 13, [node('Slice', ['a', 'from', 'to', 'axes', 'steps'], ['t'])]],
  ['Gather', 13, [node('Gather', ['a', 'picks'], ['t'], { axis: 1 })]],
  ['Gather of one', 13, [node('Gather', ['a', 'two'], ['t'], { axis: 1 })]],
  ['Expand', 13, [node('Expand', ['c', 'wide'], ['t'])]],
  ['ConstantOfShape', 13, [node('ConstantOfShape', ['wide'], ['t'], { value: float32([1], [3]) })]],
  ['Round of halves', 13, [node('Round', ['halves'], ['t'])]],
  ['Clip', 13, [node('Clip', ['a', 'nothing', 'half'], ['t'])]],
  ['Clip from above', 13, [node('Clip', ['a', '', 'half'], ['t'])]],
  ...[0, 1].flatMap((exclusive) =>
    [0, 1].map((reverse): [string, number, Model['nodes']] => [
      `CumSum, exclusive ${exclusive}, reverse ${reverse}`,
      14,
      [
        node('CumSum', ['a', 'row'], ['r'], { exclusive, reverse }),
        node('CumSum', ['r', 'zero'], ['t'], { exclusive, reverse }),
      ],
    ]),
  ),
  [
    'Xor',
    13,
    [
      node('Less', ['a', 'b'], ['p']),
      node('Less', ['a', 'half'], ['q']),
      node('Xor', ['p', 'q'], ['r']),
      node('Cast', ['r'], ['t'], { to: 1 }),
    ],
  ],
  ['Split', 13, [node('Split', ['a', 'cut'], ['s', 't'], { axis: 1 })]],
  ['NonZero', 13, [node('NonZero', ['picks'], ['k']), node('Cast', ['k'], ['t'], { to: 1 })]],
  ['Size', 13, [node('Size', ['a'], ['k']), node('Cast', ['k'], ['t'], { to: 1 })]],
  ['EyeLike', 13, [node('EyeLike', ['i2'], ['t'], { k: 1, dtype: 1 })]],
  ...[0, 1].map((upper): [string, number, Model['nodes']] => [
    `Trilu ${upper}`,
    14,
    [node('Trilu', ['a', 'one'], ['t'], { upper })],
  ]),
  ['Tile', 13, [node('Tile', ['a', 'times'], ['t'])]],
  ['GatherElements', 13, [node('GatherElements', ['a', 'picks'], ['t'], { axis: 1 })]],
  ['GatherND of elements', 13, [node('GatherND', ['a', 'pairs'], ['t'])]],
  ['GatherND of rows', 13, [node('GatherND', ['a', 'rows'], ['t'])]],
  ['GatherND of a batch', 13, [node('GatherND', ['a', 'rows'], ['t'], { batch_dims: 1 })]],
  ...['none', 'add', 'mul', 'max', 'min'].flatMap((reduction): [string, number, Model['nodes']][] => [
    [`ScatterND ${reduction}`, 18, [node('ScatterND', ['a', 'pairs', 'two floats'], ['t'], { reduction })]],
    [
      `ScatterElements ${reduction}`,
      18,
      [node('ScatterElements', ['a', 'picks', 'four'], ['t'], { axis: 1, reduction })],
    ],
  ]),
  ['Range', 13, [node('Range', ['start', 'limit', 'step'], ['k']), node('Cast', ['k'], ['t'], { to: 1 })]],
  ...['ReduceSum', 'ReduceMean', 'ReduceMax', 'ReduceMin', 'ReduceProd'].flatMap(
    (op): [string, number, Model['nodes']][] => [
      [`${op} of an axis`, 11, [node(op, ['a'], ['t'], { axes: [0], keepdims: 0 })]],
      [`${op} of everything`, 11, [node(op, ['a'], ['t'])]],
    ],
  ),
]
const more = {
  from: int64([2], [-1, 0]),
  to: int64([2], [-100, 2]),
  axes: int64([2], [1, 0]),
  steps: int64([2], [-2, 1]),
  picks: int64([2, 2], [0, -1, 1, 2]),
  pairs: int64([2, 2], [0, 2, -1, -3]),
  rows: int64([2, 1], [1, 0]),
  'two floats': float32([2], [0.5, -3]),
  four: float32([2, 2], [0.5, -3, 1, 2]),
  halves: float32([5], [-2.5, -0.5, 0.5, 1.5, 2.5]),
  row: int64([], [1]),
  one: int64([], [1]),
  cut: int64([2], [1, 2]),
  times: int64([2], [2, 3]),
  i2: int64(
    [3, 4],
    Array.from({ length: 12 }, () => 1),
  ),
  wide: int64([3], [2, 1, 3]),
  start: int64([], [7]),
  limit: int64([], [-2]),
  step: int64([], [-3]),
}

describe('folding computes what ONNX Runtime computes', () => {
  test.each(cases)('%s', async (_, opset, nodes) => {
    const model: Model = {
      opset,
      x: [1],
      nodes: [...nodes, node('Add', ['x', 't'], ['y'])],
      constants: { ...constants, ...more },
    }
    expect(readGraph(bytesOf(model), 'constants.onnx').nodes.map(({ op }) => op)).toEqual(['Add'])
    await expectAgreement(model, float32([1], [0.25]), 1e-6)
  })
})

describe('fold', () => {
  test('keeps what depends on an input or an open size, and drops what nothing reads', () => {
    const g = new GraphBuilder('mixed')
    const x = g.input('x', 'float32', ['batch', 4])
    const weights = g.mul(g.scalar(2), g.constant(numbers(4), 'w'))
    g.mul(x, g.scalar(3))
    const size = g.op('Gather', [g.op('Shape', [x]), g.integers([1])])
    const shape = g.op('Expand', [g.mul(x, weights), g.concat([g.integers([2, 1]), size], 0)])
    g.output('y', g.op('Reshape', [shape, g.op('Shape', [shape])]))
    const folded = fold(g.graph())
    expect(folded.nodes.map(({ op }) => op)).toEqual(['Mul', 'Expand', 'Shape', 'Reshape'])
    expect(folded.outputs[0]!.shape).toEqual([2, 'batch', 4])
  })

  test('leaves a graph without constants as it is', () => {
    const g = new GraphBuilder('plain')
    g.output('y', g.op('Relu', [g.input('x', 'float32', ['batch', 4])]))
    expect(fold(g.graph())).toEqual(g.graph())
  })
})
