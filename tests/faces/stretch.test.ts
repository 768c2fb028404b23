import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readAaf } from '../../src/datasets/aaf.ts'
import { type Alignment, alignment } from '../../src/faces/align.ts'
import { parseLandmarks } from '../../src/faces/landmarks.ts'
import { REFERENCE_FACE } from '../../src/faces/reference.ts'
import { isSuspicious, stretchOf } from '../../src/faces/stretch.ts'
import { type Affine, invertAffine } from '../../src/pictures/affine.ts'
import { shared } from '../shared.ts'

const between = (min: number, max: number) => fc.double({ min, max, noNaN: true })

/** From the photo to the picture: rotated and scaled, made taller, sheared, in this order. */
function photoToPicture(angle: number, scale: number, height: number, shear: number): Affine {
  const [cosine, sine] = [scale * Math.cos(angle), scale * Math.sin(angle)]
  const [a, b, d, e] = [cosine, -sine, height * sine, height * cosine]
  return [a + shear * d, b + shear * e, 7, d, e, -3]
}

describe('stretchOf', () => {
  it('measures how much taller a face became and how far it leans, however it was turned and scaled', () => {
    fc.assert(
      fc.property(
        between(-3, 3),
        between(0.01, 100),
        between(0.3, 3),
        between(-1, 1),
        (angle, scale, height, shear) => {
          const found = stretchOf(invertAffine(photoToPicture(angle, scale, height, shear)))
          expect(found.elongation).toBeCloseTo(height, 9)
          expect(found.shear).toBeCloseTo(shear, 9)
        },
      ),
    )
  })

  it('gives the ratio of the longest to the shortest image of a unit step', () => {
    fc.assert(
      fc.property(between(-3, 3), between(0.3, 3), between(-1, 1), (angle, height, shear) => {
        const [a, b, , d, e] = photoToPicture(angle, 1, height, shear)
        const lengths = Array.from({ length: 7200 }, (_, k) => {
          const turn = (Math.PI * k) / 7200
          const [x, y] = [Math.cos(turn), Math.sin(turn)]
          return Math.hypot(a * x + b * y, d * x + e * y)
        })
        const ratio = Math.max(...lengths) / Math.min(...lengths)
        expect(stretchOf(invertAffine([a, b, 0, d, e, 0])).ratio / ratio).toBeCloseTo(1, 5)
      }),
    )
  })

  it('is 1, 1 and 0 for r, and for a face with the proportions of the reference', () => {
    const face = REFERENCE_FACE.map(({ x, y }) => ({ x: 90 * x - 30 * y, y: 30 * x + 90 * y }))
    for (const as of ['r', 'i'] as const) {
      const { ratio, elongation, shear } = stretchOf(alignment(face, as, 256))
      expect(ratio).toBeCloseTo(1, 6)
      expect(elongation).toBeCloseTo(1, 6)
      expect(shear).toBeCloseTo(0, 6)
    }
  })

  it('is suspicious if the face was stretched a quarter one way, or mirrored', () => {
    const stretched = (height: number) => isSuspicious(stretchOf(photoToPicture(0.3, 1, height, 0)))
    expect([1, 1.24, 1.26, 0.81, 0.79, -1].map(stretched)).toEqual([false, false, true, false, true, true])
    expect(isSuspicious(stretchOf(photoToPicture(0, 1, 1, 0.3)))).toBe(true)
  })
})

describe.skipIf(!shared)('on photos of All-Age-Faces', () => {
  const faces = shared ? readAaf(join(shared, 'data/aaf')).faces : []
  const stretches = (low: number, high: number, as: Alignment) =>
    faces
      .filter(({ years }) => years! >= low && years! <= high)
      .map(({ landmarks }) =>
        stretchOf(alignment(parseLandmarks(readFileSync(landmarks!, 'utf8'), landmarks!), as, 256)),
      )
  const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1]!

  it('i elongates the faces of children (the paper, Figure 3), and flattens those of the old a little', () => {
    const groups = [
      [2, 6],
      [8, 13],
      [15, 20],
      [25, 32],
      [38, 43],
      [48, 53],
      [60, 80],
    ].map(([low, high]) => median(stretches(low!, high!, 'i').map(({ elongation }) => elongation)))
    expect(groups).toEqual([...groups].sort((a, b) => b - a))
    expect(groups[0]).toBeGreaterThan(1.05)
    expect(groups.at(-1)).toBeLessThan(0.98)
  })

  it('i is suspicious for one face in fifty, r for none', () => {
    expect(stretches(0, 100, 'i').filter(isSuspicious)).toHaveLength(87)
    expect(stretches(0, 100, 'r').filter(isSuspicious)).toHaveLength(0)
  })
})
