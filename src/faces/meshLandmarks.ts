/** The face mesh in the schemes of facial landmarks that data sets have: 68 and 49 points (see `landmarks.ts`). */

import type { Point } from '../pictures/image.ts'

/** For each of the 68 landmarks of the iBUG 300-W scheme, in their order, the point of the mesh that lies there. */
const SIXTY_EIGHT: readonly number[] = [
  // The jaw, from the person's right temple by the chin to the left one
  ...[127, 234, 93, 58, 172, 136, 149, 148, 152, 377, 378, 365, 397, 288, 323, 454, 356],
  // Right brow, left brow
  ...[70, 63, 105, 66, 107],
  ...[336, 296, 334, 293, 300],
  // Bridge of the nose, nostrils
  ...[168, 197, 5, 4],
  ...[75, 97, 2, 326, 305],
  // Right eye, left eye
  ...[33, 160, 158, 133, 153, 144],
  ...[362, 385, 387, 263, 373, 380],
  // Outer lips, inner lips
  ...[61, 39, 37, 0, 267, 269, 291, 405, 314, 17, 84, 181],
  ...[78, 82, 13, 312, 308, 317, 14, 87],
]

/** The landmarks of the jaw, and the inner corners of the mouth. */
const LEFT_OUT = new Set([...Array(17).keys(), 60, 64])

/** The 68 landmarks of a mesh of 468 points. */
export function landmarks68(mesh: readonly Point[]): Point[] {
  return SIXTY_EIGHT.map((index) => mesh[index]!)
}

/** The 49 landmarks of a mesh of 468 points. */
export function landmarks49(mesh: readonly Point[]): Point[] {
  return landmarks68(mesh).filter((_, k) => !LEFT_OUT.has(k))
}
