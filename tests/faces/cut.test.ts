import { expect, test } from 'vitest'
import { align } from '../../src/faces/align.ts'
import { cutFaces, cutFound } from '../../src/faces/cut.ts'
import type { FoundFace } from '../../src/faces/face.ts'
import { meshFromLandmarks } from '../../src/faces/meshFromLandmarks.ts'
import { landmarks49 } from '../../src/faces/meshLandmarks.ts'
import { applyAffine } from '../../src/pictures/affine.ts'
import type { Point } from '../../src/pictures/image.ts'
import { drawnFace } from '../datasets/synthetic/drawing.ts'

const { face: photo, landmarks } = await drawnFace()
const mesh = meshFromLandmarks(landmarks)
const box = { left: 40, top: 60, width: 50, height: 80 }
const found: FoundFace = { box, score: 0.9, presence: 1, mesh }

test('a window is upright, around the middle of the box, and measured in its longer side', () => {
  const { picture, map } = cutFound(photo, found, { box: 1.5, down: 0.1 }, 64)
  expect([picture.width, picture.height]).toEqual([64, 64])
  // The middle of the box lies at (65, 100), a tenth of 80 below is 108; the window is 120 wide and high.
  expect(applyAffine(map, { x: 32, y: 32 })).toEqual({ x: 65, y: 108 })
  expect(applyAffine(map, { x: 0, y: 0 })).toEqual({ x: 5, y: 48 })
  const [a, b, , d, e] = map
  expect([a, b, d, e]).toEqual([120 / 64, 0, 0, 120 / 64])
})

test('a window that is not square is stretched', () => {
  const { map } = cutFound(photo, found, { box: [0.5, 1] }, 64)
  expect(applyAffine(map, { x: 64, y: 64 })).toEqual({ x: 85, y: 140 })
  expect(applyAffine(map, { x: 0, y: 0 })).toEqual({ x: 45, y: 60 })
})

test('a window around a face that stands on its head or lies on its side is turned with it', () => {
  const turns = [
    { turn: ({ x, y }: Point) => ({ x: 130 - x, y: 200 - y }), up: [0, 1] },
    { turn: ({ x, y }: Point) => ({ x: 165 - y, y: x + 35 }), up: [1, 0] },
  ]
  for (const { turn, up } of turns) {
    const { map } = cutFound(photo, { ...found, mesh: mesh.map(turn) }, { box: 1.5, down: 0.1 }, 64)
    const [a, b, , d, e] = map
    // The middle of the box lies at (65, 100): the window lies 8 pixels further towards the chin, 120 wide.
    const middle = applyAffine(map, { x: 32, y: 32 })
    expect(middle.x).toBeCloseTo(65 - 8 * up[0]!)
    expect(middle.y).toBeCloseTo(100 - 8 * up[1]!)
    expect(Math.hypot(a, d)).toBeCloseTo(120 / 64)
    expect([-b, -e]).toEqual([expect.closeTo((120 / 64) * up[0]!), expect.closeTo((120 / 64) * up[1]!)])
  }
})

test('a face with landmarks is cut out as it is aligned for training', () => {
  const { picture } = cutFound(photo, found, 'i', 64)
  expect(picture).toEqual(align(photo, landmarks49(mesh), 'i', 64))
})

test('of several faces, all or only the main one are taken; those that were not found are named', () => {
  const aside = { ...found, box: { ...box, left: 0, top: 0, width: 10, height: 10 } }
  const unsure = { ...aside, presence: 0.1 }
  const how = { as: { box: 1 }, size: 16 }
  expect(cutFaces(photo, [found, aside], { ...how, all: true }).faces).toHaveLength(2)
  expect(cutFaces(photo, [aside, found], { ...how, all: false }).faces.map((one) => one.found?.box)).toEqual([
    box,
  ])
  expect(cutFaces(photo, [found, unsure], { ...how, all: true })).toMatchObject({
    faces: [{ found: { box } }],
    refused: ['eyes, nose and mouth were not recognised in the face around (5, 5)'],
  })
  expect(cutFaces(photo, [], { ...how, all: true })).toEqual({
    faces: [],
    refused: ['no face was found in it'],
  })
})
