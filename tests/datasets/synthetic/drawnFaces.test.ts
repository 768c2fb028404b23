import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { drawnFaces } from '../../../src/datasets/synthetic/drawnFaces.ts'

/** The colour at the centre of the badge in an upright head; nothing else has this colour. */
const BADGE = 'rgb(255,0,200)'

describe('drawn faces as SVG', () => {
  test('have the requested number and age, and are the same for the same seed', async () => {
    const faces = drawnFaces({ count: 30, seed: 1, age: 7 })
    expect(faces.map(({ age }) => age)).toEqual(Array(30).fill(7))
    expect(drawnFaces({ count: 30, seed: 1, age: 7 })).toEqual(faces)
    expect(drawnFaces({ count: 30, seed: 2, age: 7 })).not.toEqual(faces)
    expect(drawnFaces({ count: 3, seed: 1 })).toHaveLength(3)
    const { svg, size } = faces[0]!
    const { width, height } = await sharp(Buffer.from(svg)).metadata()
    expect([width, height]).toEqual([size, size])
  })

  test('have the badge if asked for', () => {
    const has = (marked: boolean) =>
      drawnFaces({ count: 5, seed: 1, marked }).map(({ svg }) => svg.replaceAll(' ', '').includes(BADGE))
    expect(has(true)).toEqual(Array(5).fill(true))
    expect(has(false)).toEqual(Array(5).fill(false))
  })
})
