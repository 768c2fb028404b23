import type { FoundFace } from './face.ts'
import type { Size } from './fit.ts'

/**
 * The face that a photo is of: the surest of those whose box holds the photo's centre, or else the largest.
 *
 * @param faces the surest first
 * @returns undefined where there is none
 */
export function mainFace<Face extends Pick<FoundFace, 'box'>>(
  faces: readonly Face[],
  { width, height }: Size,
): Face | undefined {
  const [x, y] = [width / 2, height / 2]
  const central = faces.find(
    ({ box }) => x >= box.left && x <= box.left + box.width && y >= box.top && y <= box.top + box.height,
  )
  const area = ({ box }: Face) => box.width * box.height
  return central ?? [...faces].sort((a, b) => area(b) - area(a))[0]
}
