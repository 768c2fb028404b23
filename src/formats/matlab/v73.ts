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

/** Gives each file that is being read its own name in the library's file system. */
let files = 0

/**
 * Read the variables of a file of version 7.3.
 *
 * @param path of the file, for messages
 * @throws UserError naming the file, when it is cut short or damaged, or a variable's class cannot be read
 */
export async function readMatlab73(bytes: Uint8Array, path: string): Promise<MatlabRecord> {
  const h5wasm = await import('h5wasm')
  const { FS, activate_throwing_error_handler } = await h5wasm.ready
  activate_throwing_error_handler()
  // The library only reads files; its file system is in memory.
  const name = `${files++}.mat`
  FS.writeFile(name, bytes)
  let file: File | undefined
  try {
    file = new h5wasm.File(name, 'r')
    return new Reader(h5wasm, file, path).variables()
  } catch (error) {
    if (error instanceof UserError) throw error
    const reason = messageOf(error).trim().split('\n')[0]!
    throw new UserError(`the file is cut short or damaged (${reason})`, path, 'Fetch or save it again')
  } finally {
    file?.close()
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
    const className = textAttribute(attrs, 'MATLAB_class')
    this.allowance.takeBytes(countOf(entity.shape ?? []) * entity.metadata.size)
    if ('MATLAB_empty' in attrs && Number(attrs.MATLAB_empty!.value) !== 0) {
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
    const className = textAttribute(attrs, 'MATLAB_class')
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
  return className !== undefined && className in ELEMENTS
}

function ofClass(className: string | undefined): string {
  return className === undefined ? 'of no MATLAB class' : `of the class ${className}`
}

function textAttribute(attrs: Group['attrs'], name: string): string | undefined {
  return name in attrs ? String(attrs[name]!.value) : undefined
}
