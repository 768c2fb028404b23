import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf'
import {
  type AttributeProtoSchema,
  ModelProtoSchema,
  type NodeProtoSchema,
} from '../../../src/graph/onnx_pb.ts'
import { numberOf, tensorTo, valueTo } from '../../../src/graph/proto.ts'
import { type DataType, float32, type Shape, sizeOf, type Tensor } from '../../../src/graph/types.ts'

type Attribute =
  | number
  | string
  | readonly number[]
  | Tensor
  | { float: number }
  | { floats: readonly number[] }
  | Branch
type NodeInit = MessageInitShape<typeof NodeProtoSchema>

/** A graph inside a node: it reads from the surrounding graph, and gives some values. */
export interface Branch {
  readonly nodes: readonly NodeInit[]
  readonly gives: readonly string[]
  readonly constants?: Record<string, Tensor>
}

/** An attribute of kind float: a plain number is one of kind int. */
export const f = (float: number) => ({ float })

/** A node as in a file. */
export function node(
  opType: string,
  input: string[],
  output: string[],
  attributes: Record<string, Attribute> = {},
): NodeInit & { opType: string } {
  const attribute = Object.entries(attributes).map(([name, value]) => attributeInit(name, value))
  const name = output[0] === 'y' ? `the ${opType}` : `the ${opType} of ${output[0]}`
  return { opType, input, output, attribute, name }
}

function attributeInit(name: string, value: Attribute): MessageInitShape<typeof AttributeProtoSchema> {
  if (typeof value === 'number') return { name, type: 2, i: BigInt(value) }
  if (typeof value === 'string') return { name, type: 3, s: new TextEncoder().encode(value) }
  if (Array.isArray(value)) return { name, type: 7, ints: value.map(BigInt) }
  if ('float' in value) return { name, type: 1, f: value.float }
  if ('floats' in value) return { name, type: 6, floats: [...value.floats] }
  if ('nodes' in value) {
    const initializer = Object.entries(value.constants ?? {}).map(([own, tensor]) =>
      tensorTo(own, tensor, undefined),
    )
    const output = value.gives.map((own) => ({ name: own }))
    return { name, type: 5, g: { name, node: [...value.nodes], output, initializer } }
  }
  return { name, type: 4, t: tensorTo('', value as Tensor, undefined) }
}

/** A model that reads `x` and gives `y`, as any program might write it. Its values lack declared shapes. */
export interface Model {
  readonly opset: number
  readonly x: Shape
  readonly type?: DataType
  readonly result?: DataType
  readonly nodes: readonly NodeInit[]
  readonly constants?: Record<string, Tensor>
  /** Constants that are also listed among the inputs. */
  readonly inputs?: readonly string[]
}

/** The bytes of a model. */
export function bytesOf({
  opset,
  x,
  type = 'float32',
  result = type,
  nodes,
  constants = {},
  inputs = [],
}: Model) {
  const dim = x.map((d) => (typeof d === 'number' ? { dimValue: BigInt(d) } : { dimParam: d }))
  const tensors = Object.entries(constants).map(([name, tensor]) => tensorTo(name, tensor, undefined))
  return toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, {
      irVersion: 8n,
      producerName: 'a test',
      opsetImport: [
        { domain: '', version: BigInt(opset) },
        { domain: 'com.microsoft', version: 1n },
      ],
      graph: {
        name: 'graph',
        node: [...nodes],
        initializer: tensors,
        input: [
          { name: 'x', type: { tensorType: { elemType: numberOf(type), shape: { dim } } } },
          ...inputs.map((name) => valueTo({ name, ...constants[name]! })),
        ],
        output: [{ name: 'y', type: { tensorType: { elemType: numberOf(result) } } }],
      },
    }),
  )
}

/** Unordered numbers between −2 and 2, always the same ones. */
export function numbers(...shape: number[]): Tensor & { data: Float32Array } {
  return float32(
    shape,
    Float32Array.from({ length: sizeOf(shape) }, (_, k) => 2 * Math.sin(1 + 12.9898 * k)),
  ) as Tensor & { data: Float32Array }
}
