/**
 * The `.onnx` file format: bytes to graph and graph to bytes.
 *
 * Weights may lie in files beside the model (ONNX's "external data"); the caller says how to get at them, so
 * that this room needs no file system.
 */

import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { UserError } from '../base/errors.ts'
import { withDefaults } from './builder.ts'
import {
  type AttributeProto,
  AttributeProtoSchema,
  type GraphProto,
  GraphProtoSchema,
  type ModelProto,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  type TensorProto,
  TensorProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from './onnx_pb.ts'
import {
  type AttributeSpec,
  type AttributeTypes,
  isOperator,
  type Node,
  OPERATORS,
  OPSET,
} from './operators.ts'
import {
  type DataType,
  type ElementArrays,
  type Graph,
  sizeOf,
  type Tensor,
  type ValueInfo,
} from './types.ts'
import { verify } from './verify.ts'

/** Reads part of a file that lies beside the model: `length` bytes from `offset`, all of it without them. */
export type ExternalReader = (location: string, offset: number, length: number | undefined) => Uint8Array

/** Collects the weights that go into a file beside the model. */
export interface ExternalWriter {
  /** The file's name, as the model will refer to it. */
  readonly location: string
  /** Tensors of at least this many bytes go there; smaller ones stay in the model. */
  readonly threshold: number
  /** Called with each tensor's bytes, to be written one after the other without gaps. */
  append(bytes: Uint8Array): void
}

// The numbers of ONNX's TensorProto.DataType.
const TYPE_NUMBERS: Record<DataType, number> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
}
const ARRAYS: {
  [T in DataType]: new (
    buffer: ArrayBufferLike,
    offset: number,
    length: number,
  ) => ElementArrays[T]
} = {
  float32: Float32Array,
  uint8: Uint8Array,
  int8: Int8Array,
  int32: Int32Array,
  int64: BigInt64Array,
  bool: Uint8Array,
  float16: Uint16Array,
  float64: Float64Array,
}
const IR_VERSION = 8n
const ATTRIBUTE_NUMBERS = {
  float: 1,
  int: 2,
  string: 3,
  tensor: 4,
  graph: 5,
  floats: 6,
  ints: 7,
  type: 2,
} as const

/**
 * Read a model.
 *
 * @param where the file's name, for messages
 * @param external how to read weights that lie beside the model
 * @throws UserError when the bytes are no whole ONNX model, or it uses what regard does not know
 */
export function readGraph(bytes: Uint8Array, where: string, external?: ExternalReader): Graph {
  let model: ModelProto
  try {
    model = fromBinary(ModelProtoSchema, bytes)
  } catch {
    throw new UserError(
      'is not a whole ONNX model',
      where,
      'It may be cut short: get it again and compare its size',
    )
  }
  if (!model.graph) throw new UserError('holds no ONNX graph', where, 'Give an .onnx file')
  const opset = Number(
    model.opsetImport.find(({ domain }) => domain === '' || domain === 'ai.onnx')?.version ?? 0n,
  )
  if (opset !== OPSET) {
    throw new UserError(
      `is written in ONNX opset ${opset}, and regard reads opset ${OPSET}`,
      where,
      `Convert it with the onnx package's version_converter`,
    )
  }
  try {
    const graph = graphFrom(model.graph, external)
    verify(graph)
    return graph
  } catch (error) {
    if (error instanceof UserError) throw new UserError(error.message, where)
    throw new UserError(`is not a well-formed model: ${(error as Error).message}`, where)
  }
}

function graphFrom(proto: GraphProto, external: ExternalReader | undefined): Graph {
  const initializers = new Map(proto.initializer.map((tensor) => [tensor.name, tensorFrom(tensor, external)]))
  return {
    name: proto.name,
    opset: OPSET,
    // Old writers list constants among the inputs as well.
    inputs: proto.input.filter(({ name }) => !initializers.has(name)).map(valueFrom),
    outputs: proto.output.map(valueFrom),
    initializers,
    nodes: proto.node.map((node, index) => nodeFrom(node, index, external)),
  }
}

