/** What a MATLAB file holds, in one plain form, whichever version of the format it is in. */

import { UserError } from '../../base/errors.ts'

/** The element types of MATLAB's numeric arrays, and what holds them here. A logical is 0 or 1. */
export const ELEMENTS = {
  double: Float64Array,
  single: Float32Array,
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
  logical: Uint8Array,
} as const

/** The class of a numeric or logical array, by MATLAB's name. */
export type MatlabClass = keyof typeof ELEMENTS

/** The elements of a numeric array. */
export type MatlabElements = InstanceType<(typeof ELEMENTS)[MatlabClass]>

/** A numeric or logical array. */
export class MatlabArray {
  readonly class: MatlabClass
  /** Two or more, rows first. */
  readonly dims: readonly number[]
  /** Column-major: the first index runs fastest. */
  readonly data: MatlabElements
  /** The imaginary parts of a complex array. */
  readonly imaginary?: MatlabElements

  constructor(
    className: MatlabClass,
    dims: readonly number[],
    data: MatlabElements,
    imaginary?: MatlabElements,
  ) {
    this.class = className
    this.dims = dims
    this.data = data
    if (imaginary) this.imaginary = imaginary
  }
}

/** A struct: its fields by name. */
export interface MatlabRecord {
  readonly [field: string]: MatlabValue
}

/**
 * A value: numbers; a text (a char array, or for one of several rows the array of its rows); a cell array or a
 * struct array, as the array of its elements in column-major order; or a single struct.
 */
export type MatlabValue = MatlabArray | string | readonly MatlabValue[] | MatlabRecord

/** How many bytes a file may unpack to: some three times what IMDB-WIKI's does. */
const MOST_BYTES = 2 ** 29
/** How many values may be made of it, and how many characters one text may have: three times IMDB-WIKI's 1.4 million. */
const MOST_VALUES = 2 ** 22

/**
 * What may still be made of a file. A few kilobytes can unpack to what fills the memory: by compression, by an array that
 * is said to be huge, or by cells that lead to one another.
 */
export class Allowance {
  private readonly where: string
  private bytes = MOST_BYTES
  private values = MOST_VALUES

  constructor(where: string) {
    this.where = where
  }

  /** @throws UserError where more bytes are unpacked than a file may */
  takeBytes(count: number): void {
    this.bytes -= count
    if (!(this.bytes >= 0)) throw this.tooMuch(`${MOST_BYTES / 2 ** 20} MiB`)
  }

  /** @throws UserError where more values are made than a file may */
  takeValues(count: number): void {
    this.values -= count
    if (!(this.values >= 0)) throw this.tooMuch(`${MOST_VALUES} values`)
  }

  /** @throws UserError where one text has more characters than it may */
  requireText(count: number): void {
    if (!(count <= MOST_VALUES)) throw this.tooMuch(`a text of ${MOST_VALUES} characters`)
  }

  private tooMuch(most: string): UserError {
    return new UserError(
      `unpacks to more than ${most}, so it is refused: it could fill the memory`,
      this.where,
      'Save the part that you need as a file of its own',
    )
  }
}

/** The number of elements of an array. */
export function countOf(dims: readonly number[]): number {
  return dims.reduce((product, dim) => product * dim, 1)
}

/** A char array as a text, or as its rows where there are several; of more than two dimensions page by page. */
export function textOf(characters: readonly string[], dims: readonly number[]): string | string[] {
  const [rows = 0, columns = 0, ...pages] = dims
  if (rows <= 1 || characters.length === 0) return characters.join('')
  return Array.from({ length: rows * countOf(pages) }, (_, at) => {
    const first = Math.floor(at / rows) * rows * columns + (at % rows)
    return Array.from({ length: columns }, (_, column) => characters[first + column * rows]!).join('')
  })
}

/** Structs of the same fields: a record where there is exactly one, an array of records otherwise. */
export function structOf(records: readonly MatlabRecord[], dims: readonly number[]): MatlabValue {
  return dims.every((dim) => dim === 1) ? records[0]! : records
}

/** The error of a class that has no plain form; the name is empty for an element of a cell or struct. */
export function unsupportedClass(where: string, name: string, what: string): UserError {
  return new UserError(
    `${name === '' ? 'an element of a variable' : `the variable ${name}`} is ${what}, which regard does not read`,
    where,
    'Convert it in MATLAB to numbers, text, cells or structs, and save it again',
  )
}
