import { type Alignment, alignment } from '../faces/align.ts'
import { meshFromLandmarks } from '../faces/meshFromLandmarks.ts'
import { partsInCut } from '../faces/parts.ts'
import type { Labels } from '../faces/polygon.ts'
import type { Face } from './dataset.ts'
import { readLandmarks } from './readLandmarks.ts'

/**
 * The parts of a face in its aligned picture, by its landmarks.
 *
 * @param size the side of the picture, in pixels
 * @returns the index in `FACE_PARTS` at each pixel; undefined where there are no landmarks, or the picture is the
 *   publishers', which was made without them
 * @throws UserError when its landmarks cannot be read
 */
export function facePartsOf({ landmarks, published }: Face, as: Alignment, size: number): Labels | undefined {
  if (landmarks === undefined || published?.[as] !== undefined) return undefined
  const points = readLandmarks(landmarks)
  return partsInCut(meshFromLandmarks(points), alignment(points, as, size), size)
}
