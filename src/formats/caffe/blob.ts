/** Caffe's BlobProto: an array of numbers with its shape, which holds weights and mean pictures. */

import { LARGE, placed } from '../../graph/proto.ts'
import { type Span, WIRE, Wire, WireError } from './wire.ts'

/** An array of numbers. */
export interface Blob {
  readonly shape: readonly number[]
  readonly data: Float32Array
}

// The numbers of BlobProto's fields. `diff`, the gradients, is skipped.
const NUM = 1
const WIDTH = 4
const DATA = 5
const SHAPE = 7
const DOUBLE_DATA = 8
const BLOB_SHAPE_DIM = 1

/**
 * Read a blob, of floats or doubles (which are rounded to floats), packed or one by one, with a present-day shape or
 * the four dimensions (num, channels, height, width) that Caffe had before 2015.
 *
 * @param within where it lies in the file
 * @param overwrite whether nothing else needs the bytes: then large runs of numbers stay in them, moved down by less
 *   than four bytes to align them, over the end of their own field's header. This way it can be read only once.
 * @throws WireError when it is not a blob, or the count of its numbers does not fit its shape
 */
export function readBlob(bytes: Uint8Array, within: Span, overwrite = false): Blob {
  // First measure, so that the array is allocated once in the right size; then read the numbers.
  const { shape, count, whole } = measure(bytes, within)
  const size = shape.reduce((product, dimension) => product * dimension, 1)
  if (count !== size) throw new WireError(`a blob of shape [${shape.join(', ')}] has ${count} numbers`)
  return { shape, data: whole ? floatsAt(bytes, whole, overwrite) : readNumbers(bytes, within, count) }
}

/** Contiguous floats. */
function floatsAt(bytes: Uint8Array, { start, end }: Span, overwrite: boolean): Float32Array {
  const own = bytes.subarray(start, end)
  const shift = own.byteOffset % 4
  if (!overwrite || shift === 0 || own.length < LARGE) {
    const { buffer, byteOffset } = placed(own, 4)
    return new Float32Array(buffer, byteOffset, own.length / 4)
  }
  bytes.copyWithin(start - shift, start, end)
  return new Float32Array(bytes.buffer, own.byteOffset - shift, own.length / 4)
}

/** Numbers in several parts, or doubles. */
function readNumbers(bytes: Uint8Array, within: Span, count: number): Float32Array {
  const data = new Float32Array(count)
  let done = 0
  const wire = new Wire(bytes, within)
  while (wire.next()) {
    const { field, type, start, end } = wire
    if (field !== DATA && field !== DOUBLE_DATA) continue
    if (type !== WIRE.bytes) data[done++] = field === DATA ? wire.float32() : wire.float64()
    else {
      const part = data.subarray(done, done + (end - start) / widthOf(field))
      if (field === DATA) bytesOf(part).set(bytes.subarray(start, end))
      else readDoubles(bytes.subarray(start, end), part)
      done += part.length
    }
  }
  return data
}

/** Round doubles to floats, through a small array. */
function readDoubles(bytes: Uint8Array, into: Float32Array): void {
  const doubles = new Float64Array(Math.min(into.length, 1 << 16))
  for (let done = 0; done < into.length; done += doubles.length) {
    const part = doubles.subarray(0, into.length - done)
    bytesOf(part).set(bytes.subarray(done * 8, done * 8 + part.byteLength))
    into.set(part, done)
  }
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array | Float64Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength)
}

/** The shape, the count of numbers, and where they lie if they are contiguous floats. */
function measure(bytes: Uint8Array, within: Span): { shape: number[]; count: number; whole?: Span } {
  const old = [1, 1, 1, 1]
  let isOld = false
  let shape: number[] | undefined
  let count = 0
  let row: Span | undefined
  const wire = new Wire(bytes, within)
  while (wire.next()) {
    const { field, type, start, end } = wire
    if (field >= NUM && field <= WIDTH) {
      expect(wire, WIRE.varint)
      old[field - NUM] = wire.value
      isOld = true
    } else if (field === SHAPE) {
      expect(wire, WIRE.bytes)
      shape = readShape(bytes, wire)
    } else if (field === DATA || field === DOUBLE_DATA) {
      const width = widthOf(field)
      if (type !== WIRE.bytes) expect(wire, field === DATA ? WIRE.fixed32 : WIRE.fixed64)
      if ((end - start) % width !== 0)
        throw new WireError(`${end - start} bytes are not whole numbers of ${width} bytes`)
      count += (end - start) / width
      if (field === DATA && type === WIRE.bytes && end > start) row = { start, end }
    }
  }
  const whole = row && row.end - row.start === 4 * count ? row : undefined
  return { shape: shape ?? (isOld ? old : []), count, whole }
}

function readShape(bytes: Uint8Array, within: Span): number[] {
  const shape: number[] = []
  const wire = new Wire(bytes, within)
  while (wire.next()) {
    if (wire.field !== BLOB_SHAPE_DIM) continue
    for (const size of wire.type === WIRE.bytes ? wire.varints() : [wire.value]) shape.push(size)
  }
  return shape
}

function widthOf(field: number): number {
  return field === DATA ? 4 : 8
}

function expect({ type, start }: Wire, wanted: number): void {
  if (type !== wanted) throw new WireError(`byte ${start} is in no blob`)
}
