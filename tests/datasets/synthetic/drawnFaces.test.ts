import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { drawnFaces } from '../../../src/datasets/synthetic/drawnFaces.ts'

/** The colour in the middle of where the badge lies in a head that is upright; the colour of none else. */
const BADGE = 'rgb(255,0,200)'

describe('drawn faces as SVG', () => {
  test('are as many as are asked for, of the age that is asked for, and the same for a seed', async () => {
    const faces = drawnFaces({ count: 30, seed: 1, age: 7 })
    expect(faces.map(({ age }) => age)).toEqual(Array(30).fill(7))
    expect(drawnFaces({ count: 30, seed: 1, age: 7 })).toEqual(faces)
    expect(drawnFaces({ count: 30, seed: 2, age: 7 })).not.toEqual(faces)
    expect(drawnFaces({ count: 3, seed: 1 })).toHaveLength(3)
    const { svg, size } = faces[0]!
    const { width, height } = await sharp(Buffer.from(svg)).metadata()
    expect([width, height]).toEqual([size, size])
  })

  test('have the badge where it is asked for', () => {
    const has = (marked: boolean) =>
      drawnFaces({ count: 5, seed: 1, marked }).map(({ svg }) => svg.replaceAll(' ', '').includes(BADGE))
    expect(has(true)).toEqual(Array(5).fill(true))
    expect(has(false)).toEqual(Array(5).fill(false))
  })
})
