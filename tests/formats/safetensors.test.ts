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

  test('bytes at an odd place in memory are read as well', () => {
    const shifted = new Uint8Array(bytes.length + 1)
    shifted.set(bytes, 1)
    expect(readSafetensors(shifted.subarray(1), 'f')).toEqual({ tensors, metadata })
  })

  test('the header is the one that the format describes', () => {
    const length = Number(bytes.readBigUInt64LE(0))
    expect(length % 8).toBe(0)
    const header = JSON.parse(bytes.subarray(8, 8 + length).toString())
    expect(header.weight).toEqual({ dtype: 'F32', shape: [2, 3], data_offsets: [0, 24] })
    expect(bytes.length).toBe(8 + length + 24 + 16 + 12 + 5 + 8)
  })

  test('a file cut anywhere is an error that names it', () => {
    for (let length = 0; length < bytes.length; length += 7) {
      expect(() => readSafetensors(bytes.subarray(0, length), 'cut.safetensors')).toThrow(/cut\.safetensors/)
    }
  })
})
