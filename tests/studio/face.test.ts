import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { FoundFace } from '../../src/faces/face.ts'
import { MEAN_MESH } from '../../src/faces/meanMesh.ts'
import { FACE_PARTS, partsOf } from '../../src/faces/parts.ts'
import { eyesOf, withEyes } from '../../studio/look/eyes.ts'
import { areasOf, partsToPaint } from '../../studio/look/parts.ts'
import { painted } from '../../studio/worker/paint.ts'

const SIZE = 128
const face: FoundFace = {
  box: { left: 30, top: 40, width: 60, height: 60 },
  score: 1,
  presence: 1,
  mesh: MEAN_MESH.map(({ x, y }) => ({ x: SIZE * x, y: SIZE * y })),
}
const photo = { width: SIZE, height: SIZE, data: new Uint8Array(3 * SIZE * SIZE) }

describe('a part that is covered', () => {
  test('is what the map counts as that part', () => {
    const labels = partsOf(face.mesh, SIZE)
    let unlike = 0
    for (const part of partsToPaint(face)) {
      const areas = areasOf(part, photo, face)
      const { data } = painted(photo, [{ brush: 'cover', size: 20, areas }])
      labels.data.forEach((label, k) => {
        if ((FACE_PARTS[label] === part) !== data[3 * k]! > 0) unlike++
      })
    }
    // Corners are rounded to a hundredth of a pixel: a centre that lies on an edge may fall to the other side.
    expect(unlike / SIZE ** 2).toBeLessThan(0.001)
  })

  test('of a photo without a face is a ninth of it', () => {
    const covered = partsToPaint(undefined).map((part) => {
      const areas = areasOf(part, photo, undefined)
      return painted(photo, [{ brush: 'cover', size: 20, areas }]).data
    })
    expect(covered).toHaveLength(9)
    for (let k = 0; k < SIZE * SIZE; k++) expect(covered.filter((data) => data[3 * k]! > 0)).toHaveLength(1)
  })
})

describe('eyes that are moved', () => {
  const place = fc.record({ x: fc.integer({ min: 0, max: SIZE }), y: fc.integer({ min: 0, max: SIZE }) })

  test('lie where they were put, and the face keeps its shape', () => {
    fc.assert(
      fc.property(place, place, (right, left) => {
        fc.pre(Math.hypot(left.x - right.x, left.y - right.y) >= 2)
        const moved = withEyes(face, { right, left })!
        const eyes = eyesOf(moved)
        for (const side of ['right', 'left'] as const) {
          expect(eyes[side].x).toBeCloseTo({ right, left }[side].x, 6)
          expect(eyes[side].y).toBeCloseTo({ right, left }[side].y, 6)
        }
        const distance = ({ mesh }: FoundFace, a: number, b: number) =>
          Math.hypot(mesh[a]!.x - mesh[b]!.x, mesh[a]!.y - mesh[b]!.y)
        const scale = moved.box.width / face.box.width
        for (const [a, b] of [
          [10, 152],
          [234, 454],
          [1, 13],
        ] as const)
          expect(distance(moved, a, b)).toBeCloseTo(scale * distance(face, a, b), 6)
      }),
    )
  })

  test('stay where they are when they are put where they are', () => {
    const same = withEyes(face, eyesOf(face))!
    same.mesh.forEach(({ x, y }, k) => {
      expect(x).toBeCloseTo(face.mesh[k]!.x, 9)
      expect(y).toBeCloseTo(face.mesh[k]!.y, 9)
    })
    expect(same.box.left).toBeCloseTo(face.box.left, 9)
  })

  test('on one point span no face', () => {
    expect(withEyes(face, { right: { x: 50, y: 50 }, left: { x: 51, y: 50 } })).toBeUndefined()
  })
})
