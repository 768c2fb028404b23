import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { UserError } from '../../../src/base/errors.ts'
import { readGraph, writeGraph } from '../../../src/graph/file.ts'
import { float32, int64, type Tensor } from '../../../src/graph/types.ts'
import { bytesOf, f, type Model, node, numbers } from './model.ts'
import { expectAgreement, one } from './sideBySide.ts'

const read = (model: Model, sizes?: Record<string, number>) =>
  readGraph(bytesOf(model), 'model.onnx', { sizes })

describe('a model from another program', () => {
  const chain: Model = {
    opset: 13,
    x: ['N', 4],
    nodes: [node('MatMul', ['x', 'w'], ['h']), node('Relu', ['h'], ['r']), node('Add', ['r', 'b'], ['y'])],
    constants: { w: numbers(4, 3), b: numbers(3) },
  }

  test('keeps the names of its values and weights', () => {
    const graph = read(chain)
    expect(graph.nodes.map(({ outputs }) => outputs)).toEqual([['h'], ['r'], ['y']])
    expect([...graph.initializers.keys()]).toEqual(['w', 'b'])
    expect(graph.inputs).toEqual([{ name: 'x', type: 'float32', shape: ['N', 4] }])
  })

  test('that lost a weight on the way says which, and does not blame a size', () => {
    const lost = { ...chain, constants: { w: numbers(4, 3) } }
    expect(() => read(lost)).toThrow(
      /model\.onnx: node .*it reads b, which the file lacks: it is not a weight/,
    )
    expect(() => read(lost)).not.toThrow(/--size/)
  })

  test('that lost a node’s input says so clearly', () => {
    const lost = (op: string, inputs: string[]) => ({ ...chain, nodes: [node(op, inputs, ['y'])] })
    for (const op of ['Flatten', 'Conv', 'Softmax', 'ReduceMean', 'Resize', 'Gemm', 'Split'])
      expect(() => read(lost(op, []))).toThrow(`model.onnx: node the ${op} (${op}): it has no input`)
    for (const op of [
      'Conv',
      'Gemm',
      'MatMul',
      'Gather',
      'Where',
      'Resize',
      'BatchNormalization',
      'Expand',
    ]) {
      expect(() => read(lost(op, ['x']))).toThrow(UserError)
      expect(() => read(lost(op, ['x']))).not.toThrow(/undefined|is not a function|is not iterable/)
    }
  })

  test('that normalises groups of channels where there are none says so', () => {
    const nodes = [node('GroupNormalization', ['x', 's', 's'], ['y'], { num_groups: 3 })]
    const model: Model = { opset: 21, x: [6], nodes, constants: { s: numbers(3) } }
    expect(() => read(model)).toThrow('(GroupNormalization): 0 channels do not make 3 groups')
  })

  test('whose output lacks a declared shape gets the inferred one', () => {
    expect(read(chain).outputs).toEqual([{ name: 'y', type: 'float32', shape: ['N', 3] }])
  })

  test('is the same graph after being written and read again', () => {
    const graph = read(chain)
    expect(readGraph(writeGraph(graph), 'again.onnx')).toEqual(graph)
  })

  test('gets a name for each node, the node’s own if unused', () => {
    const nodes = [
      { ...node('Relu', ['x'], ['a']), name: 'layer' },
      { ...node('Relu', ['a'], ['b']), name: 'layer' },
      { ...node('Relu', ['b'], ['y']), name: '' },
    ]
    expect(read({ opset: 13, x: [1], nodes }).nodes.map(({ name }) => name)).toEqual([
      'layer',
      'layer_2',
      'y',
    ])
  })

  test('may have its nodes in any order', async () => {
    const expected = read(chain)
    const permutation = fc.shuffledSubarray([0, 1, 2], { minLength: 3 })
    fc.assert(
      fc.property(permutation, (order) => {
        expect(read({ ...chain, nodes: order.map((k) => chain.nodes[k]!) })).toEqual(expected)
      }),
    )
  })

  test('may list its constants among its inputs', () => {
    const bytes = bytesOf(chain)
    const listed = bytesOf({ ...chain, inputs: ['w', 'b'] })
    expect(readGraph(listed, 'old.onnx')).toEqual(readGraph(bytes, 'new.onnx'))
  })

  test('may give a constant as its output', async () => {
    const constants = { c: numbers(2) }
    await expectAgreement(
      { opset: 13, x: [2], nodes: [node('Identity', ['c'], ['y'])], constants },
      numbers(2),
    )
    const value = node('Constant', [], ['y'], { value: numbers(2) })
    await expectAgreement({ opset: 13, x: [2], nodes: [value] }, numbers(2))
  })

  test('may use the names that regard gives to helper values', async () => {
    const nodes = [
      node('Softsign', ['x'], ['the Softsign/Abs']),
      node('Softsign', ['the Softsign/Abs'], ['y']),
    ]
    await expectAgreement({ opset: 13, x: [3], nodes }, numbers(3))
  })

  test('has plain inner products if the weights are constant', () => {
    const gemm = { alpha: f(2), beta: f(3), transA: 1 }
    const constants = { w: float32([2, 1], [1, 2]), b: float32([1], [5]) }
    const graph = read({ opset: 13, x: [2, 'N'], nodes: one('Gemm', gemm, ['w', 'b']), constants })
    expect(graph.nodes.map(({ op }) => op)).toEqual(['Transpose', 'Gemm'])
    expect(graph.nodes[1]!.attributes).toEqual({ alpha: 1, beta: 1, transA: 0, transB: 0 })
    expect([...graph.initializers.values()]).toEqual([float32([2, 1], [2, 4]), float32([1], [15])])
  })

  test('drops what its outputs do not depend on', () => {
    const nodes = [...chain.nodes, node('MatMul', ['x', 'v'], ['unread'])]
    expect(read({ ...chain, nodes, constants: { ...chain.constants, v: numbers(4, 9) } })).toEqual(
      read(chain),
    )
  })

  test.each(['float16', 'float64'] as const)('in %s becomes float32', async (type) => {
    const to = { float16: 10, float64: 11 }[type]
    const w = numbers(4, 3)
    const model: Model = {
      ...chain,
      type,
      nodes: [
        node('Cast', ['x'], ['x32'], { to: 1 }),
        node('Cast', ['x32'], ['again'], { to }),
        node('MatMul', ['again', 'w'], ['h']),
        node('Clip', ['h', 'low'], ['y']),
      ],
      constants: { w: as(type, w), low: as(type, float32([], [-0.5])) },
    }
    const graph = read(model)
    expect([...graph.initializers.values()].every((tensor) => tensor.type === 'float32')).toBe(true)
    expect(graph.nodes.map(({ op }) => op)).toEqual(['Identity', 'Identity', 'MatMul', 'Clip'])
    if (type === 'float64') await expectAgreement(model, as(type, numbers(2, 4)))
    else expect(graph.initializers.get('w')!.data[0]).toBeCloseTo(w.data[0]!, 3)
  })
})

