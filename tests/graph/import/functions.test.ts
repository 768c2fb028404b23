import type { MessageInitShape } from '@bufbuild/protobuf'
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import ort from 'onnxruntime-node'
import { describe, expect, test } from 'vitest'
import { nodeEngine } from '../../../src/engine/node.ts'
import { readGraph } from '../../../src/graph/file.ts'
import {
  AttributeProtoSchema,
  FunctionProtoSchema,
  ModelProtoSchema,
  type NodeProtoSchema,
} from '../../../src/graph/onnx_pb.ts'
import { bytesOf, f, type Model, node, numbers } from './model.ts'

type NodeInit = MessageInitShape<typeof NodeProtoSchema>

interface Brought {
  readonly name: string
  readonly input: string[]
  readonly output: string[]
  readonly nodes: NodeInit[]
  readonly opset?: number
  readonly defaults?: Record<string, number>
}

/** The bytes of a model with functions in the domain `mine`. */
function bytesWith(model: Model, ...functions: Brought[]): Uint8Array {
  const proto = fromBinary(ModelProtoSchema, bytesOf(model))
  proto.opsetImport.push(
    create(ModelProtoSchema, { opsetImport: [{ domain: 'mine', version: 1n }] }).opsetImport[0]!,
  )
  proto.functions = functions.map(({ name, input, output, nodes, opset = model.opset, defaults = {} }) =>
    create(FunctionProtoSchema, {
      name,
      domain: 'mine',
      input,
      output,
      node: nodes,
      opsetImport: [
        { domain: '', version: BigInt(opset) },
        { domain: 'mine', version: 1n },
      ],
      attributeProto: Object.entries(defaults).map(([own, value]) => ({ name: own, type: 1, f: value })),
    }),
  )
  return toBinary(ModelProtoSchema, proto)
}

const mine = (made: NodeInit): NodeInit => ({ ...made, domain: 'mine' })

/** A node with an attribute of the function. */
const referring = (made: NodeInit, name: string, to: string): NodeInit => ({
  ...made,
  attribute: [create(AttributeProtoSchema, { name, type: 1, refAttrName: to })],
})

async function expectSame(bytes: Uint8Array): Promise<void> {
  const x = numbers(2, 3)
  const session = await ort.InferenceSession.create(bytes, { logSeverityLevel: 4 })
  const { y: theirs } = await session.run({ x: new ort.Tensor('float32', x.data, x.shape) })
  await session.release()
  const program = await (await nodeEngine({ threads: 1 })).load(readGraph(bytes, 'model.onnx'))
  const { y } = await program.run({ x })
  await program.release()
  Array.from(theirs!.data as Float32Array).forEach((value, k) => {
    expect(Math.abs(value - Number(y!.data[k]))).toBeLessThanOrEqual(1e-5)
  })
}

describe('a model’s own functions are inlined', () => {
  const scaled: Brought = {
    name: 'Scaled',
    input: ['a', 'by'],
    output: ['b'],
    nodes: [referring(node('LeakyRelu', ['a'], ['t']), 'alpha', 'slope'), node('Mul', ['t', 'by'], ['b'])],
    defaults: { slope: 0.5 },
  }

  test('twice, with attributes, and with defaults', async () => {
    const nodes = [
      mine(node('Scaled', ['x', 'w'], ['t'], { slope: f(0.2) })),
      mine(node('Scaled', ['t', 'w'], ['y'])),
    ]
    const bytes = bytesWith({ opset: 17, x: [2, 3], nodes, constants: { w: numbers(3) } }, scaled)
    expect(readGraph(bytes, 'm').nodes.map(({ op, outputs }) => [op, ...outputs])).toEqual([
      ['LeakyRelu', 'the Scaled of t/t'],
      ['Mul', 't'],
      ['LeakyRelu', 'the Scaled/t'],
      ['Mul', 'y'],
    ])
    await expectSame(bytes)
  })

  test('inside each other and inside a branch', async () => {
    const twice: Brought = {
      name: 'Twice',
      input: ['a'],
      output: ['i', 'c'],
      nodes: [
        node('Identity', ['a'], ['i']),
        mine(node('Scaled', ['a', 'a'], ['b'])),
        node('Add', ['b', 'b'], ['c']),
      ],
    }
    const nodes = [
      node('If', ['c'], ['t'], {
        then_branch: { nodes: [mine(node('Scaled', ['x', 'x'], ['p']))], gives: ['p'] },
        else_branch: { nodes: [node('Neg', ['x'], ['q'])], gives: ['q'] },
      }),
      mine(node('Twice', ['t'], ['same', 's'])),
      node('Sub', ['same', 's'], ['y']),
    ]
    const constants = { c: { type: 'bool', shape: [], data: Uint8Array.of(1) } } as const
    await expectSame(bytesWith({ opset: 17, x: [2, 3], nodes, constants }, scaled, twice))
  })

  test.each<[string, Brought, RegExp]>([
    [
      'one that uses itself',
      { ...scaled, nodes: [mine(node('Scaled', ['a', 'by'], ['b']))] },
      /Scaled uses itself/,
    ],
    [
      'one of another opset',
      { ...scaled, opset: 13 },
      /Scaled is written in opset 13, and the model in 17.*inliner/,
    ],
  ])('but not %s', (_, brought, message) => {
    const nodes = [mine(node('Scaled', ['x', 'x'], ['y']))]
    expect(() => readGraph(bytesWith({ opset: 17, x: [2, 3], nodes }, brought), 'model.onnx')).toThrow(
      message,
    )
  })
})
