/**
 * MATLAB's format of version 5: a header, then one element for each variable. An element is a tag (its type and its
 * number of bytes), its data, and zeros up to a multiple of eight bytes. A matrix is an element that holds elements:
 * flags, dimensions, name, content. Numbers may be stored in a narrower type than their class.
 *
 * Source: MathWorks, “MAT-File Format”, chapter 1, “Level 5 MAT-Files”.
 */

import { UserError } from '../../base/errors.ts'
import {
  Allowance,
  countOf,
  ELEMENTS,
  MatlabArray,
  type MatlabClass,
  type MatlabElements,
  type MatlabRecord,
  type MatlabValue,
  structOf,
  textOf,
  unsupportedClass,
} from './value.ts'

const MATRIX = 14
const COMPRESSED = 15
const [UTF8, UTF16, UTF32] = [16, 17, 18]
const [INT8, INT32, UINT32] = [1, 5, 6]

/** What the numbers of an element are stored as, by its type. */
const STORAGE: Record<number, (typeof ELEMENTS)[MatlabClass]> = {
  [INT8]: Int8Array,
  2: Uint8Array,
  3: Int16Array,
  4: Uint16Array,
  [INT32]: Int32Array,
  [UINT32]: Uint32Array,
  7: Float32Array,
  9: Float64Array,
  12: BigInt64Array,
  13: BigUint64Array,
  [UTF16]: Uint16Array,
  [UTF32]: Uint32Array,
}

const [CELL, STRUCT, CHAR, OPAQUE] = [1, 2, 4, 17]
/** The numeric classes by their numbers. */
const CLASSES: Record<number, MatlabClass> = {
  6: 'double',
  7: 'single',
  8: 'int8',
  9: 'uint8',
  10: 'int16',
  11: 'uint16',
  12: 'int32',
  13: 'uint32',
  14: 'int64',
  15: 'uint64',
}
const UNSUPPORTED: Record<number, string> = {
  3: 'an object',
  5: 'a sparse array',
  16: 'a function handle',
  [OPAQUE]: 'an object',
}
const COMPLEX_FLAG = 0x08
const LOGICAL_FLAG = 0x02

/**
 * Read the variables of a file of version 5.
 *
 * @param bytes the file after its header of 128 bytes
 * @param little whether its numbers are little-endian
 * @param where its name, for messages
 * @throws UserError naming the file, when it is cut short or damaged, or a variable's class cannot be read
 */
export async function readMatlab5(bytes: Uint8Array, little: boolean, where: string): Promise<MatlabRecord> {
  const variables: [string, MatlabValue][] = []
  const allowance = new Allowance(where)
  const elements = (data: Uint8Array) => new Elements(data, little, where, allowance)
  for (const file = elements(bytes); !file.done; ) {
    const { type, data } = file.next()
    const whole =
      type === COMPRESSED ? elements(await inflate(data, little, where, allowance)).next() : { type, data }
    if (whole.type !== MATRIX) throw damaged(where, `a variable has the type ${whole.type}`)
    const { name, value } = readMatrix(elements(whole.data))
    // MATLAB appends an unnamed variable with the inner state of objects.
    if (name !== '') variables.push([name, value])
  }
  if (variables.length === 0)
    throw new UserError('holds no variables', where, 'It may be cut short: download it again')
  return Object.fromEntries(variables)
}

interface Element {
  readonly type: number
  readonly data: Uint8Array
}

/** How deeply elements may lie within others; those of published files lie four deep. */
const DEEPEST = 64

/** Reads elements, one after another. */
class Elements {
  readonly little: boolean
  readonly where: string
  readonly allowance: Allowance
  private readonly bytes: Uint8Array
  private readonly view: DataView
  private readonly depth: number
  private at = 0

  constructor(bytes: Uint8Array, little: boolean, where: string, allowance: Allowance, depth = 0) {
    this.allowance = allowance
    this.depth = depth
    this.bytes = bytes
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.little = little
    this.where = where
  }

  /**
   * The elements inside an element.
   *
   * @throws UserError where elements are nested too deeply: they are read recursively
   */
  inner(data: Uint8Array): Elements {
    if (this.depth === DEEPEST)
      throw damaged(this.where, `elements are nested more than ${DEEPEST} levels deep`)
    return new Elements(data, this.little, this.where, this.allowance, this.depth + 1)
  }

