import { fromBinary, toBinary } from '@bufbuild/protobuf'
import { describe, expect, test } from 'vitest'
import { readGraph } from '../../../src/graph/file.ts'
import { ModelProtoSchema, type TensorProto } from '../../../src/graph/onnx_pb.ts'
import { float32, int64, type Tensor } from '../../../src/graph/types.ts'
import { bytesOf, type Model, node, numbers } from './model.ts'
import { type Case, expectAgreement, one, testSideBySide } from './sideBySide.ts'

const read = (model: Model) => readGraph(bytesOf(model), 'model.onnx')
const int8 = (shape: number[], ...data: number[]): Tensor => ({
  type: 'int8',
  shape,
  data: Int8Array.from(data),
})

describe('in a model with several outputs', () => {
  /** A model with the outputs y and others. */
  const bytesWith = (model: Model, ...outputs: string[]) => {
    const proto = fromBinary(ModelProtoSchema, bytesOf(model))
    const y = proto.graph!.output[0]!
    proto.graph!.output = [...outputs.map((name) => ({ ...y, name })), y]
    return toBinary(ModelProtoSchema, proto)
  }

  test('unreadable outputs are left out, with the reason; what only they need is ignored', () => {
    const nodes = [...one('Relu'), node('Det', ['x'], ['d']), node('Mul', ['d', 'w'], ['z'])]
    const graph = readGraph(
      bytesWith({ opset: 13, x: [2, 2], nodes, constants: { w: numbers(1) } }, 'z', 'd'),
      'm',
    )
    expect(graph.outputs.map(({ name }) => name)).toEqual(['y'])
    expect([...graph.initializers.keys()]).toEqual([])
    expect([...graph.reading!.refused]).toEqual(
      ['z', 'd'].map((name) => [name, expect.stringMatching(/node the Det of d uses the operator Det/)]),
    )
  })

  test('inputs that only left-out outputs need go with them', () => {
    const proto = fromBinary(ModelProtoSchema, bytesOf({ opset: 13, x: [2, 2], nodes: one('Relu') }))
    proto.graph!.input.push({ ...proto.graph!.input[0]!, name: 'mask' })
    const graph = readGraph(toBinary(ModelProtoSchema, proto), 'm')
    expect(graph.inputs.map(({ name }) => name)).toEqual(['x'])
    expect(graph.reading!.notes).toEqual(['its input mask is left out because nothing that is read needs it'])
  })

  test('at least one must be readable, or the first reason becomes the error', () => {
    const nodes = [node('Det', ['x'], ['d']), node('Unique', ['x'], ['y'])]
    expect(() => readGraph(bytesWith({ opset: 13, x: [2, 2], nodes }, 'd'), 'm')).toThrow(
      /^m: its output d: node the Det of d uses the operator Det/,
    )
  })

  test('a node’s output that regard cannot compute is left out', () => {
    const nodes = [node('LayerNormalization', ['x', 's'], ['y', 'mean'])]
    const graph = readGraph(
      bytesWith({ opset: 17, x: [2, 3], nodes, constants: { s: numbers(3) } }, 'mean'),
      'm',
    )
    expect(graph.outputs.map(({ name }) => name)).toEqual(['y'])
    expect(graph.reading!.refused.get('mean')).toMatch(/LayerNormalization.*its output mean is needed/)
  })
})

describe('weights of few bits', () => {
  const times = (
    name: string,
    opset: number,
    constants: Record<string, Tensor>,
    attributes: Parameters<typeof node>[3] = {},
  ): Case => [
    name,
    [opset],
    [4, 2],
    [node('DequantizeLinear', Object.keys(constants), ['w'], attributes), node('Mul', ['x', 'w'], ['y'])],
    constants,
  ]
  const q = int8([4, 2], 1, -2, 3, -4, 5, -128, 127, 0)
  testSideBySide([
    times('of one scale', 13, { q, scale: float32([], [0.1]) }),
    times('of one scale and zero', 13, { q, scale: float32([], [0.1]), zero: int8([], 3) }),
    times('of a scale a column', 13, { q, scale: float32([2], [0.1, 0.2]), zero: int8([2], 3, -4) }),
    times('of a scale a row', 13, { q, scale: float32([4], [0.1, 0.2, 0.3, 0.4]) }, { axis: 0 }),
    times(
      'of a scale a block',
      21,
      { q, scale: numbers(2, 2), zero: int8([2, 2], 1, 2, 3, 4) },
      { axis: 0, block_size: 2 },
    ),
    times('of 32 bits', 13, {
      q: { type: 'int32', shape: [4, 1], data: Int32Array.of(70000, -1, 2, 3) },
      scale: float32([], [1e-4]),
    }),
  ])

  /** The bytes of a model whose first constant is of another type, with these bytes. */
  const withBytes = (model: Model, dataType: number, ...rawData: number[]) => {
    const proto = fromBinary(ModelProtoSchema, bytesOf(model))
    Object.assign(proto.graph!.initializer[0]!, {
      dataType,
      rawData: Uint8Array.from(rawData),
    } as Partial<TensorProto>)
    return toBinary(ModelProtoSchema, proto)
  }

  test.each([
    [22, 'int8', [1, -2, 7, -8, -1]],
    [21, 'uint8', [1, 14, 7, 8, 15]],
  ])('two per byte, of ONNX type %j', (dataType, type, expected) => {
    const model: Model = {
      opset: 21,
      x: [5],
      nodes: [node('Cast', ['q'], ['w'], { to: 1 }), node('Mul', ['x', 'w'], ['y'])],
      constants: { q: { type: 'uint8', shape: [5], data: Uint8Array.from([0, 0, 0, 0, 0]) } },
    }
    const bytes = withBytes(model, dataType, 0xe1, 0x87, 0x0f)
    expect([...readGraph(bytes, type).initializers.values()]).toEqual([float32([5], expected)])
  })

  test('brain floats are the upper half of float32', () => {
    const model: Model = { opset: 13, x: [2], nodes: one('Add', {}, ['w']), constants: { w: float32([2]) } }
    const bytes = withBytes(model, 16, 0x80, 0x3f, 0x49, 0xc0)
    expect([...readGraph(bytes, 'brain').initializers.values()]).toEqual([float32([2], [1, -3.140625])])
  })
})

