/** Caffe's BlobProto: an array of numbers with its shape, as weights and mean pictures are kept. */

import { type ByteSource, type Span, WIRE, Wire, WireError } from './wire.ts'

/** An array of numbers. */
export interface Blob {
  readonly shape: readonly number[]
  readonly data: Float32Array
}

// The numbers of BlobProto's fields. `diff`, the gradients, is passed over.
const NUM = 1
const WIDTH = 4
const DATA = 5
const SHAPE = 7
const DOUBLE_DATA = 8
const BLOB_SHAPE_DIM = 1

/**
 * Read a blob, of floats or doubles (which are rounded to floats), packed or one by one, with a shape of today
 * or one of four dimensions (num, channels, height, width) as Caffe had before 2015.
 *
 * @param within where in the source it lies
 * @throws WireError when it is no blob, or has not as many numbers as its shape says
 */
export function readBlob(source: ByteSource, within: Span): Blob {
  // First what there is, so that the array is made once and of the right size; then the numbers.
  const { shape, count } = measure(source, within)
  const size = shape.reduce((product, dimension) => product * dimension, 1)
  if (count !== size) throw new WireError(`a blob of shape [${shape.join(', ')}] has ${count} numbers`)
  const data = new Float32Array(count)
  let done = 0
  const wire = new Wire(source, within)
  while (wire.next()) {
    const { field, type, start, end } = wire
    if (field !== DATA && field !== DOUBLE_DATA) continue
    if (type !== WIRE.bytes) data[done++] = field === DATA ? wire.float32() : wire.float64()
    else {
      const part = data.subarray(done, done + (end - start) / widthOf(field))
      if (field === DATA) source.read(start, new Uint8Array(part.buffer, part.byteOffset, part.byteLength))
      else readDoubles(source, start, part)
      done += part.length
    }
  }
  return { shape, data }
}

function measure(source: ByteSource, within: Span): { shape: number[]; count: number } {
  const old = [1, 1, 1, 1]
  let isOld = false
  let shape: number[] | undefined
  let count = 0
  const wire = new Wire(source, within)
  while (wire.next()) {
    const { field, type, start, end } = wire
    if (field >= NUM && field <= WIDTH) {
      expect(wire, WIRE.varint)
      old[field - NUM] = wire.value
      isOld = true
    } else if (field === SHAPE) {
      expect(wire, WIRE.bytes)
      shape = readShape(source, wire)
    } else if (field === DATA || field === DOUBLE_DATA) {
      const width = widthOf(field)
      if (type !== WIRE.bytes) expect(wire, field === DATA ? WIRE.fixed32 : WIRE.fixed64)
      if ((end - start) % width !== 0) throw new WireError(`${end - start} bytes are no numbers of ${width}`)
      count += (end - start) / width
    }
  }
  return { shape: shape ?? (isOld ? old : []), count }
}

function readShape(source: ByteSource, within: Span): number[] {
  const shape: number[] = []
  const wire = new Wire(source, within)
  while (wire.next()) {
    if (wire.field === BLOB_SHAPE_DIM)
      shape.push(...(wire.type === WIRE.bytes ? wire.varints() : [wire.value]))
  }
  return shape
}

/** Round doubles to floats, by way of a small array. */
function readDoubles(source: ByteSource, start: number, into: Float32Array): void {
  const doubles = new Float64Array(Math.min(into.length, 1 << 16))
  for (let done = 0; done < into.length; done += doubles.length) {
    const part = doubles.subarray(0, into.length - done)
    source.read(start + done * 8, new Uint8Array(part.buffer, 0, part.byteLength))
    into.set(part, done)
  }
}

function widthOf(field: number): number {
  return field === DATA ? 4 : 8
}

function expect({ type, start }: Wire, wanted: number): void {
  if (type !== wanted) throw new WireError(`byte ${start} is in no blob`)
}