  get done(): boolean {
    return this.at === this.bytes.length
  }

  next(): Element {
    const left = this.bytes.length - this.at
    if (left < 8) throw cutShort(this.where)
    const first = this.view.getUint32(this.at, this.little)
    // A small element has its size in the upper half of its first word, and its data in the second word.
    const small = first >>> 16
    if (small > 4) throw damaged(this.where, `a small element has ${small} bytes`)
    const type = small ? first & 0xffff : first
    const size = small || this.view.getUint32(this.at + 4, this.little)
    const start = this.at + (small ? 4 : 8)
    if (start + size > this.bytes.length) throw cutShort(this.where)
    const padded = type === COMPRESSED ? size : Math.ceil(size / 8) * 8
    this.at = small ? this.at + 8 : Math.min(start + padded, this.bytes.length)
    return { type, data: this.bytes.subarray(start, start + size) }
  }

  /** The numbers of the next element. */
  numbers(): MatlabElements {
    return numbersOf(this.next(), this)
  }

  /** The next element as ASCII text. */
  name(): string {
    return asText(this.next().data)
  }
}

/** ASCII text. */
function asText(bytes: Uint8Array): string {
  return new TextDecoder('latin1').decode(bytes)
}

function readMatrix(parts: Elements): { name: string; value: MatlabValue } {
  parts.allowance.takeValues(1)
  // An empty matrix within a cell or a struct may be a tag alone.
  if (parts.done) return { name: '', value: new MatlabArray('double', [0, 0], new Float64Array()) }
  const word = Number(parts.numbers()[0] ?? 0)
  const [number, flags] = [word & 0xff, word >> 8]
  if (number === OPAQUE) {
    const [name, , className] = [parts.name(), parts.name(), parts.name()]
    throw unsupportedClass(parts.where, name, `an object of the class ${className}`)
  }
  const dims = Array.from(parts.numbers(), Number)
  if (dims.length < 2 || dims.some((dim) => dim < 0)) {
    throw damaged(parts.where, `an array has the dimensions [${dims.join(', ')}]`)
  }
  const name = parts.name()
  if (number === CELL) return { name, value: readCells(parts, countOf(dims)) }
  if (number === STRUCT) return { name, value: structOf(readRecords(parts, countOf(dims)), dims) }
  if (number === CHAR) return { name, value: textOf(readCharacters(parts, countOf(dims), dims[0]!), dims) }

  const stored = CLASSES[number]
  if (!stored)
    throw unsupportedClass(parts.where, name, UNSUPPORTED[number] ?? `of the unknown class ${number}`)
  const className = flags & LOGICAL_FLAG ? 'logical' : stored
  const data = readElements(parts, className, countOf(dims))
  const imaginary = flags & COMPLEX_FLAG ? readElements(parts, className, countOf(dims)) : undefined
  return { name, value: new MatlabArray(className, dims, data, imaginary) }
}

function readCells(parts: Elements, count: number): MatlabValue[] {
  const cells: MatlabValue[] = []
  while (cells.length < count) cells.push(readInner(parts))
  return cells
}

function readRecords(parts: Elements, count: number): MatlabRecord[] {
  const length = Number(parts.numbers()[0] ?? 0)
  const { data } = parts.next()
  if (length < 1 ? data.length > 0 : data.length % length !== 0) {
    throw damaged(parts.where, `the names of fields take ${data.length} bytes, ${length} each`)
  }
  const fields: string[] = []
  for (let at = 0; at < data.length; at += length) {
    fields.push(asText(data.subarray(at, at + length)).replace(/\0.*$/s, ''))
  }
  // Structs without fields take no bytes.
  parts.allowance.takeValues(count)
  const records: MatlabRecord[] = []
  while (records.length < count) {
    records.push(Object.fromEntries(fields.map((field) => [field, readInner(parts)])))
  }
  return records
}

function readInner(parts: Elements): MatlabValue {
  const { type, data } = parts.next()
  if (type !== MATRIX) throw damaged(parts.where, `an element of a cell or struct has the type ${type}`)
  return readMatrix(parts.inner(data)).value
}

