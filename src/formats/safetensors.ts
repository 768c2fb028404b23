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
  dtype: string
  shape: number[]
  data_offsets: [number, number]
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
  const broken = (what: string) => new UserError(`is not a whole safetensors file: ${what}`, where)
  if (bytes.length < 8) throw broken(`it has ${bytes.length} bytes`)
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true))
  if (8 + length > bytes.length) throw broken('its header is cut short')
  let header: { __metadata__?: Record<string, string> }
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(8, 8 + length)))
  } catch {
    throw broken('its header is no JSON')
  }
  const { __metadata__: metadata = {}, ...entries } = header
  const tensors = new Map<string, Tensor>()
  for (const [name, entry] of Object.entries(entries as Record<string, Entry>)) {
    const Elements = TYPES[entry.dtype as keyof typeof TYPES]
    if (!Elements) throw broken(`tensor ${name} has the type ${entry.dtype}`)
    const [start, end] = entry.data_offsets
    if (8 + length + end > bytes.length) throw broken(`tensor ${name} is cut short`)
    const count = sizeOf(entry.shape)
    if (end - start !== count * Elements.BYTES_PER_ELEMENT)
      throw broken(`tensor ${name} does not have its shape's size`)
    const own = bytes.subarray(8 + length + start, 8 + length + end)
    const aligned = own.byteOffset % Elements.BYTES_PER_ELEMENT === 0 ? own : new Uint8Array(own)
    const data = new Elements(aligned.buffer as ArrayBuffer, aligned.byteOffset, count)
    const type = Object.entries(NAMES).find(([, dtype]) => dtype === entry.dtype)![0] as Stored
    tensors.set(name, { type, shape: entry.shape, data } as Tensor)
  }
  return { tensors, metadata }
}