describe('an input of whole numbers', () => {
  const whole = (nodes: Model['nodes'], constants: Model['constants'] = {}): Model => ({
    opset: 13,
    x: [1, 2, 2, 3],
    type: 'uint8',
    result: 'float32',
    nodes,
    constants,
  })
  const pixels: Tensor = {
    type: 'uint8',
    shape: [1, 2, 2, 3],
    data: Uint8Array.from({ length: 12 }, (_, k) => 20 * k),
  }

  test('that is only moved and cast to float takes floats', async () => {
    const model = whole(
      [
        node('Transpose', ['x'], ['t'], { perm: [0, 3, 1, 2] }),
        node('Gather', ['t', 'k'], ['g'], { axis: 1 }),
        node('Cast', ['g'], ['f'], { to: 1 }),
        node('Mul', ['f', 's'], ['y']),
      ],
      { k: int64([3], [2, 1, 0]), s: float32([], [1 / 255]) },
    )
    expect(read(model).inputs[0]!.type).toBe('float32')
    await expectAgreement(model, pixels)
  })

  test('that is used in calculations stays as it is', () => {
    const summed = whole([node('Add', ['x', 'x'], ['s']), node('Cast', ['s'], ['y'], { to: 1 })])
    expect(read(summed).inputs[0]!.type).toBe('uint8')
    const index = whole([node('Cast', ['x'], ['k'], { to: 7 }), node('Gather', ['w', 'k'], ['y'])], {
      w: numbers(256),
    })
    expect(read(index).inputs[0]!.type).toBe('uint8')
  })
})

describe('channels that an input leaves open', () => {
  const model = (nodes: Model['nodes']): Model => ({
    opset: 13,
    x: ['N', 'C', 8, 8],
    nodes,
    constants: { mean: numbers(1, 6, 1, 1), w: numbers(4, 3, 3, 3) },
  })

  test('match what the first convolution takes, in all its groups', () => {
    const nodes = [node('Sub', ['x', 'mean'], ['s']), node('Conv', ['s', 'w'], ['y'], { group: 2 })]
    expect(read(model(nodes)).inputs[0]!.shape).toEqual(['N', 6, 8, 8])
  })

  test('may be given like any other size', () => {
    const nodes = [node('Conv', ['x', 'w'], ['y'], { group: 2 })]
    const graph = readGraph(bytesOf(model(nodes)), 'model.onnx', { sizes: { C: 6 } })
    expect(graph.inputs[0]!.shape).toEqual(['N', 6, 8, 8])
  })

  test('stay open if nothing determines them', () => {
    expect(read(model(one('Relu'))).inputs[0]!.shape).toEqual(['N', 'C', 8, 8])
  })
})

describe('training mode is read as inference, with a note', () => {
  test('dropout', () => {
    const constants: Record<string, Tensor> = {
      ratio: float32([], [0.5]),
      training: { type: 'bool', shape: [], data: Uint8Array.of(1) },
    }
    const graph = read({ opset: 13, x: [2], nodes: one('Dropout', {}, ['ratio', 'training']), constants })
    expect(graph.reading!.notes).toEqual([
      'its dropout is in training mode, but is read as in evaluation: nothing is dropped',
    ])
  })

  test.each([
    [15, ['y'], { training_mode: 1 }],
    [9, ['y', 'mean', 'variance', 'saved', 'squares'], {}],
  ])('batch normalisation of opset %j', (opset, outputs, attributes) => {
    const nodes = [node('BatchNormalization', ['x', 'c', 'c', 'c', 'c'], outputs, attributes)]
    const { reading } = read({ opset, x: [2, 1], nodes, constants: { c: numbers(1) } })
    expect(reading!.notes).toEqual([expect.stringMatching(/^its batch normalisation is in training mode/)])
  })
})
