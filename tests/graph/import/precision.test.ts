import { expect, test } from 'vitest'
import { single } from '../../../src/graph/import/precision.ts'

test('a half-precision number becomes the single-precision number that it is', () => {
  const values: [bits: number, value: number][] = [
    [0x0000, 0],
    [0x8000, -0],
    [0x3c00, 1],
    [0xc000, -2],
    [0x3555, 0.333251953125],
    [0x7bff, 65504],
    [0x0400, 2 ** -14],
    [0x0001, 2 ** -24],
    [0x7c00, Number.POSITIVE_INFINITY],
    [0xfc00, Number.NEGATIVE_INFINITY],
    [0x7e00, Number.NaN],
  ]
  const data = Uint16Array.from(values, ([bits]) => bits)
  const expected = Float32Array.from(values, ([, value]) => value)
  expect(single({ type: 'float16', shape: [values.length], data }).data).toEqual(expected)
})
