import { describe, expect, it } from 'vitest'
import { fitted } from '../../src/pictures/fit.ts'
import type { Image } from '../../src/pictures/image.ts'

/** A grey picture from the brightness of its pixels, row by row. */
function grey(rows: readonly (readonly number[])[]): Image {
  const data = Uint8Array.from(rows.flat().flatMap((value) => [value, value, value]))
  return { width: rows[0]!.length, height: rows.length, data }
}

const brightness = ({ width, height, data }: Image) =>
  Array.from({ length: height }, (_, row) =>
    Array.from({ length: width }, (_, column) => data[3 * (row * width + column)]),
  )

// Twice as wide as high.
const wide = grey([
  [10, 20, 30, 40],
  [50, 60, 70, 80],
])

describe('fitting a photo into a picture', () => {
  it('pads: the whole photo shows, with its edge pixels repeated', () => {
    expect(brightness(fitted(wide, { height: 4, width: 4 }, 'pad'))).toEqual([
      [10, 20, 30, 40],
      [10, 20, 30, 40],
      [50, 60, 70, 80],
      [50, 60, 70, 80],
    ])
  })

  it('crops: it fills the picture, cut equally on both sides', () => {
    expect(brightness(fitted(wide, { height: 2, width: 2 }, 'crop'))).toEqual([
      [20, 30],
      [60, 70],
    ])
  })

  it('stretches: width and height are resized separately', () => {
    expect(brightness(fitted(wide, { height: 2, width: 2 }, 'stretch'))).toEqual([
      [15, 35],
      [55, 75],
    ])
  })

  it('makes pictures that are not square', () => {
    const result = fitted(wide, { height: 3, width: 5 }, 'crop')
    expect([result.height, result.width]).toEqual([3, 5])
  })
})
