import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cutFound } from '../../src/faces/cut.ts'
import type { FoundFace } from '../../src/faces/face.ts'
import { MEAN_MESH } from '../../src/faces/meanMesh.ts'
import { packagedFaceFinder } from '../../src/faces/node.ts'
import { FACE_PARTS, partsInCut, partsOf } from '../../src/faces/parts.ts'
import { readPhoto } from '../../src/pictures/node.ts'
import { greyOf } from '../../studio/look/colours.ts'
import { eyesOf, withEyes } from '../../studio/look/eyes.ts'
import { areasOf, partsToPaint } from '../../studio/look/parts.ts'
import { painted } from '../../studio/worker/paint.ts'
import { shared } from '../shared.ts'

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

test.skipIf(!shared)('under a map every skin is about as light, the darkest and the lightest', async () => {
  const finder = await packagedFaceFinder()
  const around = new Set(['background', 'hair', 'ears'])
  const skins: number[] = []
  const drawn: number[] = []
  for (const number of ['0008', '0087', '0059', '0132', '0061', '0041']) {
    const photo = await readPhoto(join(shared!, `data/fairface/fairface_${number}.jpg`))
    const [found] = await finder.find(photo)
    const cut = cutFound(photo, found!, { box: 1.4 }, 224)
    const { data } = partsInCut(found!.mesh, cut.map, 224)
    const isFace = (pixel: number) => !around.has(FACE_PARTS[data[pixel]!]!)
    const mean = (light: Float32Array) => {
      const own = light.filter((_, k) => isFace(k))
      return own.reduce((sum, value) => sum + value, 0) / own.length / 255
    }
    const green = Float32Array.from({ length: data.length }, (_, k) => cut.picture.data[3 * k + 1]!)
    skins.push(mean(green))
    drawn.push(mean(greyOf(cut.picture.data, isFace)))
  }
  await finder.release()
  const range = (values: readonly number[]) => Math.max(...values) - Math.min(...values)
  expect(range(skins)).toBeGreaterThan(0.5)
  expect(range(drawn)).toBeLessThan(0.2)
})
