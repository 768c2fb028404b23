import { describe, expect, test } from 'vitest'
import { readSafetensors, writeSafetensors } from '../../src/formats/safetensors.ts'
import { float32, int64, type Tensor } from '../../src/graph/types.ts'

const tensors = new Map<string, Tensor>([
  ['weight', float32([2, 3], [1, 2, 3, 4, 5, 6])],
  ['labels', int64([2], [7, -1])],
  ['order', { type: 'int32', shape: [3], data: Int32Array.of(2, 0, 1) }],
  ['pixels', { type: 'uint8', shape: [5], data: Uint8Array.of(1, 2, 3, 4, 5) }],
  ['mean', { type: 'float64', shape: [], data: Float64Array.of(0.1) }],
])
const metadata = { made: 'here', name: 'Gesicht ☺' }
const bytes = Buffer.concat(writeSafetensors({ tensors, metadata }))

describe('safetensors', () => {
  test('what is written is read back', () => {
    expect(readSafetensors(bytes, 'f')).toEqual({ tensors, metadata })
  })

  test('bytes at an odd offset in memory are read too', () => {
    const shifted = new Uint8Array(bytes.length + 1)
    shifted.set(bytes, 1)
    expect(readSafetensors(shifted.subarray(1), 'f')).toEqual({ tensors, metadata })
  })

  test('the header follows the format', () => {
    const length = Number(bytes.readBigUInt64LE(0))
    expect(length % 8).toBe(0)
    const header = JSON.parse(bytes.subarray(8, 8 + length).toString())
    expect(header.weight).toEqual({ dtype: 'F32', shape: [2, 3], data_offsets: [0, 24] })
    expect(bytes.length).toBe(8 + length + 24 + 16 + 12 + 5 + 8)
  })

  test('a file cut anywhere gives an error that names it', () => {
    for (let length = 0; length < bytes.length; length += 7) {
      expect(() => readSafetensors(bytes.subarray(0, length), 'cut.safetensors')).toThrow(/cut\.safetensors/)
    }
  })

  describe('a header that does not fit its content is refused', () => {
    const fits = { dtype: 'U8', shape: [4], data_offsets: [0, 4] }
    const written = (header: unknown, content = 4) => {
      const json = Buffer.from(JSON.stringify(header))
      const length = Buffer.alloc(8)
      length.writeBigUInt64LE(BigInt(json.length))
      return Buffer.concat([length, json, Buffer.alloc(content)])
    }

    test('a matching header is read', () => {
      expect(readSafetensors(written({ w: fits }), 'f').tensors.get('w')!.data).toEqual(new Uint8Array(4))
      expect(readSafetensors(written({}, 0), 'f').tensors.size).toBe(0)
    })

    test.each([
      [null, 'its header is not an object'],
      [[fits], 'its header is not an object'],
      [{ w: null }, 'tensor w lacks a dtype'],
      [{ w: { ...fits, dtype: undefined } }, 'tensor w lacks a dtype'],
      [{ w: { ...fits, dtype: 'constructor' } }, 'tensor w has the type constructor'],
      [{ w: { ...fits, shape: undefined } }, 'tensor w lacks a shape'],
      [{ w: { ...fits, shape: ['4'] } }, 'tensor w lacks a shape'],
      [{ w: { ...fits, shape: [-2, -2] } }, 'tensor w lacks a shape'],
      [{ w: { ...fits, data_offsets: undefined } }, 'tensor w lacks data_offsets'],
      [{ w: { ...fits, data_offsets: [4, 0] } }, 'tensor w lacks data_offsets'],
      [{ w: { ...fits, data_offsets: [-4, 0] } }, 'tensor w lacks data_offsets'],
      [{ w: { ...fits, data_offsets: [1, 5] } }, 'tensor w is cut short'],
      [{ w: { ...fits, shape: [5] } }, "tensor w does not have its shape's size"],
      [{ w: fits, v: fits }, 'tensor v overlaps another one'],
      [{ w: { ...fits, shape: [3], data_offsets: [0, 3] } }, 'it has bytes that belong to no tensor'],
      [{ w: { ...fits, shape: [3], data_offsets: [1, 4] } }, 'it has bytes that belong to no tensor'],
      [{ w: fits, __metadata__: ['a'] }, 'its __metadata__ is not an object of strings'],
      [{ w: fits, __metadata__: { a: { b: 1 } } }, 'its __metadata__ is not an object of strings'],
    ])('%j', (header, message) => {
      expect(() => readSafetensors(written(header), 'f')).toThrow(
        `f: is not a complete safetensors file: ${message}`,
      )
    })
  })
})
