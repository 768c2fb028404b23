/** The values of a MATLAB file in one plain form, whichever version of the format it has. */

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
 * A value: numbers; a string (a char array; one of several rows is an array of strings); a cell array or a struct
 * array, as the array of its elements in column-major order; or a single struct.
 */
export type MatlabValue = MatlabArray | string | readonly MatlabValue[] | MatlabRecord

/** How many bytes a file may unpack to: about three times as many as IMDB-WIKI's. */
const MOST_BYTES = 2 ** 29
/**
 * How many values a file may hold, and how many characters one string may have: three times IMDB-WIKI's 1.4 million.
 */
const MOST_VALUES = 2 ** 22

/**
 * How much may still be read from a file. A few kilobytes can unpack to something that fills the memory: by
 * compression, by an array that claims to be huge, or by cells that refer to one another.
 */
export class Allowance {
  private readonly where: string
  private bytes = MOST_BYTES
  private values = MOST_VALUES

  constructor(where: string) {
    this.where = where
  }

  /** @throws UserError where a file unpacks to too many bytes */
  takeBytes(count: number): void {
    this.bytes -= count
    if (!(this.bytes >= 0)) throw this.tooMuch(`${MOST_BYTES / 2 ** 20} MiB`)
  }

  /** @throws UserError where a file holds too many values */
  takeValues(count: number): void {
    this.values -= count
    if (!(this.values >= 0)) throw this.tooMuch(`${MOST_VALUES} values`)
  }

  /** @throws UserError where one string has too many characters */
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

/** A char array as a string, or as its rows where there are several; with more than two dimensions, page by page. */
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

/** The error for a class without a plain form; the name is empty for an element of a cell or struct. */
export function unsupportedClass(where: string, name: string, what: string): UserError {
  return new UserError(
    `${name === '' ? 'an element of a variable' : `the variable ${name}`} is ${what}, which regard does not read`,
    where,
    'Convert it in MATLAB to numbers, text, cells or structs, and save it again',
  )
}
