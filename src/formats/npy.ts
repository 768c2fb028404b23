/**
 * NumPy's `.npy` files: one array each.
 *
 * A magic string, a version, the length of a header, the header (the text of a Python dictionary with `descr`,
 * `fortran_order` and `shape`), then the elements. numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 */

import { UserError } from '../base/errors.ts'
import { type ElementArrays, sizeOf, type Tensor } from '../graph/types.ts'

/** The element types that are read and written. */
type NpyType = Exclude<keyof ElementArrays, 'float16' | 'int8'>

const DESCRIPTIONS: Record<NpyType, string> = {
  float32: '<f4',
  float64: '<f8',
  int64: '<i8',
  int32: '<i4',
  uint8: '|u1',
  bool: '|b1',
}
const ARRAYS = {
  float32: Float32Array,
  float64: Float64Array,
  int64: BigInt64Array,
  int32: Int32Array,
  uint8: Uint8Array,
  bool: Uint8Array,
} as const

/** The byte 0x93, then NUMPY. */
const MAGIC = Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59)

/**
 * Read a `.npy` file, of version 1 or 2; little-endian float32, float64, int32, int64, uint8 or bool. Fortran
 * order is turned into row-major order.
 *
 * @param bytes the file
 * @param where its name, for messages
 * @throws UserError naming the file, when it is not `.npy`, cut short, or of another element type
 */
export function readNpy(bytes: Uint8Array, where: string): Tensor {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length < 12 || MAGIC.some((byte, k) => bytes[k] !== byte)) {
    throw new UserError('this is not a .npy file', where, 'Write it with numpy.save')
  }
  const version = view.getUint8(6)
  if (version !== 1 && version !== 2) {
    throw new UserError(
      `the .npy version ${version} is unknown`,
      where,
      'Write it with numpy.save, as version 1',
    )
  }
  const headerStart = version === 1 ? 10 : 12
  const start = headerStart + (version === 1 ? view.getUint16(8, true) : view.getUint32(8, true))
  if (start > bytes.length) throw new UserError('the file is cut short inside its header', where)
  const { type, fortran, shape } = readHeader(
    new TextDecoder().decode(bytes.subarray(headerStart, start)),
    where,
  )

  const Elements = ARRAYS[type]
  const size = sizeOf(shape) * Elements.BYTES_PER_ELEMENT
  if (bytes.length - start !== size) {
    throw new UserError(
      `an array of shape [${shape.join(', ')}] and type ${type} takes ${size} bytes, and the file has ${bytes.length - start}`,
      where,
      bytes.length - start < size ? 'The file is cut short: download or write it again' : undefined,
    )
  }
  // A copy, because the elements may lie where an array of their type cannot start.
  const data = new Elements(new Uint8Array(bytes.subarray(start)).buffer)
  return { type, shape, data: fortran ? rowMajor(data, shape) : data } as Tensor
}

/**
 * A tensor as a `.npy` file: version 1, little-endian, C order.
 *
 * @throws Error for element types that NumPy's readers would not share (float16, int8)
 */
export function writeNpy({ type, shape, data }: Tensor): Uint8Array {
  if (type === 'float16' || type === 'int8') throw new Error(`.npy files of ${type} are not written`)
  const tuple = shape.length === 1 ? `${shape[0]},` : shape.join(', ')
  const header = `{'descr': '${DESCRIPTIONS[type]}', 'fortran_order': False, 'shape': (${tuple}), }`
  // Elements start at a multiple of 64 bytes, so that the file can be mapped into memory.
  const start = Math.ceil((10 + header.length + 1) / 64) * 64
  const bytes = new Uint8Array(start + data.byteLength)
  bytes.set(MAGIC)
  const view = new DataView(bytes.buffer)
  view.setUint8(6, 1)
  view.setUint16(8, start - 10, true)
  bytes.set(new TextEncoder().encode(`${header.padEnd(start - 11)}\n`), 10)
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), start)
  return bytes
}

function readHeader(header: string, where: string): { type: NpyType; fortran: boolean; shape: number[] } {
  const descr = /'descr'\s*:\s*'([^']*)'/.exec(header)?.[1]
  const fortran = /'fortran_order'\s*:\s*(True|False)/.exec(header)?.[1]
  const tuple = /'shape'\s*:\s*\(([\d\s,L]*)\)/.exec(header)?.[1]
  if (tuple === undefined || fortran === undefined || !/'descr'/.test(header)) {
    throw new UserError('the .npy header cannot be read', where, 'Write it with numpy.save')
  }
  const type = (Object.keys(DESCRIPTIONS) as NpyType[]).find((name) => DESCRIPTIONS[name] === descr)
  if (!type) {
    const known = Object.keys(DESCRIPTIONS).join(', ')
    throw new UserError(
      `the element type ${descr ?? 'of a structured array'} is not supported`,
      where,
      `Convert it with numpy's astype to one of ${known} (little-endian)`,
    )
  }
  const shape = tuple.split(',').filter((part) => part.trim() !== '')
  return { type, fortran: fortran === 'True', shape: shape.map((part) => Number.parseInt(part, 10)) }
}

/** Elements stored with the first index running fastest, reordered so that the last index runs fastest. */
function rowMajor<A extends ElementArrays[NpyType]>(data: A, shape: readonly number[]): A {
  const ordered = data.slice() as A
  const index = shape.map(() => 0)
  const strides = shape.map((_, axis) => sizeOf(shape.slice(0, axis)))
  for (let to = 0; to < data.length; to++) {
    ordered[to] = data[index.reduce((sum, i, axis) => sum + i * strides[axis]!, 0)]!
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis]!++
      if (index[axis]! < shape[axis]!) break
      index[axis] = 0
    }
  }
  return ordered
}
