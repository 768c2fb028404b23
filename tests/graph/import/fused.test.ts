import { describe, expect, test } from 'vitest'
import { nodeEngine } from '../../../src/engine/node.ts'
import { readGraph } from '../../../src/graph/file.ts'
import type { Tensor, TensorOf } from '../../../src/graph/types.ts'
import { bytesOf, f, node, numbers } from './model.ts'
import { type Case, picture, testSideBySide } from './sideBySide.ts'

describe('what ONNX Runtime fuses is taken apart', () => {
  const microsoft = (
    name: string,
    op: string,
    shape: number[],
    inputs: string[],
    attributes: Parameters<typeof node>[3] = {},
    constants: Record<string, Tensor> = {},
  ): Case => [
    name,
    [13, 17],
    shape,
    [{ ...node(op, ['x', ...inputs], ['y'], attributes), domain: 'com.microsoft' }],
    constants,
  ]
  const norm = { skip: numbers(2, 5, 4), scale: numbers(4), shift: numbers(4), bias: numbers(4) }
  const sum = node('SkipLayerNormalization', ['x', 'skip', 'scale', 'shift', 'bias'], ['n', '', '', 's'], {
    epsilon: f(1e-3),
  })
  testSideBySide([
    microsoft('Gelu', 'Gelu', picture, []),
    microsoft('FastGelu', 'FastGelu', [2, 5, 4], []),
    microsoft('FastGelu with a bias', 'FastGelu', [2, 5, 4], ['b'], {}, { b: numbers(4) }),
    microsoft('QuickGelu', 'QuickGelu', picture, [], { alpha: f(1.5) }),
    microsoft('BiasGelu', 'BiasGelu', [2, 5, 4], ['b'], {}, { b: numbers(4) }),
    microsoft('FusedMatMul', 'FusedMatMul', [2, 5, 4], ['w'], { alpha: f(0.3) }, { w: numbers(4, 3) }),
    microsoft(
      'FusedMatMul, turned',
      'FusedMatMul',
      [2, 4, 5],
      ['w'],
      { transA: 1, transB: 1 },
      { w: numbers(3, 4) },
    ),
    microsoft(
      'FusedMatMul whose rows come before the stack',
      'FusedMatMul',
      [5, 2, 3, 4],
      ['w'],
      { transBatchA: 1, alpha: f(0.3) },
      { w: numbers(2, 3, 4, 6) },
    ),
    microsoft(
      'FusedMatMul whose rows come before the stack, turned on both sides',
      'FusedMatMul',
      [5, 2, 3, 4],
      ['w'],
      { transBatchA: 1, transA: 1, transBatchB: 1, transB: 1 },
      { w: numbers(6, 2, 3, 5) },
    ),
    microsoft('FusedMatMul of two computed values', 'FusedMatMul', [2, 5, 4], ['x'], {
      alpha: f(0.3),
      transB: 1,
    }),
    microsoft(
      'SkipLayerNormalization',
      'SkipLayerNormalization',
      [2, 5, 4],
      ['skip', 'scale', 'shift'],
      { epsilon: f(1e-3) },
      norm,
    ),
    microsoft(
      'SkipLayerNormalization with a bias',
      'SkipLayerNormalization',
      [2, 5, 4],
      ['skip', 'scale', 'shift', 'bias'],
      { epsilon: f(1e-3) },
      norm,
    ),
    [
      'SkipLayerNormalization whose sum is read',
      [17],
      [2, 5, 4],
      [{ ...sum, domain: 'com.microsoft' }, node('Mul', ['n', 's'], ['y'])],
      norm,
    ],
    microsoft(
      'SkipSimplifiedLayerNormalization',
      'SkipSimplifiedLayerNormalization',
      [2, 5, 4],
      ['skip', 'scale'],
      { epsilon: f(1e-3) },
      norm,
    ),
    [
      'SimplifiedLayerNormalization',
      [13],
      [2, 5, 4],
      [node('SimplifiedLayerNormalization', ['x', 'scale'], ['y'], { epsilon: f(1e-3) })],
      norm,
    ],
    [
      'LayerNormalization before opset 17',
      [13],
      [2, 5, 4],
      [node('LayerNormalization', ['x', 'scale', 'shift'], ['y'])],
      norm,
    ],
    ...(
      [
        ['Relu', []],
        ['Tanh', []],
        ['Sigmoid', []],
        ['LeakyRelu', [0.2]],
        ['HardSigmoid', [0.3, 0.4]],
        ['Clip', [-0.5, 0.5]],
      ] as const
    ).map(([activation, floats]) =>
      microsoft(
        `FusedConv with ${activation}`,
        'FusedConv',
        picture,
        ['w', 'b'],
        { activation, activation_params: { floats }, pads: [1, 1, 1, 1], strides: [2, 2] },
        { w: numbers(3, 4, 3, 3), b: numbers(3) },
      ),
    ),
    microsoft(
      'FusedConv with a branch that is added',
      'FusedConv',
      picture,
      ['w', 'b', 'z'],
      { activation: 'Relu', pads: [1, 1, 1, 1] },
      { w: numbers(4, 4, 3, 3), b: numbers(4), z: numbers(...picture) },
    ),
    microsoft(
      'FusedGemm',
      'FusedGemm',
      [2, 4],
      ['w', 'b'],
      { activation: 'LeakyRelu', activation_alpha: f(0.2), alpha: f(0.5), transB: 1 },
      { w: numbers(3, 4), b: numbers(3) },
    ),
  ])
})

// ONNX Runtime's CPU provider lacks a kernel for it.
test('NhwcConv becomes a convolution between two transpositions', async () => {
  const engine = await nodeEngine({ threads: 1 })
  const run = async (nodes: ReturnType<typeof node>[], constants: Record<string, Tensor>) => {
    const program = await engine.load(
      readGraph(bytesOf({ opset: 17, x: [2, 7, 8, 4], nodes, constants }), 'm'),
    )
    const { y } = await program.run({ x: numbers(2, 7, 8, 4) })
    await program.release()
    return y as TensorOf<'float32'>
  }
  const attributes = { pads: [1, 0, 1, 1], strides: [2, 1] }
  const w = numbers(3, 3, 2, 4)
  const fused = { ...node('NhwcConv', ['x', 'w'], ['y'], attributes), domain: 'com.microsoft' }
  const spelt = [
    node('Transpose', ['x'], ['t'], { perm: [0, 3, 1, 2] }),
    node('Transpose', ['w'], ['k'], { perm: [0, 3, 1, 2] }),
    node('Conv', ['t', 'k'], ['c'], attributes),
    node('Transpose', ['c'], ['y'], { perm: [0, 2, 3, 1] }),
  ]
  const [ours, plain] = [await run([fused], { w }), await run(spelt, { w })]
  expect(ours.shape).toEqual(plain.shape)
  const largest = Math.max(...plain.data.map(Math.abs))
  plain.data.forEach((value, k) => {
    expect(Math.abs(value - ours.data[k]!)).toBeLessThanOrEqual(1e-6 * largest)
  })
})
