import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readAaf } from '../../src/datasets/aaf.ts'
import { centre, eyeCentres, parseLandmarks } from '../../src/faces/landmarks.ts'
import { MEAN_MESH } from '../../src/faces/meanMesh.ts'
import { meshFromLandmarks } from '../../src/faces/meshFromLandmarks.ts'
import { packagedFaceFinder } from '../../src/faces/node.ts'
import { REFERENCE_FACE } from '../../src/faces/reference.ts'
import { applyAffine } from '../../src/pictures/affine.ts'
import type { Point } from '../../src/pictures/image.ts'
import { readPhoto } from '../../src/pictures/node.ts'
import { shared } from '../shared.ts'

function distance(a: Point, b: Point): number {
  return Math.hypot(a.x - b.x, a.y - b.y)
}

describe('the mean mesh', () => {
  it('is mirror-symmetric, with its depth', () => {
    const places = (mirror: boolean) =>
      MEAN_MESH.map(({ x, y, depth }) => `${(mirror ? 1 - x : x).toFixed(3)} ${y} ${depth}`).sort()
    expect(places(true)).toEqual(places(false))
  })

  it('has the tip of the nose in front and the temples behind', () => {
    const depths = [4, 10, 33, 127].map((index) => MEAN_MESH[index]!.depth)
    expect(depths).toEqual([...depths].sort((a, b) => b - a))
  })
})

describe('meshFromLandmarks', () => {
  it('makes the mean mesh of the reference face, and moves with it', () => {
    const number = (size: number) => fc.double({ min: -size, max: size, noNaN: true })
    fc.assert(
      fc.property(fc.tuple(number(300), number(300), number(300), number(300)), ([a, b, c, d]) => {
        const place = (point: Point) => applyAffine([a, b, 40, c, d, -7], point)
        const mesh = meshFromLandmarks(REFERENCE_FACE.map(place))
        for (const [k, point] of MEAN_MESH.entries())
          expect(distance(mesh[k]!, place(point))).toBeLessThan(1e-6)
      }),
      { numRuns: 10 },
    )
  })

  it('opens the mouth if the lower lip is further down', () => {
    const lips = new Set([38, 39, 40, 41, 42, 46, 47, 48])
    const open = REFERENCE_FACE.map(({ x, y }, k) => ({ x, y: lips.has(k) ? y + 0.05 : y }))
    const mesh = meshFromLandmarks(open)
    const down = (index: number) => mesh[index]!.y - MEAN_MESH[index]!.y
    expect(down(17)).toBeGreaterThan(0.03)
    expect(Math.abs(down(0))).toBeLessThan(0.02)
    expect(Math.abs(down(10))).toBeLessThan(0.02)
  })

  it('refuses a wrong number of landmarks', () => {
    expect(() => meshFromLandmarks(REFERENCE_FACE.slice(1))).toThrow('has 48 landmarks, not 49')
  })
})

describe.skipIf(!shared)('on photos of All-Age-Faces', () => {
  it('is near the mesh found in the photo', async () => {
    const finder = await packagedFaceFinder({ threads: 1 })
    const faces = readAaf(join(shared!, 'data/aaf')).faces.filter((_, k) => k % 120 === 7)
    const errors: Point[] = []
    for (const { photo, landmarks } of faces) {
      const points = parseLandmarks(readFileSync(landmarks!, 'utf8'), landmarks!)
      const middle = centre(points)
      const found = await finder.find(await readPhoto(photo))
      const [nearest] = found.sort((a, b) => distance(a.mesh[4]!, middle) - distance(b.mesh[4]!, middle))
      if (!nearest) continue
      const { right, left } = eyeCentres(points)
      const mesh = meshFromLandmarks(points)
      const all = nearest.mesh.map((point, k) => distance(point, mesh[k]!) / distance(right, left))
      const mean = (values: number[]) => values.reduce((sum, value) => sum + value) / values.length
      errors.push({ x: mean(all), y: mean(OUTLINE.map((index) => all[index]!)) })
    }
    await finder.release()
    expect(errors.length).toBeGreaterThan(0.95 * faces.length)
    // In distances between the eyes.
    const { x: everywhere, y: outline } = centre(errors)
    expect(everywhere).toBeLessThan(0.05)
    expect(outline).toBeLessThan(0.11)
  })
})

/** Points of the mesh around the face, far from the landmarks. */
const OUTLINE = [10, 297, 284, 356, 323, 397, 378, 152, 149, 172, 93, 127, 54, 67]