/** A tensor in another precision. */
function as(type: 'float16' | 'float64', { shape, data }: Tensor): Tensor {
  if (type === 'float64') return { type, shape, data: Float64Array.from(data as Float32Array) }
  // Numbers from 2⁻¹⁴ up: the fraction cut to ten bits, the exponent counted from −15.
  const half = (value: number) => {
    if (value === 0) return 0
    const exponent = Math.floor(Math.log2(Math.abs(value)))
    return (
      (value < 0 ? 0x8000 : 0) +
      ((exponent + 15) << 10) +
      Math.floor((Math.abs(value) / 2 ** exponent - 1) * 1024)
    )
  }
  return { type, shape, data: Uint16Array.from(data as Float32Array, half) }
}

describe('sizes that a graph computes from its batch', () => {
  /** What PyTorch writes for x.view(x.size(0), …): it reads the batch size and puts it before other numbers. */
  const view = (shape: number[]): Model['nodes'] => [
    node('Shape', ['x'], ['s']),
    node('Constant', [], ['zero'], { value: int64([], [0]) }),
    node('Gather', ['s', 'zero'], ['n']),
    node('Unsqueeze', ['n'], ['n1'], { axes: [0] }),
    ...shape.map((d, k) => node('Constant', [], [`d${k}`], { value: int64([1], [d]) })),
    node('Concat', ['n1', ...shape.map((_, k) => `d${k}`)], ['shape'], { axis: 0 }),
    node('Reshape', ['x', 'shape'], ['y']),
  ]

  test.each([
    [[-1], [0, 24]],
    [
      [2, 12],
      [0, 2, 12],
    ],
    [
      [3, -1, 2],
      [0, 3, 4, 2],
    ],
  ])('become one constant shape: %j', async (shape, target) => {
    const model: Model = { opset: 11, x: ['batch', 2, 3, 4], nodes: view(shape) }
    const graph = read(model)
    expect(graph.nodes.map(({ op }) => op)).toEqual(['Reshape'])
    expect([...graph.initializers.values()]).toEqual([int64([target.length], target)])
    await expectAgreement(model, numbers(3, 2, 3, 4))
  })

  test('may be compared and selected, as exporters do to repeat a token over a batch', async () => {
    const nodes = [
      node('Shape', ['x'], ['s']),
      node('Slice', ['s', 'zero', 'one'], ['n']),
      node('Concat', ['n', 'minus', 'minus'], ['column'], { axis: 0 }),
      node('Reshape', ['column', 'minus'], ['wanted']),
      node('Shape', ['wanted'], ['rank']),
      node('ConstantOfShape', ['rank'], ['ones'], { value: int64([1], [1]) }),
      node('Mul', ['ones', 'minus'], ['minuses']),
      node('Equal', ['wanted', 'minuses'], ['same']),
      node('Where', ['same', 'ones', 'wanted'], ['shape']),
      node('Expand', ['token', 'shape'], ['tokens']),
      node('Concat', ['tokens', 'x'], ['y'], { axis: 1 }),
    ]
    const constants = {
      zero: int64([1], [0]),
      one: int64([1], [1]),
      minus: int64([1], [-1]),
      token: numbers(1, 1, 4),
    }
    const model: Model = { opset: 13, x: ['batch', 5, 4], nodes, constants }
    expect(read(model).outputs[0]!.shape).toEqual(['batch', 6, 4])
    await expectAgreement(model, numbers(3, 5, 4))
  })

  // No single-precision scale takes 14 to 31 exactly, so the sizes stay sizes there.
  test.each([
    [[3, 4], [7, 9], ['Resize']],
    [
      [14, 4],
      [31, 9],
      ['Shape', 'Slice', 'Concat', 'Resize'],
    ],
  ])('are resize targets with the batch left open: %j to %j', async (from, to, operators) => {
    const nodes = [
      node('Shape', ['x'], ['s']),
      node('Slice', ['s', 'zero', 'two'], ['outer']),
      node('Concat', ['outer', 'picture'], ['sizes'], { axis: 0 }),
      node('Resize', ['x', 'none', 'none', 'sizes'], ['y'], {
        mode: 'nearest',
        coordinate_transformation_mode: 'asymmetric',
        nearest_mode: 'floor',
      }),
    ]
    const constants = {
      zero: int64([1], [0]),
      two: int64([1], [2]),
      picture: int64([2], to),
      none: float32([0]),
    }
    const model: Model = { opset: 11, x: ['batch', 2, ...from], nodes, constants }
    const graph = read(model)
    expect(graph.outputs[0]!.shape).toEqual(['batch', 2, ...to])
    expect(graph.nodes.map(({ op }) => op)).toEqual(operators)
    await expectAgreement(model, numbers(3, 2, ...from))
  })
})