function valueFrom(proto: ValueInfoProto): ValueInfo {
  const tensor = proto.type?.tensorType
  if (!tensor?.shape) throw new UserError(`value ${proto.name} has no shape`)
  return {
    name: proto.name,
    type: typeOf(tensor.elemType, proto.name),
    shape: tensor.shape.dim.map((d) => (d.dimParam === '' ? Number(d.dimValue) : d.dimParam)),
  }
}

function typeOf(number: number, name: string): DataType {
  const found = Object.entries(TYPE_NUMBERS).find(([, known]) => known === number)
  if (!found) throw new UserError(`${name} has ONNX element type ${number}, which regard does not read`)
  return found[0] as DataType
}

function nodeFrom(proto: NodeProto, index: number, external: ExternalReader | undefined): Node {
  const name = proto.name || `${proto.opType}_${index}`
  const op = proto.opType
  if (!isOperator(op) || (proto.domain !== '' && proto.domain !== 'ai.onnx')) {
    throw new UserError(
      `node ${name} uses the operator ${proto.domain}${proto.domain && '.'}${op}, which regard does not know`,
    )
  }
  const specs: Record<string, AttributeSpec> = OPERATORS[op].attributes
  const given: Record<string, unknown> = {}
  for (const attribute of proto.attribute) {
    const spec = specs[attribute.name]
    if (spec) given[attribute.name] = attributeFrom(attribute, spec.kind, external)
    else if (!isImplied(attribute)) {
      throw new UserError(
        `node ${name} (${op}) has the attribute ${attribute.name}, which regard does not know`,
      )
    }
  }
  return { op, name, inputs: proto.input, outputs: proto.output, attributes: withDefaults(op, given) } as Node
}

// Attributes that say nothing new: a kernel's shape is its weights', and NOTSET means "as the pads say".
function isImplied({ name, s }: AttributeProto): boolean {
  return name === 'kernel_shape' || (name === 'auto_pad' && new TextDecoder().decode(s) === 'NOTSET')
}

function attributeFrom(
  proto: AttributeProto,
  kind: AttributeSpec['kind'],
  external: ExternalReader | undefined,
): AttributeTypes[typeof kind] {
  switch (kind) {
    case 'int':
      return Number(proto.i)
    case 'float':
      return proto.f
    case 'string':
      return new TextDecoder().decode(proto.s)
    case 'ints':
      return proto.ints.map(Number)
    case 'floats':
      return proto.floats
    case 'type':
      return typeOf(Number(proto.i), proto.name)
    case 'tensor':
      return tensorFrom(proto.t!, external)
    case 'graph':
      return graphFrom(proto.g!, external)
  }
}

function tensorFrom(proto: TensorProto, external: ExternalReader | undefined): Tensor {
  const type = typeOf(proto.dataType, proto.name)
  const shape = proto.dims.map(Number)
  const bytes = proto.dataLocation === 1 ? externalBytes(proto, external) : proto.rawData
  const data = bytes.length > 0 ? arrayFrom(type, bytes, proto.name) : fieldData(proto, type)
  if (data.length !== sizeOf(shape)) {
    throw new UserError(`tensor ${proto.name} of shape [${shape.join(', ')}] has ${data.length} elements`)
  }
  return { type, shape, data } as Tensor
}

function externalBytes(proto: TensorProto, external: ExternalReader | undefined): Uint8Array {
  const entries = new Map(proto.externalData.map(({ key, value }) => [key, value]))
  const location = entries.get('location')
  if (!external || !location)
    throw new UserError(`tensor ${proto.name} lies in another file, which cannot be read here`)
  const length = entries.get('length')
  return external(
    location,
    Number(entries.get('offset') ?? 0),
    length === undefined ? undefined : Number(length),
  )
}

// A typed array needs its bytes aligned; those inside a file seldom are. (A Buffer's slice would be no copy.)
function arrayFrom(type: DataType, bytes: Uint8Array, name: string): ElementArrays[DataType] {
  const Elements = ARRAYS[type]
  const width = new Elements(new ArrayBuffer(0), 0, 0).BYTES_PER_ELEMENT
  if (bytes.length % width !== 0) throw new UserError(`tensor ${name} is cut short`)
  const aligned = bytes.byteOffset % width === 0 ? bytes : new Uint8Array(bytes)
  return new Elements(aligned.buffer, aligned.byteOffset, bytes.length / width)
}

