/** Corrects the place of a face's eyes; its whole mesh moves with them. */

import { eyeCentres, type FoundFace, landmarks49, type Point } from 'regard'

/** The centres of both eyes, in pixels of the photo; left and right are the person's. */
export interface Eyes {
  readonly right: Point
  readonly left: Point
}

export function eyesOf({ mesh }: FoundFace): Eyes {
  return eyeCentres(landmarks49(mesh))
}

/** Eyes nearer to each other than this, in pixels, do not span a face. */
const NEAREST = 2

/**
 * A face with its eyes in other places: turned, scaled and moved as a whole, together with its box.
 *
 * @returns undefined where the eyes would fall on one point
 */
export function withEyes(face: FoundFace, to: Eyes): FoundFace | undefined {
  const from = eyesOf(face)
  const [dx, dy] = [from.left.x - from.right.x, from.left.y - from.right.y]
  const [ex, ey] = [to.left.x - to.right.x, to.left.y - to.right.y]
  if (Math.hypot(ex, ey) < NEAREST) return undefined
  // The similarity that takes one line to the other, as the quotient of complex numbers.
  const length = dx * dx + dy * dy
  const [cosine, sine] = [(ex * dx + ey * dy) / length, (ey * dx - ex * dy) / length]
  const moved = ({ x, y }: Point): Point => ({
    x: to.right.x + cosine * (x - from.right.x) - sine * (y - from.right.y),
    y: to.right.y + sine * (x - from.right.x) + cosine * (y - from.right.y),
  })
  const { left, top, width, height } = face.box
  const middle = moved({ x: left + width / 2, y: top + height / 2 })
  const scale = Math.hypot(cosine, sine)
  const box = {
    left: middle.x - (scale * width) / 2,
    top: middle.y - (scale * height) / 2,
    width: scale * width,
    height: scale * height,
  }
  return { ...face, box, mesh: face.mesh.map(moved) }
}
