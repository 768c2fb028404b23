/**
 * MATLAB's format of version 7.3: an HDF5 file, read by h5wasm. A variable is a dataset, or for a struct a group
 * of its fields; the attribute MATLAB_class says what it was. HDF5 names the dimensions in the reverse order,
 * and stores the last one running fastest, so the elements lie as they do in MATLAB.
 *
 * A cell array is a dataset of references to its elements, a struct array a group of such datasets, one for each field.
 * Text is stored as 16-bit numbers. An empty array is stored as its dimensions, with MATLAB_empty set.
 */

import type { Dataset, File, Group, Reference } from 'h5wasm'
import { messageOf, UserError } from '../../base/errors.ts'
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

type H5wasm = typeof import('h5wasm')

/** The most bytes of an attribute of a variable: its class, or whether it is empty. */
const LONGEST_NOTE = 1024

/** Whether a damaged file broke the library: its memory is then unreliable, and later files would hang in it. */
let isBroken = false

/** Files that are being read have names of their own in the library's file system. */
let files = 0

/**
 * Read the variables of a file of version 7.3.
 *
 * @param path of the file, for messages
 * @throws UserError naming the file, when it is cut short or damaged, or a variable's class cannot be read
 */
export async function readMatlab73(bytes: Uint8Array, path: string): Promise<MatlabRecord> {
  if (isBroken) {
    throw new UserError(
      'cannot be read: an earlier, damaged file broke the HDF5 library',
      path,
      'Start the program again',
    )
  }
  if (hasEndlessHeap(bytes)) throw damaged(path, 'an object of a heap has an impossible size')
  const h5wasm = await import('h5wasm')
  const { FS, activate_throwing_error_handler } = await h5wasm.ready
  activate_throwing_error_handler()
  // The library only reads files; its file system is in memory.
  const name = `${files++}.mat`
  FS.writeFile(name, bytes)
  try {
    const file = new h5wasm.File(name, 'r')
    try {
      return new Reader(h5wasm, file, path).variables()
    } finally {
      // For a damaged file, this may fail too.
      file.close()
    }
  } catch (error) {
    if (error instanceof UserError) throw error
    if (error instanceof WebAssembly.RuntimeError) isBroken = true
    const reason = messageOf(error).trim().split('\n')[0]!
    throw damaged(path, reason)
  } finally {
    FS.unlink(name)
  }
}

class Reader {
  private readonly h5wasm: H5wasm
  private readonly file: File
  private readonly where: string
  private readonly allowance: Allowance
  /**
   * The values that cells refer to, by their address in the file: several cells may refer to one, and each value is
   * read once.
   */
  private readonly known = new Map<string, MatlabValue>()

  constructor(h5wasm: H5wasm, file: File, where: string) {
    this.allowance = new Allowance(where)
    this.h5wasm = h5wasm
    this.file = file
    this.where = where
  }

  variables(): MatlabRecord {
    // What cells refer to lies in #refs#, the inner state of objects in #subsystem#.
    const names = this.file.keys().filter((name) => !name.startsWith('#'))
    if (names.length === 0) throw new UserError('holds no variables', this.where)
    return Object.fromEntries(names.map((name) => [name, this.value(this.file.get(name), name)]))
  }

  private value(entity: unknown, name: string): MatlabValue {
    this.allowance.takeValues(1)
    if (entity instanceof this.h5wasm.Group) return this.struct(entity, name)
    if (!(entity instanceof this.h5wasm.Dataset))
      throw unsupportedClass(this.where, name, 'no dataset or group')
    const { attrs } = entity
    const className = this.classOf(attrs)
    this.allowance.takeBytes(countOf(entity.shape ?? []) * entity.metadata.size)
    if (this.attribute(attrs, 'MATLAB_empty', Number)) {
      const dims = Array.from(entity.value as ArrayLike<number | bigint>, Number)
      return this.empty(className, dims, name)
    }
    const dims = dimsOf(entity)
    if (className === 'cell') return this.referred(entity, name)
    if (className === 'char') {
      this.allowance.requireText(countOf(dims))
      const units = Array.from(entity.value as ArrayLike<number>)
      return textOf(
        units.map((unit) => String.fromCharCode(unit)),
        dims,
      )
    }
    return this.numbers(entity, className, dims, name)
  }

  private classOf(attrs: Group['attrs']): string | undefined {
    return this.attribute(attrs, 'MATLAB_class', String)
  }

  /** Only the size of an attribute is known before all of it is read. */
  private attribute<T>(attrs: Group['attrs'], name: string, as: (value: unknown) => T): T | undefined {
    const attribute = attrs[name]
    if (!attribute) return undefined
    const bytes = countOf(attribute.shape ?? []) * attribute.metadata.size
    if (!(bytes <= LONGEST_NOTE)) {
      throw damaged(this.where, `the attribute ${name} takes ${bytes} bytes`)
    }
    return as(attribute.value)
  }