function readElements(parts: Elements, className: MatlabClass, count: number): MatlabElements {
  const numbers = parts.numbers()
  requireCount(parts, numbers.length, count)
  const Class = ELEMENTS[className]
  if (numbers instanceof Class) return numbers
  const values = Array.from<number | bigint>(numbers)
  if (Class === Float64Array || Class === Float32Array)
    return (Class as typeof Float64Array).from(values, Number)
  const misfit = () => damaged(parts.where, `an array of the class ${className} holds other numbers`)
  if (values.some((value) => !Number.isInteger(Number(value)))) throw misfit()
  const data: MatlabElements =
    Class === BigInt64Array || Class === BigUint64Array
      ? (Class as typeof BigInt64Array).from(values, BigInt)
      : (Class as typeof Float64Array).from(values, Number)
  // Stored in a wider type than its class, a number may be one that the class does not have.
  if (values.some((value, k) => BigInt(value) !== BigInt(data[k]!))) throw misfit()
  return data
}

function readCharacters(parts: Elements, count: number, rows: number): string[] {
  const element = parts.next()
  parts.allowance.requireText(Math.max(count, element.data.length / 4))
  if (element.type !== UTF8) {
    const numbers = Array.from(numbersOf(element, parts), Number)
    requireCount(parts, numbers.length, count)
    return numbers.map((number) => toCharacter(number, parts))
  }
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(element.data)
  } catch {
    throw damaged(parts.where, 'a text is not UTF-8')
  }
  // Some programs count characters, some UTF-16 units, some bytes. It matters only where there are several rows.
  const characters = [...text]
  if (rows <= 1 || characters.length === count) return characters
  requireCount(parts, text.length, count)
  return text.split('')
}

function toCharacter(number: number, { where }: Elements): string {
  if (!(Number.isInteger(number) && number >= 0 && number <= 0x10ffff))
    throw damaged(where, `a text has the character ${number}`)
  return String.fromCodePoint(number)
}

function requireCount({ where }: Elements, found: number, wanted: number): void {
  if (found !== wanted) throw damaged(where, `an array of ${wanted} elements holds ${found}`)
}

function numbersOf({ type, data }: Element, { little, where }: Elements): MatlabElements {
  const Stored = STORAGE[type]
  if (!Stored) throw damaged(where, `numbers are stored as the type ${type}`)
  const width = Stored.BYTES_PER_ELEMENT
  if (data.length % width !== 0)
    throw damaged(where, `${data.length} bytes are not a whole number of elements`)
  // A copy, because the elements need not lie where their type may start in memory.
  const copy = data.slice()
  if (!little && width > 1) {
    for (let at = 0; at < copy.length; at += width) copy.subarray(at, at + width).reverse()
  }
  return new Stored(copy.buffer)
}

/** Unpack a compressed variable. It begins with its length, so that nothing too large is unpacked. */
async function inflate(data: Uint8Array, little: boolean, where: string, allowance: Allowance) {
  const reader = new Blob([data as Uint8Array<ArrayBuffer>])
    .stream()
    .pipeThrough(new DecompressionStream('deflate'))
    .getReader()
  const parts: Uint8Array<ArrayBuffer>[] = []
  const tag = new Uint8Array(8)
  let [size, most] = [0, 8]
  try {
    for (;;) {
      const { value: part } = await reader.read()
      if (!part) break
      if (size < 8) tag.set(part.subarray(0, 8 - size), size)
      const known = size >= 8
      size += part.length
      parts.push(part)
      if (!known && size >= 8) {
        most = 8 + Math.ceil(new DataView(tag.buffer).getUint32(4, little) / 8) * 8
        allowance.takeBytes(most)
      }
      // Anything beyond its end is ignored.
      if (size > most && size >= 8) break
    }
    await reader.cancel()
  } catch (error) {
    if (error instanceof UserError) throw error
    throw damaged(where, 'a compressed variable cannot be unpacked')
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer())
}

function cutShort(where: string): UserError {
  return new UserError('the file is cut short', where, 'Download or save it again')
}

function damaged(where: string, what: string): UserError {
  return new UserError(`the file is damaged: ${what}`, where, 'Download or save it again')
}