function fieldData(proto: TensorProto, type: DataType): ElementArrays[DataType] {
  switch (type) {
    case 'float32':
      return Float32Array.from(proto.floatData)
    case 'float64':
      return Float64Array.from(proto.doubleData)
    case 'int64':
      return BigInt64Array.from(proto.int64Data)
    case 'int32':
      return Int32Array.from(proto.int32Data)
    case 'int8':
      return Int8Array.from(proto.int32Data)
    case 'uint8':
    case 'bool':
      return Uint8Array.from(proto.int32Data)
    case 'float16':
      return Uint16Array.from(proto.int32Data)
  }
}

/**
 * Write a graph as the bytes of an `.onnx` file that any ONNX program reads.
 *
 * @param external where large weights go instead of into the file itself
 * @throws Error when the graph is not well formed
 */
export function writeGraph(graph: Graph, external?: ExternalWriter): Uint8Array {
  verify(graph)
  const state = { offset: 0 }
  return toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, {
      irVersion: IR_VERSION,
      producerName: 'regard',
      opsetImport: [{ domain: '', version: BigInt(graph.opset) }],
      graph: graphTo(graph, external, state),
    }),
  )
}

function graphTo(graph: Graph, external: ExternalWriter | undefined, state: { offset: number }): GraphProto {
  return create(GraphProtoSchema, {
    name: graph.name,
    input: graph.inputs.map(valueTo),
    output: graph.outputs.map(valueTo),
    initializer: [...graph.initializers].map(([name, tensor]) => tensorTo(name, tensor, external, state)),
    node: graph.nodes.map((node) => nodeTo(node, external, state)),
  })
}

function valueTo({ name, type, shape }: ValueInfo): ValueInfoProto {
  const dim = shape.map((d) => (typeof d === 'number' ? { dimValue: BigInt(d) } : { dimParam: d }))
  return create(ValueInfoProtoSchema, {
    name,
    type: { tensorType: { elemType: TYPE_NUMBERS[type], shape: { dim } } },
  })
}

function nodeTo(node: Node, external: ExternalWriter | undefined, state: { offset: number }): NodeProto {
  const specs: Record<string, AttributeSpec> = OPERATORS[node.op].attributes
  const values = node.attributes as unknown as Record<string, never>
  return create(NodeProtoSchema, {
    name: node.name,
    opType: node.op,
    input: [...node.inputs],
    output: [...node.outputs],
    attribute: Object.keys(specs).map((name) =>
      attributeTo(name, specs[name]!.kind, values[name]!, external, state),
    ),
  })
}

function attributeTo(
  name: string,
  kind: AttributeSpec['kind'],
  value: never,
  external: ExternalWriter | undefined,
  state: { offset: number },
): AttributeProto {
  const content = {
    int: () => ({ i: BigInt(value as number) }),
    float: () => ({ f: value as number }),
    string: () => ({ s: new TextEncoder().encode(value as string) }),
    ints: () => ({ ints: (value as readonly number[]).map(BigInt) }),
    floats: () => ({ floats: [...(value as readonly number[])] }),
    type: () => ({ i: BigInt(TYPE_NUMBERS[value as DataType]) }),
    tensor: () => ({ t: tensorTo(name, value as Tensor, undefined, state) }),
    graph: () => ({ g: graphTo(value as Graph, external, state) }),
  }[kind]()
  return create(AttributeProtoSchema, { name, type: ATTRIBUTE_NUMBERS[kind], ...content })
}

function tensorTo(
  name: string,
  { type, shape, data }: Tensor,
  external: ExternalWriter | undefined,
  state: { offset: number },
): TensorProto {
  const bytes = new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength)
  const head = { name, dataType: TYPE_NUMBERS[type], dims: shape.map(BigInt) }
  if (!external || bytes.length < external.threshold)
    return create(TensorProtoSchema, { ...head, rawData: bytes })
  external.append(bytes)
  const entries = { location: external.location, offset: String(state.offset), length: String(bytes.length) }
  state.offset += bytes.length
  return create(TensorProtoSchema, {
    ...head,
    dataLocation: 1,
    externalData: Object.entries(entries).map(([key, value]) => ({ key, value })),
  })
}
