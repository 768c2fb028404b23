/**
 * Tensors, declared values and element types, between protocol buffers and memory.
 *
 * Weights may lie in files beside the model (ONNX's "external data"); the caller reads those that
 * {@link externalFiles} names, so that this room needs no file system.
 */

import { create } from '@bufbuild/protobuf'
import { UserError } from '../base/errors.ts'
import {
  type AttributeProto,
  type GraphProto,
  type TensorProto,
  TensorProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from './onnx_pb.ts'
import type { AttributeSpec } from './operators.ts'
import { type DataType, type ElementArrays, sizeOf, type Tensor, type ValueInfo } from './types.ts'

/** The bytes of files that lie beside the model, by the names that the model uses. */
export type ExternalFiles = ReadonlyMap<string, Uint8Array>

/** Collects the weights that go into a file beside the model. */
export interface ExternalWriter {
  /** Tensors of at least this many bytes go there; smaller ones stay in the model. */
  readonly threshold: number
  /**
   * Called with each tensor's bytes; returns the file that they go into, as the model will name it, and the byte at
   * which they start.
   */
  place(bytes: Uint8Array): { readonly location: string; readonly offset: number }
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

/** ONNX's number for an element type. */
export function numberOf(type: DataType): number {
  return TYPE_NUMBERS[type]
}

/** Other element types that ONNX has numbers for. */
const UNREAD_TYPES: Readonly<Record<number, string>> = {
  4: 'uint16',
  5: 'int16',
  8: 'text',
  12: 'uint32',
  13: 'uint64',
  14: 'complex numbers',
  15: 'complex numbers',
  17: 'float8',
  18: 'float8',
  19: 'float8',
  20: 'float8',
  23: 'float4',
}

// Types that graphs lack. Brain floats are the upper half of a float32, and become one.
const [BRAIN_FLOAT, UINT4, INT4] = [16, 21, 22]

/** The element type with this ONNX number; `name` is its tensor or value, for messages. */
export function typeOf(number: number, name: string): DataType {
  if (number === BRAIN_FLOAT) return 'float32'
  const found = Object.entries(TYPE_NUMBERS).find(([, known]) => known === number)
  if (!found) {
    const type = UNREAD_TYPES[number] ?? `elements of ONNX type ${number}`
    throw new UserError(`${name} holds ${type}, which regard does not read`)
  }
  return found[0] as DataType
}

/** A tensor of a file. */
export function tensorFrom(proto: TensorProto, external: ExternalFiles | undefined): Tensor {
  const shape = proto.dims.map(Number)
  const bytes = proto.dataLocation === 1 ? externalBytes(proto, external) : proto.rawData
  const { type, data } = elementsFrom(proto, bytes, sizeOf(shape))
  if (data.length !== sizeOf(shape)) {
    throw new UserError(`tensor ${proto.name} of shape [${shape.join(', ')}] has ${data.length} elements`)
  }
  return { type, shape, data } as Tensor
}

/** The elements of a tensor of a file, from its bytes or, where it lacks them, from its fields. */
function elementsFrom(proto: TensorProto, bytes: Uint8Array, count: number): Pick<Tensor, 'type' | 'data'> {
  const { dataType, name } = proto
  const elementsAs = <T extends DataType>(type: T) =>
    (bytes.length > 0 ? arrayFrom(type, bytes, name) : fieldData(proto, type)) as ElementArrays[T]
  if (dataType === BRAIN_FLOAT) {
    const bits = Uint32Array.from(elementsAs('float16'), (half) => half << 16)
    return { type: 'float32', data: new Float32Array(bits.buffer) }
  }
  // Two 4-bit numbers to a byte, the lower half first; an odd count leaves the last half empty.
  if (dataType === UINT4 || dataType === INT4) {
    const pairs = elementsAs('uint8')
    const numbers = [...pairs].flatMap((pair) => [pair & 15, pair >> 4]).slice(0, count)
    if (dataType === UINT4) return { type: 'uint8', data: Uint8Array.from(numbers) }
    return { type: 'int8', data: Int8Array.from(numbers, (four) => (four < 8 ? four : four - 16)) }
  }
  const type = typeOf(dataType, name)
  return { type, data: elementsAs(type) } as Pick<Tensor, 'type' | 'data'>
}

function externalBytes(proto: TensorProto, external: ExternalFiles | undefined): Uint8Array {
  const entries = entriesOf(proto)
  const location = entries.get('location')
  const file = location === undefined ? undefined : external?.get(location)
  if (!file) throw new UserError(`tensor ${proto.name} lies in another file, which cannot be read here`)
  const start = Number(entries.get('offset') ?? 0)
  const end = entries.has('length') ? start + Number(entries.get('length')) : Math.max(start, file.length)
  if (!(start >= 0 && end >= start))
    throw new UserError(`tensor ${proto.name} has no valid place in ${location}`)
  if (end > file.length) throw new UserError(`${location} is cut short: it has ${file.length} bytes`)
  return file.subarray(start, end)
}

function entriesOf({ externalData }: TensorProto): Map<string, string> {
  return new Map(externalData.map(({ key, value }) => [key, value]))
}

/** The files beside the model that its tensors lie in, by the names that the model uses. */
export function externalFiles({ initializer, node }: GraphProto): Set<string> {
  const attributes = node.flatMap(({ attribute }) => attribute)
  const tensors = [...initializer, ...attributes.flatMap(({ t }) => t ?? [])]
  const own = tensors.flatMap((tensor) =>
    tensor.dataLocation === 1 ? (entriesOf(tensor).get('location') ?? []) : [],
  )
  const inner = attributes.flatMap(({ g }) => (g ? [...externalFiles(g)] : []))
  return new Set([...own, ...inner])
}

function arrayFrom(type: DataType, bytes: Uint8Array, name: string): ElementArrays[DataType] {
  const Elements = ARRAYS[type]
  const width = new Elements(new ArrayBuffer(0), 0, 0).BYTES_PER_ELEMENT
  if (bytes.length % width !== 0) throw new UserError(`tensor ${name} is cut short`)
  const own = placed(bytes, width)
  return new Elements(own.buffer, own.byteOffset, bytes.length / width)
}

/**
 * Bytes of a file, aligned so that a typed array can view them: the same bytes, or a copy. Bytes inside a file are
 * seldom aligned (`alignInPlace` takes care of the large tensors of an ONNX model). Small ones are always copied, so
 * that they do not keep a whole file in memory.
 *
 * @param width of an element, in bytes
 */
export function placed(bytes: Uint8Array, width: number): Uint8Array {
  // A Buffer's slice would not be a copy.
  return bytes.byteOffset % width === 0 && bytes.length >= LARGE ? bytes : new Uint8Array(bytes)
}

/**
 * Move the bytes of large tensors to where a typed array can view them, so that no copy is needed: copies of all
 * weights would double the memory of a large model. They move down by less than eight bytes, over the end of their
 * field's header and the numbers before it, which have already been read.
 *
 * @param tensors of a file whose bytes nothing else needs
 */
export function alignInPlace(tensors: readonly TensorProto[]): void {
  for (const tensor of tensors) {
    const { rawData: bytes } = tensor
    const shift = bytes.byteOffset % 8
    if (bytes.length < LARGE || shift === 0) continue
    const start = bytes.byteOffset - shift
    new Uint8Array(bytes.buffer).copyWithin(start, bytes.byteOffset, bytes.byteOffset + bytes.length)
    tensor.rawData = new Uint8Array(bytes.buffer, start, bytes.length)
  }
}

/** From this size on, in bytes, a copy of a tensor matters. */
export const LARGE = 1 << 16

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

/** An attribute's value in a file. A graph inside it stays as it is in the file. */
export type AttributeValue = number | string | number[] | Tensor | GraphProto

// The numbers of ONNX's AttributeProto.AttributeType.
const ATTRIBUTE_NUMBERS = { float: 1, int: 2, string: 3, tensor: 4, graph: 5, floats: 6, ints: 7 } as const

/** ONNX's number for a kind of attribute. */
export function attributeNumberOf(kind: AttributeSpec['kind']): number {
  return ATTRIBUTE_NUMBERS[kind === 'type' ? 'int' : kind]
}

/** The value of an attribute of a file. */
export function attributeFrom(proto: AttributeProto, external: ExternalFiles | undefined): AttributeValue {
  switch (proto.type) {
    case ATTRIBUTE_NUMBERS.float:
      return proto.f
    case ATTRIBUTE_NUMBERS.int:
      return integer(proto.i)
    case ATTRIBUTE_NUMBERS.string:
      return new TextDecoder().decode(proto.s)
    case ATTRIBUTE_NUMBERS.tensor:
      return tensorFrom(proto.t!, external)
    case ATTRIBUTE_NUMBERS.graph:
      return proto.g!
    case ATTRIBUTE_NUMBERS.floats:
      return proto.floats
    case ATTRIBUTE_NUMBERS.ints:
      return proto.ints.map(integer)
    default:
      throw new UserError(`attribute ${proto.name} is of ONNX kind ${proto.type}, which regard does not read`)
  }
}

// "To the end" is written as the largest 64-bit integer, which a number would round up by one.
function integer(value: bigint): number {
  return Math.max(Math.min(Number(value), Number.MAX_SAFE_INTEGER), Number.MIN_SAFE_INTEGER)
}

/** A tensor for a file. */
export function tensorTo(
  name: string,
  { type, shape, data }: Tensor,
  external: ExternalWriter | undefined,
): TensorProto {
  const bytes = new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength)
  const head = { name, dataType: TYPE_NUMBERS[type], dims: shape.map(BigInt) }
  if (!external || bytes.length < external.threshold)
    return create(TensorProtoSchema, { ...head, rawData: bytes })
  const { location, offset } = external.place(bytes)
  const entries = { location, offset: String(offset), length: String(bytes.length) }
  return create(TensorProtoSchema, {
    ...head,
    dataLocation: 1,
    externalData: Object.entries(entries).map(([key, value]) => ({ key, value })),
  })
}

/** A declared value for a file. */
export function valueTo({ name, type, shape }: ValueInfo): ValueInfoProto {
  const dim = shape.map((d) => (typeof d === 'number' ? { dimValue: BigInt(d) } : { dimParam: d }))
  return create(ValueInfoProtoSchema, {
    name,
    type: { tensorType: { elemType: TYPE_NUMBERS[type], shape: { dim } } },
  })
}
