import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Alignment, align, alignment } from '../../src/faces/align.ts'
import { eyeCentres, parseLandmarks } from '../../src/faces/landmarks.ts'
import { REFERENCE_FACE } from '../../src/faces/reference.ts'
import { applyAffine, invertAffine } from '../../src/pictures/affine.ts'
import type { Point } from '../../src/pictures/image.ts'
import { readPhoto } from '../../src/pictures/node.ts'
import { shared } from '../shared.ts'

/** Where the landmarks lie in the aligned picture. */
function aligned(landmarks: readonly Point[], as: Alignment, size: number): Point[] {
  const map = invertAffine(alignment(landmarks, as, size))
  return landmarks.map((point) => applyAffine(map, point))
}

function distance(a: Point, b: Point): number {
  return Math.hypot(a.x - b.x, a.y - b.y)
}

/** The mean distance of landmarks from the reference face, both in a unit square. */
function fromReference(landmarks: readonly Point[]): number {
  return landmarks.reduce((sum, point, i) => sum + distance(point, REFERENCE_FACE[i]!), 0) / 49
}

const BLACK = { width: 300, height: 340, data: new Uint8Array(3 * 300 * 340) }

describe('the reference face', () => {
  it('is mirror-symmetric', () => {
    const xs = (points: readonly Point[]) => points.map(({ x, y }) => `${x.toFixed(3)} ${y}`).sort()
    expect(xs(REFERENCE_FACE)).toEqual(xs(REFERENCE_FACE.map(({ x, y }) => ({ x: 1 - x, y }))))
  })

  it('is a face that r hardly moves', () => {
    expect(fromReference(aligned(REFERENCE_FACE, 'r', 1))).toBeLessThan(0.01)
  })
})

describe('alignment', () => {
  const tilted = fc.record({
    angle: fc.double({ min: -3, max: 3, noNaN: true }),
    scale: fc.double({ min: 20, max: 2000, noNaN: true }),
    x: fc.double({ min: -100, max: 3000, noNaN: true }),
    y: fc.double({ min: -100, max: 3000, noNaN: true }),
  })

  it('r and i undo any rotation, scale and shift of a face', () => {
    fc.assert(
      fc.property(tilted, fc.constantFrom<Alignment>('r', 'i'), ({ angle, scale, x, y }, as) => {
        const [cosine, sine] = [scale * Math.cos(angle), scale * Math.sin(angle)]
        const moved = REFERENCE_FACE.map((point) => applyAffine([cosine, -sine, x, sine, cosine, y], point))
        const [still, found] = [aligned(REFERENCE_FACE, as, 256), aligned(moved, as, 256)]
        for (const [i, point] of found.entries()) expect(distance(point, still[i]!)).toBeLessThan(1e-6)
      }),
    )
  })

  it('i undoes stretch and shear too', () => {
    const sheared = REFERENCE_FACE.map((point) => applyAffine([200, 30, 12, -20, 150, 40], point))
    expect(fromReference(aligned(sheared, 'i', 1))).toBeLessThan(1e-9)
  })

  it('r keeps the proportions of the face', () => {
    const [a, b, , d, e] = alignment(
      REFERENCE_FACE.map(({ x, y }) => ({ x: 100 * x + 20 * y, y: 150 * y })),
      'r',
      256,
    )
    expect(a).toBeCloseTo(e, 12)
    expect(b).toBeCloseTo(-d, 12)
  })
})

describe('align', () => {
  it('refuses landmarks that are no face, or outside the photo', () => {
    const inPhoto = REFERENCE_FACE.map(({ x, y }) => ({ x: 300 * x, y: 300 * y }))
    for (const as of ['r', 'i'] as const) {
      expect(align(BLACK, inPhoto, as).data).toHaveLength(3 * 256 * 256)
      expect(() => align(BLACK, inPhoto.slice(1), as)).toThrow(/48 landmarks, not 49/)
      expect(() =>
        align(
          BLACK,
          inPhoto.map(() => ({ x: 5, y: 5 })),
          as,
        ),
      ).toThrow(/do not outline a face/)
      expect(() =>
        align(
          BLACK,
          inPhoto.map(({ x }) => ({ x, y: 2 * x })),
          as,
        ),
      ).toThrow(/do not outline a face/)
      expect(() =>
        align(
          BLACK,
          inPhoto.map(({ x, y }) => ({ x: x + 900, y })),
          as,
        ),
      ).toThrow(/outside the photo/)
    }
  })
})

describe.skipIf(!shared)('on photos of All-Age-Faces', () => {
  const root = join(shared ?? '', 'data/aaf')
  const names = shared ? readdirSync(join(root, 'landmarks49')).filter((_, i) => i % 50 === 0) : []
  const landmarksOf = (name: string) =>
    parseLandmarks(readFileSync(join(root, 'landmarks49', name), 'utf8'), name)

  it('r levels the eyes and keeps the whole face inside', () => {
    for (const name of names) {
      const points = aligned(landmarksOf(name), 'r', 1)
      const { right, left } = eyeCentres(points)
      expect(Math.abs(right.y - left.y), name).toBeLessThan(1e-9)
      expect(left.x, name).toBeGreaterThan(right.x)
      for (const { x, y } of points) {
        expect(Math.min(x, y, 1 - x, 1 - y), name).toBeGreaterThan(0.1)
      }
    }
  })

  it('i brings the landmarks nearer to the reference than r does', () => {
    for (const name of names) {
      const landmarks = landmarksOf(name)
      const near = fromReference(aligned(landmarks, 'i', 1))
      expect(near, name).toBeLessThan(0.05)
      expect(near, name).toBeLessThanOrEqual(fromReference(aligned(landmarks, 'r', 1)))
    }
  })

  it('shows at each place of the aligned picture what the photo shows there', async () => {
    const name = names[0]!
    const landmarks = landmarksOf(name)
    const photo = await readPhoto(join(root, 'photos', name.replace('.txt', '.jpg')))
    for (const as of ['r', 'i'] as const) {
      const map = alignment(landmarks, as, 256)
      const picture = align(photo, landmarks, as)
      for (const landmark of landmarks) {
        const at = applyAffine(invertAffine(map), landmark)
        const [u, v] = [Math.floor(at.x), Math.floor(at.y)]
        const source = applyAffine(map, { x: u + 0.5, y: v + 0.5 })
        const [x, y] = [Math.floor(source.x - 0.5), Math.floor(source.y - 0.5)]
        const around = [0, 1, photo.width, photo.width + 1].map(
          (step) => photo.data[3 * (y * photo.width + x + step)]!,
        )
        expect(picture.data[3 * (v * 256 + u)]).toBeGreaterThanOrEqual(Math.min(...around))
        expect(picture.data[3 * (v * 256 + u)]).toBeLessThanOrEqual(Math.max(...around))
      }
    }
  })
})
