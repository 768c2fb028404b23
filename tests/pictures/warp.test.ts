import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Affine, applyAffine, invertAffine } from '../../src/pictures/affine.ts'
import type { Image } from '../../src/pictures/image.ts'
import { warpAffine } from '../../src/pictures/warp.ts'

const IDENTITY: Affine = [1, 0, 0, 0, 1, 0]

/** A grey picture from its rows. */
function grey(rows: number[][]): Image {
  return {
    width: rows[0]!.length,
    height: rows.length,
    data: Uint8Array.from(rows.flat().flatMap((v) => [v, v, v])),
  }
}

/** The rows of a picture, from its first channel. */
function rowsOf({ width, height, data }: Image): number[][] {
  return Array.from({ length: height }, (_, y) =>
    Array.from({ length: width }, (_, x) => data[3 * (y * width + x)]!),
  )
}

const picture = fc
  .record({ width: fc.integer({ min: 1, max: 9 }), height: fc.integer({ min: 1, max: 9 }) })
  .chain(({ width, height }) =>
    fc
      .uint8Array({ minLength: 3 * width * height, maxLength: 3 * width * height })
      .map((data): Image => ({ width, height, data })),
  )

describe('warpAffine', () => {
  it('returns the picture itself for the identity', () => {
    fc.assert(
      fc.property(picture, (image) => {
        expect(warpAffine(image, IDENTITY, image.width, image.height)).toEqual(image)
      }),
    )
  })

  it('turns by a quarter exactly, every channel with its pixel', () => {
    fc.assert(
      fc.property(picture, (image) => {
        // The output's (u, v) shows the source's (v, height - u): the picture turned clockwise.
        const turned = warpAffine(image, [0, 1, 0, -1, 0, image.height], image.height, image.width)
        for (let v = 0; v < turned.height; v++) {
          for (let u = 0; u < turned.width; u++) {
            const from = 3 * ((image.height - 1 - u) * image.width + v)
            const to = 3 * (v * turned.width + u)
            expect(turned.data.slice(to, to + 3)).toEqual(image.data.slice(from, from + 3))
          }
        }
      }),
    )
  })

  it('mixes the four nearest pixels by their distance', () => {
    const image = grey([
      [0, 100],
      [200, 40],
    ])
    expect(rowsOf(warpAffine(image, [1, 0, 0.5, 0, 1, 0.5], 1, 1))).toEqual([[85]])
    expect(rowsOf(warpAffine(image, [1, 0, 0.25, 0, 1, 0], 1, 2))).toEqual([[25], [160]])
  })

  it('repeats the nearest edge pixel outside the source', () => {
    const image = grey([
      [1, 2],
      [3, 4],
    ])
    expect(rowsOf(warpAffine(image, [1, 0, -1, 0, 1, -2], 4, 5))).toEqual([
      [1, 1, 2, 2],
      [1, 1, 2, 2],
      [1, 1, 2, 2],
      [3, 3, 4, 4],
      [3, 3, 4, 4],
    ])
  })

  it('averages boxes when shrinking, along each axis by its own factor', () => {
    const image = grey([
      [0, 10, 20, 30, 40, 50],
      [4, 14, 24, 34, 44, 54],
    ])
    expect(rowsOf(warpAffine(image, [3, 0, 0, 0, 2, 0], 2, 1))).toEqual([[12, 42]])
    expect(rowsOf(warpAffine(image, [3, 0, 0, 0, 1, 0], 2, 2))).toEqual([
      [10, 40],
      [14, 44],
    ])
  })

  it('shrinks a fine chequerboard to grey, not to a false pattern', () => {
    const size = 60
    const board = grey(
      Array.from({ length: size }, (_, y) => Array.from({ length: size }, (_, x) => 200 * ((x + y) % 2))),
    )
    const rotated: Affine = [
      2 * Math.cos(0.3),
      -2 * Math.sin(0.3),
      12,
      2 * Math.sin(0.3),
      2 * Math.cos(0.3),
      4,
    ]
    for (const map of [[2, 0, 0, 0, 2, 0], rotated] as const) {
      expect(new Set(warpAffine(board, map, 20, 20).data)).toEqual(new Set([100]))
    }
  })

  it('keeps a plain picture plain, and every value between the smallest and the largest', () => {
    const number = fc.double({ min: -4, max: 4, noNaN: true })
    fc.assert(
      fc.property(picture, fc.tuple(number, number, number, number, number, number), (image, map) => {
        const { data } = warpAffine(image, map, 5, 4)
        expect(Math.min(...data)).toBeGreaterThanOrEqual(Math.min(...image.data))
        expect(Math.max(...data)).toBeLessThanOrEqual(Math.max(...image.data))
      }),
    )
  })
})

describe('invertAffine', () => {
  it('undoes the map', () => {
    const number = fc.integer({ min: -50, max: 50 })
    fc.assert(
      fc.property(fc.tuple(number, number, number, number, number, number), number, number, (map, x, y) => {
        fc.pre(map[0] * map[4] !== map[1] * map[3])
        const back = applyAffine(invertAffine(map), applyAffine(map, { x, y }))
        expect(back.x).toBeCloseTo(x, 6)
        expect(back.y).toBeCloseTo(y, 6)
      }),
    )
  })

  it('refuses a map that is flat', () => {
    expect(() => invertAffine([1, 2, 0, 2, 4, 0])).toThrow(RangeError)
  })
})
