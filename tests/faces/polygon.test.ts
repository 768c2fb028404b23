import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fillPolygon, type Labels } from '../../src/faces/polygon.ts'
import type { Point } from '../../src/pictures/image.ts'

const SIZE = 12

function blank(): Labels {
  return { width: SIZE, height: SIZE, data: new Uint8Array(SIZE * SIZE) }
}

function filled(polygon: readonly Point[]): Uint8Array {
  const labels = blank()
  fillPolygon(labels, polygon, 1)
  return labels.data
}

/** How often the polygon winds around a point that is on no edge: by the angle that it sweeps. */
function turns(polygon: readonly Point[], { x, y }: Point): number {
  const sweep = polygon.reduce((sum, from, k) => {
    const to = polygon[(k + 1) % polygon.length]!
    const [ax, ay, bx, by] = [from.x - x, from.y - y, to.x - x, to.y - y]
    return sum + Math.atan2(ax * by - ay * bx, ax * bx + ay * by)
  }, 0)
  return Math.round(sweep / (2 * Math.PI))
}

const square = (left: number, top: number, right: number, bottom: number): Point[] => [
  { x: left, y: top },
  { x: right, y: top },
  { x: right, y: bottom },
  { x: left, y: bottom },
]

describe('fillPolygon', () => {
  it('fills the pixels whose centres the polygon encloses, wherever its corners are', () => {
    // In thirds: never on a pixel's centre line.
    const corner = fc.record({ x: fc.integer({ min: -9, max: 45 }), y: fc.integer({ min: -9, max: 45 }) })
    fc.assert(
      fc.property(fc.array(corner, { minLength: 3, maxLength: 9 }), (corners) => {
        const polygon = corners.map(({ x, y }, k) => ({ x: x / 3 + k / 97, y: y / 3 + k / 89 }))
        const found = filled(polygon)
        for (let at = 0; at < SIZE * SIZE; at++) {
          const centre = { x: (at % SIZE) + 0.5, y: Math.floor(at / SIZE) + 0.5 }
          expect(found[at]).toBe(turns(polygon, centre) === 0 ? 0 : 1)
        }
      }),
    )
  })

  it('gives each pixel to exactly one of several polygons that share edges and corners', () => {
    // Corners on a grid of halves, so that many edges cross centres.
    const inside = fc.record({ x: fc.integer({ min: 1, max: 23 }), y: fc.integer({ min: 1, max: 23 }) })
    fc.assert(
      fc.property(inside, ({ x, y }) => {
        const middle = { x: x / 2, y: y / 2 }
        const corners = square(0, 0, SIZE, SIZE)
        const count = new Uint8Array(SIZE * SIZE)
        for (const [k, corner] of corners.entries()) {
          const triangle = [corner, corners[(k + 1) % 4]!, middle]
          // Whichever way round.
          for (const [at, one] of filled(k % 2 ? triangle : triangle.reverse()).entries()) count[at]! += one
        }
        expect([...count]).toEqual(new Array(SIZE * SIZE).fill(1))
      }),
    )
  })

  it('gives a centre on an edge to the side to its right or below it', () => {
    const rows = (data: Uint8Array) => [0, 1, 2].map((row) => [...data.slice(row * SIZE, row * SIZE + 3)])
    expect(rows(filled(square(0.5, 0.5, 1.5, 1.5)))).toEqual([
      [1, 0, 0],
      [0, 0, 0],
      [0, 0, 0],
    ])
  })

  it('writes its own label and keeps the others', () => {
    const labels = blank()
    fillPolygon(labels, square(0, 0, 3, 3), 7)
    fillPolygon(labels, square(1, 1, 20, 2), 9)
    expect([...labels.data.slice(SIZE, SIZE + 4)]).toEqual([7, 9, 9, 9])
    expect([...labels.data.slice(2 * SIZE, 2 * SIZE + 4)]).toEqual([7, 7, 7, 0])
  })

  it('fills nothing if the polygon is empty', () => {
    expect(filled([]).some(Boolean)).toBe(false)
    expect(filled([{ x: 3, y: 3 }]).some(Boolean)).toBe(false)
    expect(filled(square(-9, -9, -1, 30)).some(Boolean)).toBe(false)
  })
})
