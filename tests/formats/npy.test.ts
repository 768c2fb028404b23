import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readNpy, writeNpy } from '../../src/formats/npy.ts'
import type { Tensor } from '../../src/graph/types.ts'

/** A file in NumPy's layout. */
function file(header: string, data: ArrayLike<number>, version = 1): Uint8Array {
  const lengthBytes = version === 1 ? 2 : 4
  const text = new TextEncoder().encode(`${header}\n`)
  const length = Array.from({ length: lengthBytes }, (_, k) => (text.length >> (8 * k)) & 255)
  return Uint8Array.of(
    0x93,
    ...new TextEncoder().encode('NUMPY'),
    version,
    0,
    ...length,
    ...text,
    ...Array.from(data),
  )
}
const header = (descr: string, shape: string, fortran = 'False') =>
  `{'descr': '${descr}', 'fortran_order': ${fortran}, 'shape': ${shape}, }`

// numpy.save of numpy.arange(3, dtype='<i4') + 7, byte by byte (NumPy 2).
const FROM_NUMPY =
  '934e554d5059010076007b276465736372273a20273c6934272c2027666f727472616e5f6f72646572273a2046616c73652c20277368617065273a2028332c292c207d' +
  '20'.repeat(60) +
  '0a070000000800000009000000'

describe('.npy files', () => {
  it('are written as NumPy writes them, byte for byte', () => {
    const tensor: Tensor = { type: 'int32', shape: [3], data: Int32Array.of(7, 8, 9) }
    expect(Buffer.from(writeNpy(tensor)).toString('hex')).toBe(FROM_NUMPY)
    expect(readNpy(Buffer.from(FROM_NUMPY, 'hex'), 'a.npy')).toEqual(tensor)
  })

  it('are read back equal, whatever their type and shape', () => {
    const arrays = [
      (n: number) =>
        fc.float32Array({ minLength: n, maxLength: n }).map((data) => ({ type: 'float32', data })),
      (n: number) =>
        fc.float64Array({ minLength: n, maxLength: n }).map((data) => ({ type: 'float64', data })),
      (n: number) => fc.int32Array({ minLength: n, maxLength: n }).map((data) => ({ type: 'int32', data })),
      (n: number) =>
        fc.bigInt64Array({ minLength: n, maxLength: n }).map((data) => ({ type: 'int64', data })),
      (n: number) => fc.uint8Array({ minLength: n, maxLength: n }).map((data) => ({ type: 'uint8', data })),
      (n: number) =>
        fc.uint8Array({ minLength: n, maxLength: n, max: 1 }).map((data) => ({ type: 'bool', data })),
    ]
    const tensors = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 }).chain((shape) => {
      const size = shape.reduce((a, b) => a * b, 1)
      return fc.oneof(...arrays.map((array) => array(size))).map((array) => ({ ...array, shape }) as Tensor)
    })
    fc.assert(
      fc.property(tensors, (tensor) => {
        const bytes = writeNpy(tensor)
        expect((bytes.length - tensor.data.byteLength) % 64).toBe(0)
        expect(readNpy(bytes, 'a.npy')).toEqual(tensor)
      }),
    )
  })

  it('may lie anywhere in a larger buffer', () => {
    const bytes = writeNpy({ type: 'float64', shape: [2], data: Float64Array.of(1.5, -2) })
    const shifted = new Uint8Array(bytes.length + 3)
    shifted.set(bytes, 3)
    expect(readNpy(shifted.subarray(3), 'a.npy').data).toEqual(Float64Array.of(1.5, -2))
  })

  it('are also read in Fortran order', () => {
    // The first index runs fastest: [[0, 2, 4], [1, 3, 5]].
    const bytes = file(header('|u1', '(2, 3)', 'True'), [0, 1, 2, 3, 4, 5])
    expect(readNpy(bytes, 'a.npy')).toEqual({
      type: 'uint8',
      shape: [2, 3],
      data: Uint8Array.of(0, 2, 4, 1, 3, 5),
    })
    const cube = file(header('|u1', '(2, 2, 2)', 'True'), [0, 4, 2, 6, 1, 5, 3, 7])
    expect(readNpy(cube, 'a.npy').data).toEqual(Uint8Array.of(0, 1, 2, 3, 4, 5, 6, 7))
  })

  it('are read in version 2', () => {
    expect(readNpy(file(header('|b1', '()'), [1], 2), 'a.npy')).toEqual({
      type: 'bool',
      shape: [],
      data: Uint8Array.of(1),
    })
  })
})

describe('an unreadable file is named with the reason', () => {
  const good = writeNpy({ type: 'float32', shape: [4], data: new Float32Array(4) })

  it.each([
    ['another format', new TextEncoder().encode('{"not": "npy"}'), /^a\.npy: this is not a \.npy file/],
    ['an empty file', new Uint8Array(), /^a\.npy: this is not a \.npy file/],
    [
      'a file cut in its elements',
      good.subarray(0, good.length - 1),
      /^a\.npy: .*takes 16 bytes, and the file has 15.*cut short/,
    ],
    ['a file cut in its header', good.subarray(0, 40), /^a\.npy: the file is cut short inside its header/],
    ['bytes too many', Uint8Array.of(...good, 0), /^a\.npy: .*takes 16 bytes, and the file has 17/],
    ['a version to come', file(header('<f4', '()'), [0, 0, 0, 0], 3), /version 3 is unknown/],
    ['big-endian elements', file(header('>f4', '()'), [0, 0, 0, 0]), /type >f4 is not supported.*astype/],
    ['Python objects', file(header('|O', '()'), [0]), /type \|O is not supported/],
    [
      'a structured array',
      file("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (), }", []),
      /structured/,
    ],
    ['a header of nonsense', file('hello', []), /header cannot be read/],
  ])('%s', (_, bytes, message) => {
    expect(() => readNpy(bytes, 'a.npy')).toThrow(message)
  })
})
