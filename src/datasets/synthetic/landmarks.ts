import type { Point } from '../../pictures/image.ts'
import { inPhoto } from './frame.ts'
import type { FaceShape } from './shape.ts'
import type { Shot } from './shot.ts'

/**
 * The 49 landmarks of a drawn face, in pixels of its photo: the 68-point scheme of iBUG 300-W without the 17
 * points of the jaw and without the two inner corners of the mouth. Brows 0–9, bridge of the nose 10–13, its
 * base 14–18, eyes 19–30, lips outside 31–42 and inside 43–48; the side that is left in the picture comes first.
 */
export function landmarksOf(shape: FaceShape, shot: Shot): Point[] {
  const points = [
    ...shape.brows.flat(),
    ...shape.noseBridge,
    ...shape.noseBase,
    ...shape.eyes.flatMap((eye) => eye.points),
    ...shape.lips,
    ...shape.lipsInside,
  ]
  return points.map((point) => inPhoto(shot, point))
}