describe('sizes that a model leaves open', () => {
  const model: Model = {
    opset: 13,
    x: ['batch', 1, 'height', 'width'],
    nodes: one('Conv', {}, ['w']),
    constants: { w: numbers(2, 1, 3, 3) },
  }

  test('but are needed give an error that names them', () => {
    expect(() => read(model)).toThrow(
      /model\.onnx: node the Conv \(Conv\): dimension height must be a number.* x \[batch, 1, height, width\]/,
    )
  })

  test('can be given', () => {
    expect(read(model, { height: 8, width: 9 }).outputs[0]!.shape).toEqual(['batch', 2, 6, 7])
    expect(() => read(model, { depth: 8 })).toThrow('model.onnx: no input has a dimension called depth')
  })

  test('may stay open if no layer needs them', () => {
    expect(read({ ...model, nodes: one('Relu') }).outputs[0]!.shape).toEqual(['batch', 1, 'height', 'width'])
  })

  test('get a name if they lack one, or have a meaningless one', () => {
    const graph = read({ opset: 13, x: ['?', '?', 0, '3*k'], nodes: one('Relu') })
    expect(graph.inputs[0]!.shape).toEqual(['x.0', 'x.1', 'x.2', 'x.3'])
  })
})

describe('an unreadable model gives one clear error', () => {
  const layer = (w: Tensor): Model => ({
    opset: 13,
    x: [1, 4],
    nodes: one('MatMul', {}, ['w']),
    constants: { w },
  })

  test.each<[string, Model, RegExp]>([
    [
      'too old an opset',
      { opset: 6, x: [1], nodes: one('Relu') },
      /opset 6; regard reads opsets 7 to 26.*Convert/,
    ],
    ['too new an opset', { opset: 27, x: [1], nodes: one('Relu') }, /opset 27/],
    [
      'an operator that is not known',
      { opset: 13, x: [1], nodes: one('Det') },
      /the Det uses the operator Det of standard ONNX.*another opset/,
    ],
    [
      'an operator of ONNX Runtime',
      { opset: 13, x: [1], nodes: [{ ...node('Inverse', ['x'], ['y']), domain: 'com.microsoft' }] },
      /Inverse of the domain com\.microsoft.*before/,
    ],
    [
      'a standard name in another domain',
      { opset: 13, x: [1], nodes: [{ ...node('Relu', ['x'], ['y']), domain: 'mine' }] },
      /Relu of the domain mine.*standard operators/,
    ],
    [
      'arithmetic that only shapes need, on an input',
      { opset: 13, x: [1], nodes: one('Floor') },
      /the Floor uses the operator Floor.*only where it follows from constants/,
    ],
    [
      'a quantised model',
      {
        opset: 13,
        x: [1],
        nodes: [node('Relu', ['x'], ['r']), node('QuantizeLinear', ['r', 's'], ['y'])],
        constants: { s: float32([], [1]) },
      },
      /node the QuantizeLinear \(QuantizeLinear\): this model is quantised.*Export it in float32/,
    ],
    [
      'weights that are no numbers',
      layer(float32([4, 1], [1, Number.NaN, 0, 0])),
      /the MatMul .*the constant w has the element NaN/,
    ],
    [
      'infinite weights',
      layer(float32([4, 1], [1, Number.POSITIVE_INFINITY, 0, 0])),
      /the MatMul .*the constant w has the element Infinity/,
    ],
    [
      'shapes that do not fit',
      layer(numbers(5, 2)),
      /node the MatMul \(MatMul\): inner dimensions differ: 4 and 5/,
    ],
    [
      'a value that nothing defines',
      { opset: 13, x: [1], nodes: one('Add', {}, ['c']) },
      /the Add.*it reads c, which the file lacks/,
    ],
    [
      'an output that nothing defines',
      { opset: 13, x: [1], nodes: [node('Relu', ['x'], ['z'])] },
      /no value called y/,
    ],
    [
      'a circle',
      {
        opset: 13,
        x: [1],
        nodes: [node('Add', ['x', 'b'], ['a']), node('Relu', ['a'], ['b']), node('Neg', ['b'], ['y'])],
      },
      /cycle: the Add of a \(Add\), the Relu of b \(Relu\)/,
    ],
    [
      'a node that reads itself',
      { opset: 13, x: [1], nodes: [node('Add', ['x', 'y'], ['y'])] },
      /cycle: the Add \(Add\)$/,
    ],
    [
      'an attribute that is not known',
      { opset: 13, x: [1], nodes: one('Relu', { slope: f(1) }) },
      /the Relu.*attribute slope/,
    ],
    [
      'an attribute of another kind',
      { opset: 13, x: [1, 2], nodes: one('Flatten', { axis: 'first' }) },
      /Flatten/,
    ],
    [
      'a shape that is fed',
      {
        opset: 13,
        x: [2],
        type: 'int64',
        nodes: [node('Reshape', ['c', 'x'], ['y'])],
        constants: { c: numbers(4) },
      },
      /the Reshape.*depend on the graph's input/,
    ],
    [
      'an average with holes',
      { opset: 19, x: [1, 1, 9, 9], nodes: one('AveragePool', { kernel_shape: [2, 2], dilations: [2, 2] }) },
      /AveragePool.*dilated/,
    ],
    [
      'layers over volumes',
      { opset: 13, x: [1, 1, 9, 9, 9], nodes: one('MaxPool', { kernel_shape: [2, 2, 2] }) },
      /MaxPool.*lines and pictures.*video/,
    ],
  ])('%s', (_, model, message) => {
    expect(() => read(model)).toThrow(UserError)
    expect(() => read(model)).toThrow(message)
  })

  test('an infinite bound counts as none', () => {
    const constants = { low: float32([], [0]), high: float32([], [Number.POSITIVE_INFINITY]) }
    expect(
      read({ opset: 13, x: [2], nodes: one('Clip', {}, ['low', 'high']), constants }).nodes,
    ).toHaveLength(1)
  })

  test('a file that is cut short anywhere', () => {
    const bytes = bytesOf({ ...layer(numbers(4, 8)), opset: 11 })
    fc.assert(
      fc.property(fc.integer({ min: 0, max: bytes.length - 1 }), (length) => {
        try {
          readGraph(bytes.subarray(0, length), 'cut.onnx')
        } catch (error) {
          expect(error).toBeInstanceOf(UserError)
          expect((error as Error).message).toMatch(/^cut\.onnx: /)
        }
      }),
    )
  })
})
