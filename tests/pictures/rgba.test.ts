import { describe, expect, it } from 'vitest'
import { type Image, requireImage } from '../../src/pictures/image.ts'
import { fromRgba, rgba } from '../../src/pictures/rgba.ts'
import { warpAffine } from '../../src/pictures/warp.ts'

const picture: Image = { width: 2, height: 1, data: Uint8Array.of(1, 2, 3, 250, 251, 252) }

describe('the pixels of a canvas', () => {
  it('become a picture, and a picture becomes them', () => {
    const data = rgba(picture)
    expect([...data]).toEqual([1, 2, 3, 255, 250, 251, 252, 255])
    expect(fromRgba({ width: 2, height: 1, data })).toEqual(picture)
  })

  it('are shown on white where they are transparent', () => {
    const data = Uint8ClampedArray.of(10, 20, 30, 0, 100, 100, 100, 51)
    expect([...fromRgba({ width: 2, height: 1, data }).data]).toEqual([255, 255, 255, 224, 224, 224])
  })

  it('are refused where they are too few or too many', () => {
    expect(() => fromRgba({ width: 2, height: 2, data: rgba(picture) })).toThrow(
      'have 4 bytes each, not 8 in all',
    )
  })
})

describe('a picture that a program hands over', () => {
  it.each<[string, Partial<Record<keyof Image, unknown>>, RegExp]>([
    [
      'four bytes for each pixel',
      { data: rgba(picture) },
      /2 × 1 pixels has 3 bytes .* not 8 bytes.*fromRgba/,
    ],
    ['too few pixels', { data: new Uint8Array(3) }, /not 3 bytes/],
    ['fractions', { data: new Float32Array(6) }, /not data of another type/],
    ['a plain list', { data: [1, 2, 3, 4, 5, 6] }, /not data of another type/],
    ['no pixels', { width: 0, data: new Uint8Array(0) }, /0 × 1/],
    ['half a pixel', { width: 1.5, height: 1, data: new Uint8Array(4.5) }, /1\.5 × 1/],
  ])('is refused if it has %s', (_, change, message) => {
    const odd = { ...picture, ...change } as Image
    expect(() => requireImage(odd)).toThrow(message)
    expect(() => warpAffine(odd, [1, 0, 0, 0, 1, 0], 2, 1)).toThrow(message)
  })

  it('may be a part of a larger buffer', () => {
    expect(() => requireImage({ ...picture, data: new Uint8Array(10).subarray(4) })).not.toThrow()
  })
})
