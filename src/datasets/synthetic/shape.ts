/**
 * The geometry of one drawn face: people and shots in, points out. The drawing and the landmarks use the same points.
 *
 * Everything is in the frame of the head: the origin between the eyes, x to the right of the picture, y down; a unit is
 * about one pixel of a 256-pixel photo. The eyes, the temples and the mouth keep their places whatever the age, so that
 * a cue in one part does not move another.
 */

import type { Point } from '../../pictures/image.ts'
import type { Person } from './person.ts'
import type { Shot } from './shot.ts'

export interface FaceShape {
  /** Five points along each brow, the picture's left one first, left to right. */
  readonly brows: readonly [Point[], Point[]]
  readonly browThickness: number
  readonly eyes: readonly [Eye, Eye]
  /** Four points down the bridge. */
  readonly noseBridge: Point[]
  /** Five points along the base, left to right. */
  readonly noseBase: Point[]
  /** Twelve points around the lips, clockwise from the left corner. */
  readonly lips: Point[]
  /** Three points on the upper lip's inner edge, left to right, and three on the lower's, right to left. */
  readonly lipsInside: Point[]
}

export interface Eye {
  readonly centre: Point
  readonly halfWidth: number
  /** How far the lids are from the centre. */
  readonly up: number
  readonly down: number
  readonly iris: number
  /** Six points clockwise from the left corner. */
  readonly points: Point[]
}

export function faceShapeOf({ cues, looks }: Person, shot: Shot): FaceShape {
  const brow = browPoints(cues.brow_thickness, looks.eyeX, looks.browY)
  const noseBase = 20 + 17 * cues.nose_length
  const noseHalf = 7.5 + 4 * cues.nose_length + looks.noseWidth
  const fullness = cues.lip_fullness
  const lips = lipPoints(looks.mouthWidth, looks.mouthY, shot.smile, 1.7 + 3.2 * fullness, 2.4 + 4 * fullness)
  return {
    brows: [brow, [...brow].reverse().map(({ x, y }) => ({ x: -x, y }))],
    browThickness: 1.7 + 4.3 * cues.brow_thickness,
    eyes: [eyeAt(-looks.eyeX, cues.eye_size), eyeAt(looks.eyeX, cues.eye_size)],
    noseBridge: [0, 1, 2, 3].map((i) => ({ x: 0, y: -1 + ((noseBase - 7) * i) / 3 })),
    noseBase: [-1, -0.5, 0, 0.5, 1].map((u) => ({ x: 0.8 * noseHalf * u, y: noseBase + 1.5 - 2.5 * u * u })),
    ...lips,
  }
}

// The left brow, from its outer end to its inner one. A thin brow is an arched one.
function browPoints(thickness: number, eyeX: number, browY: number): Point[] {
  const arch = 5.5 - 3.5 * thickness
  return [-1, -0.5, 0, 0.5, 1].map((u) => ({
    x: -eyeX - 1 + 15 * u,
    y: browY + 2.5 - arch * (1 - (u + 0.25) ** 2) + (u < -0.6 ? 1 : 0),
  }))
}

function eyeAt(x: number, size: number): Eye {
  const halfWidth = 9.4 + 4.4 * size
  const up = 2.4 + 6.2 * size
  const down = 2.2 + 3.2 * size
  const points = [
    { x: x - halfWidth, y: 0.6 },
    { x: x - halfWidth * 0.4, y: -up },
    { x: x + halfWidth * 0.4, y: -up },
    { x: x + halfWidth, y: 0.6 },
    { x: x + halfWidth * 0.4, y: down },
    { x: x - halfWidth * 0.4, y: down },
  ]
  return { centre: { x, y: 0 }, halfWidth, up, down, iris: 4.4 + 3 * size, points }
}

function lipPoints(half: number, y: number, smile: number, upper: number, lower: number) {
  const line = (u: number): number => y + smile * (1.5 - 5 * u * u)
  const row = (us: number[], offset: (u: number) => number): Point[] =>
    us.map((u) => ({ x: half * u, y: line(u) + offset(u) }))
  // The upper lip has two peaks beside its middle; the lower one is round.
  const peaks: Record<string, number> = { 0: 0.8, 0.33: 1, 0.67: 0.6 }
  return {
    lips: [
      ...row([-1, -0.67, -0.33, 0, 0.33, 0.67, 1], (u) => -upper * (peaks[Math.abs(u)] ?? 0)),
      ...row([0.67, 0.33, 0, -0.33, -0.67], (u) => lower * (1 - u ** 4)),
    ],
    lipsInside: [
      ...row([-0.5, 0, 0.5], (u) => -0.4 * (1 - u * u)),
      ...row([0.5, 0, -0.5], (u) => 0.5 * (1 - u * u)),
    ],
  }
}
