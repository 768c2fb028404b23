import { expect, test } from 'vitest'
import { drawnInto } from '../../src/explanation/overlay.ts'

const photo = { width: 12, height: 10, data: new Uint8Array(360).fill(100) }
const at = (data: Uint8Array, x: number, y: number) => [
  ...data.subarray(3 * (12 * y + x), 3 * (12 * y + x) + 3),
]

test('a map lies where it belongs: its light on the photo in grey, and a frame around it', () => {
  // Four by four pixels, the second of the second row red; each is two pixels of the photo, from (2, 1) on.
  const map = { width: 4, height: 4, data: new Uint8Array(48) }
  map.data[3 * 5] = 255
  const { data } = drawnInto(photo, [{ map, toPhoto: [2, 0, 2, 0, 2, 1] }])
  expect(at(data, 0, 0)).toEqual([60, 60, 60])
  for (const [x, y] of [
    [4, 3],
    [5, 4],
  ] as const)
    expect(at(data, x, y)).toEqual([255, 60, 60])
  expect(at(data, 6, 3)).toEqual([60, 60, 60])
  for (const [x, y] of [
    [2, 1],
    [9, 8],
    [2, 5],
  ] as const)
    expect(at(data, x, y)[0]).toBeGreaterThan(200)
  for (const [x, y] of [
    [1, 1],
    [10, 8],
    [9, 9],
  ] as const)
    expect(at(data, x, y)).toEqual([60, 60, 60])
})

test('a map may extend beyond the photo', () => {
  const map = { width: 4, height: 4, data: new Uint8Array(48).fill(255) }
  const { data } = drawnInto(photo, [{ map, toPhoto: [5, 0, -10, 0, 5, -10] }])
  expect(at(data, 0, 0)).toEqual([255, 255, 255])
  expect(at(data, 11, 9)).toEqual([60, 60, 60])
})
