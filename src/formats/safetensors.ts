/**
 * The safetensors format: named tensors after a JSON header, read without running any code.
 * https://github.com/huggingface/safetensors#format
 */

import { UserError } from '../base/errors.ts'
import { sizeOf, type Tensor } from '../graph/types.ts'

const TYPES = {
  F32: Float32Array,
  F64: Float64Array,
  I64: BigInt64Array,
  I32: Int32Array,
  U8: Uint8Array,
} as const
const NAMES = { float32: 'F32', float64: 'F64', int64: 'I64', int32: 'I32', uint8: 'U8' } as const
type Stored = keyof typeof NAMES

interface Entry {
  readonly dtype: keyof typeof TYPES
  readonly shape: number[]
  readonly data_offsets: readonly [number, number]
}

/** Named tensors, and strings about them. */
export interface Safetensors {
  readonly tensors: ReadonlyMap<string, Tensor>
  readonly metadata: Readonly<Record<string, string>>
}

/**
 * The parts of a file, to be written one after another: the header, then each tensor's bytes.
 *
 * @throws Error for an element type that regard does not store (float16, int8, bool)
 */
export function writeSafetensors({ tensors, metadata }: Safetensors): Uint8Array[] {
  const header: Record<string, unknown> = { __metadata__: metadata }
  const parts: Uint8Array[] = []
  let offset = 0
  for (const [name, { type, shape, data }] of tensors) {
    const dtype = NAMES[type as Stored]
    if (!dtype) throw new Error(`tensor ${name} of type ${type} cannot be stored`)
    header[name] = { dtype, shape, data_offsets: [offset, offset + data.byteLength] }
    parts.push(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
    offset += data.byteLength
  }
  // Spaces after the header align the tensors to eight bytes, so that they are read without a copy.
  const text = JSON.stringify(header)
  const json = new TextEncoder().encode(
    text + ' '.repeat((8 - (new TextEncoder().encode(text).length % 8)) % 8),
  )
  const length = new Uint8Array(8)
  new DataView(length.buffer).setBigUint64(0, BigInt(json.length), true)
  return [length, json, ...parts]
}

/**
 * Read a file's bytes. The tensors are views of them where their alignment allows.
 *
 * @throws UserError when the file is cut short or its header does not fit its content
 */
export function readSafetensors(bytes: Uint8Array, where: string): Safetensors {
  const broken = (what: string) => new UserError(`is not a complete safetensors file: ${what}`, where)
  if (bytes.length < 8) throw broken(`it has ${bytes.length} bytes`)
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true))
  if (8 + length > bytes.length) throw broken('its header is cut short')
  let header: unknown
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(8, 8 + length)))
  } catch {
    throw broken('its header is not JSON')
  }
  if (!isGroup(header)) throw broken('its header is not an object')
  const { __metadata__: metadata = {}, ...entries } = header
  if (!isGroup(metadata) || !Object.values(metadata).every((text) => typeof text === 'string'))
    throw broken('its __metadata__ is not an object of strings')
  const tensors = new Map<string, Tensor>()
  const data = bytes.subarray(8 + length)
  const ends = new Map<number, number>()
  for (const [name, entry] of Object.entries(entries)) {
    requireEntry(name, entry, broken)
    const Elements = TYPES[entry.dtype]
    const [start, end] = entry.data_offsets
    if (end > data.length) throw broken(`tensor ${name} is cut short`)
    const count = sizeOf(entry.shape)
    if (end - start !== count * Elements.BYTES_PER_ELEMENT)
      throw broken(`tensor ${name} does not have its shape's size`)
    if (end > start && ends.has(start)) throw broken(`tensor ${name} overlaps another one`)
    if (end > start) ends.set(start, end)
    const own = data.subarray(start, end)
    const aligned = own.byteOffset % Elements.BYTES_PER_ELEMENT === 0 ? own : new Uint8Array(own)
    const elements = new Elements(aligned.buffer as ArrayBuffer, aligned.byteOffset, count)
    const type = Object.entries(NAMES).find(([, dtype]) => dtype === entry.dtype)![0] as Stored
    tensors.set(name, { type, shape: entry.shape, data: elements } as Tensor)
  }
  // The format stores the tensors without gaps: bytes between or after them are a sign of damage.
  let at = 0
  while (ends.has(at)) at = ends.get(at)!
  if (at !== data.length) throw broken('it has bytes that belong to no tensor')
  return { tensors, metadata: metadata as Record<string, string> }
}

function isGroup(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function requireEntry(
  name: string,
  entry: unknown,
  broken: (what: string) => UserError,
): asserts entry is Entry {
  const { dtype, shape, data_offsets: offsets } = isGroup(entry) ? entry : {}
  if (typeof dtype !== 'string') throw broken(`tensor ${name} lacks a dtype`)
  if (!Object.hasOwn(TYPES, dtype)) throw broken(`tensor ${name} has the type ${dtype}`)
  const isCount = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0
  if (!Array.isArray(shape) || !shape.every(isCount)) throw broken(`tensor ${name} lacks a shape`)
  const isSpan = Array.isArray(offsets) && offsets.length === 2 && offsets.every(isCount)
  if (!isSpan || offsets[0] > offsets[1]) throw broken(`tensor ${name} lacks data_offsets`)
}