  private empty(className: string | undefined, dims: number[], name: string): MatlabValue {
    if (className === 'char') return ''
    if (className === 'cell' || className === 'struct') return []
    // An empty cell has a class of its own.
    const stored = className === 'canonical empty' ? 'double' : className
    if (!isNumeric(stored)) throw unsupportedClass(this.where, name, ofClass(className))
    return new MatlabArray(stored, dims, new ELEMENTS[stored]())
  }

  private numbers(
    dataset: Dataset,
    className: string | undefined,
    dims: number[],
    name: string,
  ): MatlabArray {
    if (!isNumeric(className)) throw unsupportedClass(this.where, name, ofClass(className))
    const Class = ELEMENTS[className]
    // h5wasm gives a single element as a plain value, and a complex one as a pair.
    const value = dataset.value as MatlabElements | number | bigint | [number, number][]
    if (value instanceof Class) return new MatlabArray(className, dims, value)
    if (!Array.isArray(value)) {
      throw new UserError(
        `the variable ${name} is stored as ${String(dataset.dtype)}, not as ${className}`,
        this.where,
      )
    }
    const part = (k: 0 | 1) => (Class as typeof Float64Array).from(value.map((pair) => pair[k]))
    return new MatlabArray(className, dims, part(0), part(1))
  }

  private struct(group: Group, name: string): MatlabValue {
    const { attrs } = group
    if ('MATLAB_sparse' in attrs) throw unsupportedClass(this.where, name, 'a sparse array')
    const className = this.classOf(attrs)
    if (className !== 'struct') throw unsupportedClass(this.where, name, ofClass(className))
    const fields = group.keys().map((field) => [field, group.get(field)] as const)
    // The fields of a struct array are references to its elements, with no class of their own.
    const array = fields.map(([, member]) => member).find((member) => this.isBareReference(member))
    if (!array)
      return Object.fromEntries(
        fields.map(([field, member]) => [field, this.value(member, `${name}.${field}`)]),
      )
    const columns = fields.map(
      ([field, member]) => [field, this.referred(member as Dataset, `${name}.${field}`)] as const,
    )
    const records = columns[0]![1].map((_, at) =>
      Object.fromEntries(columns.map(([field, values]) => [field, values[at]!])),
    )
    return structOf(records, dimsOf(array as Dataset))
  }

  private isBareReference(member: unknown): boolean {
    return (
      member instanceof this.h5wasm.Dataset &&
      member.dtype === 'Reference' &&
      !('MATLAB_class' in member.attrs)
    )
  }

  private referred(dataset: Dataset, name: string): MatlabValue[] {
    if (dataset.dtype !== 'Reference')
      throw unsupportedClass(this.where, name, 'a cell array without references')
    this.allowance.takeValues(countOf(dataset.shape ?? []))
    const references = dataset.value as Reference[]
    return references.map((reference) => {
      const address = String(reference.ref_data)
      const known = this.known.get(address)
      if (known !== undefined) return known
      const value = this.value(dataset.dereference(reference), name)
      this.known.set(address, value)
      return value
    })
  }
}

function dimsOf(dataset: Dataset): number[] {
  return (dataset.shape ?? []).toReversed()
}

function isNumeric(className: string | undefined): className is MatlabClass {
  return className !== undefined && Object.hasOwn(ELEMENTS, className)
}

function ofClass(className: string | undefined): string {
  return className === undefined ? 'of no MATLAB class' : `of the class ${className}`
}

function damaged(where: string, reason: string): UserError {
  return new UserError(`the file is cut short or damaged (${reason})`, where, 'Download or save it again')
}

/** A heap of strings: four letters, a version, three zeros, its size in eight bytes; then its objects. */
const HEAP = [0x47, 0x43, 0x4f, 0x4c, 1, 0, 0, 0]
const HEAP_HEADER = 16

/**
 * Whether HDF5's library might read a heap of strings forever: it does not advance if the heap's unused rest, its object
 * 0, has the size 0; and of the size of any object it takes the lower 32 bits, so that one that reaches beyond the heap
 * may lead it anywhere.
 */
function hasEndlessHeap(bytes: Uint8Array): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let start = bytes.indexOf(HEAP[0]!); start >= 0; start = bytes.indexOf(HEAP[0]!, start + 1)) {
    if (!HEAP.every((byte, k) => bytes[start + k] === byte) || start + HEAP_HEADER > bytes.length) continue
    const end = Math.min(start + Number(view.getBigUint64(start + 8, true)), bytes.length)
    for (let at = start + HEAP_HEADER; at + HEAP_HEADER <= end; ) {
      const size = Number(view.getBigUint64(at + 8, true))
      const isRest = view.getUint16(at, true) === 0
      if (isRest && size === 0) return true
      at += isRest ? size : HEAP_HEADER + Math.ceil(size / 8) * 8
      if (at > end) return true
    }
  }
  return false
}
