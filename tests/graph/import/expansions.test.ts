import { describe } from 'vitest'
import { float32, int64 } from '../../../src/graph/types.ts'
import { f, node, numbers } from './model.ts'
import { ANY, type Case, one, picture, testSideBySide } from './sideBySide.ts'

const channels = { scale: numbers(4), shift: numbers(4) }

describe('operators that expand into others', () => {
  const cases: Case[] = [
    [
      'InstanceNormalization',
      ANY,
      picture,
      one('InstanceNormalization', { epsilon: f(1e-3) }, ['scale', 'shift']),
      channels,
    ],
    [
      'InstanceNormalization that only scales, only shifts, or neither',
      [13],
      picture,
      [
        node('InstanceNormalization', ['x', 'ones', 'zeros'], ['a']),
        node('InstanceNormalization', ['x', 'scale', 'zeros'], ['b']),
        node('InstanceNormalization', ['x', 'ones', 'shift'], ['c']),
        node('Concat', ['a', 'b', 'c'], ['y'], { axis: 1 }),
      ],
      { ...channels, ones: float32([4], [1, 1, 1, 1]), zeros: float32([4]) },
    ],
    ['LayerNormalization', [17, 21], [2, 5, 4], one('LayerNormalization', {}, ['scale', 'shift']), channels],
    [
      'LayerNormalization over two axes',
      [17],
      [2, 5, 4],
      one('LayerNormalization', { axis: 1 }, ['w']),
      { w: numbers(5, 4) },
    ],
    ...[1, 2].map(
      (p): Case => [`LpNormalization ${p}`, [9, 22], [2, 5, 4], one('LpNormalization', { axis: 1, p })],
    ),
    ...[
      'Relu',
      'LeakyRelu',
      'Elu',
      'Selu',
      'Sigmoid',
      'HardSigmoid',
      'Tanh',
      'Softplus',
      'Softsign',
      'Exp',
      'Abs',
      'Neg',
    ].map((op): Case => [op, ANY, picture, one(op)]),
    ['Selu with its numbers', ANY, picture, one('Selu', { alpha: f(1.5), gamma: f(2) })],
    ['Mish', [18, 22], picture, one('Mish')],
    ['Gelu', [20], picture, one('Gelu')],
    ['Gelu by tanh', [20], picture, one('Gelu', { approximate: 'tanh' })],
    ['Swish', [24], picture, one('Swish', { alpha: f(0.5) })],
    ['Celu', [12], picture, one('Celu', { alpha: f(0.7) })],
    ['ThresholdedRelu', [10, 22], picture, one('ThresholdedRelu', { alpha: f(0.7) })],
    ...[
      'ReduceSum',
      'ReduceMean',
      'ReduceMax',
      'ReduceMin',
      'ReduceL1',
      'ReduceL2',
      'ReduceSumSquare',
      'ReduceLogSumExp',
    ].flatMap((op): Case[] => [
      [
        `${op} by an attribute`,
        op === 'ReduceSum' ? [7, 11] : [7, 11, 13, 17],
        picture,
        one(op, { axes: [1, 3], keepdims: 0 }),
      ],
      [
        `${op} by an input`,
        op === 'ReduceSum' ? [13, 18] : [18, 20],
        picture,
        one(op, {}, ['axes']),
        { axes: int64([2], [2, -1]) },
      ],
      [`${op} of everything`, ANY, picture, one(op)],
    ]),
    [
      'ArgMin',
      [7, 12, 13],
      picture,
      [node('ArgMin', ['x'], ['k'], { axis: 1 }), node('Cast', ['k'], ['y'], { to: 1 })],
    ],
    ['Tile', [7, 13], [2, 3], one('Tile', {}, ['times']), { times: int64([2], [2, 3]) }],
    ['DepthToSpace', [7, 11, 13], picture, one('DepthToSpace', { blocksize: 2 })],
    [
      'DepthToSpace, channels first',
      [11, 13],
      [2, 8, 3, 2],
      one('DepthToSpace', { blocksize: 2, mode: 'CRD' }),
    ],
    ['SpaceToDepth', [7, 13], [2, 3, 4, 6], one('SpaceToDepth', { blocksize: 2 })],
    [
      'Sum and Mean of three',
      ANY,
      picture,
      [node('Sum', ['x', 'x', 'x'], ['s']), node('Mean', ['s', 'x', 'x'], ['y'])],
    ],
    ...['Greater', 'Less', 'LessOrEqual', 'GreaterOrEqual'].map(
      (op): Case => [
        op,
        op.endsWith('Equal') ? [12, 16] : [9, 13],
        picture,
        [node(op, ['x', 'c'], ['p']), node('Where', ['p', 'x', 'c'], ['y'])],
        { c: float32([], [0.5]) },
      ],
    ),
    ['Shrink', [9, 26], picture, one('Shrink', { lambd: f(0.5), bias: f(0.25) })],
    ...[18, 20].map(
      (opset): Case => [
        'GroupNormalization, one number a group',
        [opset],
        [2, 6, 3, 4],
        one('GroupNormalization', { num_groups: 3, epsilon: f(1e-3) }, ['scale', 'shift']),
        { scale: numbers(3), shift: numbers(3) },
      ],
    ),
    [
      'GroupNormalization, one number a channel',
      [21, 25],
      [2, 6, 3, 4],
      one('GroupNormalization', { num_groups: 3 }, ['scale', 'shift']),
      { scale: numbers(6), shift: numbers(6) },
    ],
    ['RMSNormalization', [23], [2, 5, 4], one('RMSNormalization', {}, ['scale']), { scale: numbers(4) }],
    [
      'RMSNormalization over two axes',
      [23],
      [2, 5, 4],
      one('RMSNormalization', { axis: -2, epsilon: f(0.1) }, ['scale']),
      { scale: numbers(5, 4) },
    ],
    ...['And', 'Or', 'Xor'].map(
      (op): Case => [
        op,
        ANY,
        picture,
        [
          node('Greater', ['x', 'c'], ['p']),
          node('Less', ['x', 'd'], ['q']),
          node(op, ['p', 'q'], ['r']),
          node('Not', ['r'], ['s']),
          node('Cast', ['s'], ['y'], { to: 1 }),
        ],
        { c: float32([], [0.5]), d: float32([], [1]) },
      ],
    ),
    ...[0, 1].flatMap((upper): Case[] => [
      [`Trilu ${upper}`, [14], [2, 4, 5], one('Trilu', { upper })],
      [
        `Trilu ${upper} beside the diagonal`,
        [14],
        [4, 5],
        one('Trilu', { upper }, ['k']),
        { k: int64([], [-1]) },
      ],
    ]),
    ['Size', ANY, picture, [node('Size', ['x'], ['s']), node('Cast', ['s'], ['y'], { to: 1 })]],
    ...['ReduceSum', 'ReduceMean', 'ReduceMax', 'ReduceMin', 'ReduceL1', 'ReduceL2', 'ReduceSumSquare'].map(
      (op): Case => [`${op} of nothing`, [18], picture, one(op, { noop_with_empty_axes: 1 })],
    ),
    ['CastLike', [15], picture, [node('Shape', ['x'], ['s']), node('CastLike', ['s', 'x'], ['y'])]],
  ]
  testSideBySide(cases)
})
