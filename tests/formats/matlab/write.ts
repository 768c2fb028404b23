/** Writes MATLAB files of version 5, from values with more detail than the reader's plain form. */

import { deflateSync } from 'node:zlib'
import { MatlabArray, type MatlabClass, type MatlabElements } from '../../../src/formats/matlab/value.ts'

/** A value to write: numbers, a char array, a cell array, or structs with the same fields. */
export type Source =
  | MatlabArray
  | { readonly char: string; readonly dims: readonly number[]; readonly as: 'utf8' | 'utf16' }
  | { readonly cells: readonly Source[]; readonly dims: readonly number[] }
  | {
      readonly fields: readonly string[]
      readonly structs: readonly (readonly Source[])[]
      readonly dims: readonly number[]
    }

export interface Layout {
  readonly little: boolean
  readonly compressed: boolean
  /** Whether whole numbers are stored in the narrowest type that holds them, as MATLAB does. */
  readonly narrow: boolean
}

const TYPES = new Map<unknown, number>([
  [Int8Array, 1],
  [Uint8Array, 2],
  [Int16Array, 3],
  [Uint16Array, 4],
  [Int32Array, 5],
  [Uint32Array, 6],
  [Float32Array, 7],
  [Float64Array, 9],
  [BigInt64Array, 12],
  [BigUint64Array, 13],
])
const CLASSES: Record<MatlabClass, number> = {
  double: 6,
  single: 7,
  int8: 8,
  uint8: 9,
  int16: 10,
  uint16: 11,
  int32: 12,
  uint32: 13,
  int64: 14,
  uint64: 15,
  // A logical array has the class uint8 and a flag.
  logical: 9,
}

/** A row of text, one element per UTF-16 unit. */
export function char(text: string, as: 'utf8' | 'utf16' = 'utf16'): Source {
  return { char: text, dims: [text === '' ? 0 : 1, text.length], as }
}

/** A row of numbers. */
export function row(className: MatlabClass, data: MatlabElements): MatlabArray {
  return new MatlabArray(className, [1, data.length], data)
}

/** A row of cells. */
export function cells(items: readonly Source[]): Source {
  return { cells: items, dims: [1, items.length] }
}

/** One struct. */
export function struct(fields: Readonly<Record<string, Source>>): Source {
  return { fields: Object.keys(fields), structs: [Object.values(fields)], dims: [1, 1] }
}

/** A whole file. */
export function matlab5(
  variables: Readonly<Record<string, Source>>,
  layout: Layout = { little: true, compressed: true, narrow: true },
): Uint8Array {
  const header = Buffer.alloc(128, ' ')
  header.write('MATLAB 5.0 MAT-file, written by a test of regard')
  header.fill(0, 116, 124)
  const version = layout.little ? [0, 1, 'I', 'M'] : [1, 0, 'M', 'I']
  for (const [k, byte] of version.entries())
    header[124 + k] = typeof byte === 'number' ? byte : byte.charCodeAt(0)
  const elements = Object.entries(variables).map(([name, source]) => {
    const element = matrix(name, source, layout)
    if (!layout.compressed) return element
    const packed = deflateSync(element)
    return Buffer.concat([words(layout, 15, packed.length), packed])
  })
  return new Uint8Array(Buffer.concat([header, ...elements]))
}

function matrix(name: string, source: Source, layout: Layout): Buffer {
  const numeric = source instanceof MatlabArray
  const number = numeric ? CLASSES[source.class] : 'cells' in source ? 1 : 'structs' in source ? 2 : 4
  const flags = numeric ? (source.class === 'logical' ? 2 : 0) + (source.imaginary ? 8 : 0) : 0
  const parts = [
    element(layout, 6, words(layout, (flags << 8) + number, 0)),
    element(layout, 5, words(layout, ...source.dims)),
    element(layout, 1, Buffer.from(name)),
  ]
  if (numeric) {
    parts.push(numbers(layout, source.data))
    if (source.imaginary) parts.push(numbers(layout, source.imaginary))
  } else if ('cells' in source) {
    parts.push(...source.cells.map((cell) => matrix('', cell, layout)))
  } else if ('structs' in source) {
    const length = 32
    const names = Buffer.alloc(length * source.fields.length)
    for (const [k, field] of source.fields.entries()) names.write(field, k * length)
    parts.push(element(layout, 5, words(layout, length)), element(layout, 1, names))
    for (const values of source.structs) parts.push(...values.map((value) => matrix('', value, layout)))
  } else if (source.as === 'utf8') {
    parts.push(element(layout, 16, Buffer.from(source.char)))
  } else {
    const units = Uint16Array.from({ length: source.char.length }, (_, k) => source.char.charCodeAt(k))
    parts.push(element(layout, 17, bytesOf(layout, units)))
  }
  return element(layout, 14, Buffer.concat(parts))
}

function numbers(layout: Layout, data: MatlabElements): Buffer {
  const stored = layout.narrow ? narrowest(data) : data
  return element(layout, TYPES.get(stored.constructor)!, bytesOf(layout, stored))
}

function narrowest(data: MatlabElements): MatlabElements {
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) return data
  for (const Type of [Uint8Array, Int16Array, Uint16Array, Int32Array]) {
    const narrow = Type.from(data)
    if (data.every((value, k) => Object.is(value, narrow[k]))) return narrow
  }
  return data
}

function bytesOf({ little }: Layout, data: MatlabElements): Buffer {
  const bytes = Buffer.from(data.slice().buffer)
  const width = data.BYTES_PER_ELEMENT
  if (!little) for (let at = 0; at < bytes.length; at += width) bytes.subarray(at, at + width).reverse()
  return bytes
}

function element(layout: Layout, type: number, data: Buffer): Buffer {
  if (data.length > 0 && data.length <= 4 && type !== 14) {
    const padded = Buffer.concat([data, Buffer.alloc(4 - data.length)])
    return Buffer.concat([words(layout, (data.length << 16) + type), padded])
  }
  return Buffer.concat([words(layout, type, data.length), data, Buffer.alloc((8 - (data.length % 8)) % 8)])
}

function words(layout: Layout, ...values: readonly number[]): Buffer {
  return bytesOf(layout, Uint32Array.from(values))
}
