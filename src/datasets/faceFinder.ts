/** Finding faces, and a photo's main face, in one thread among others. */

import { UserError } from '../base/errors.ts'
import { notMarked } from '../faces/cut.ts'
import { type FaceFinder, type FoundFace, faceAround, isMarked, mainFace } from '../faces/face.ts'
import { packagedFaceFinder } from '../faces/node.ts'
import type { Image, Point } from '../pictures/image.ts'

let ofThread: Promise<FaceFinder> | undefined

/** Find faces in one thread among others: on one core, with models that are read when the first photo comes. */
export async function findFaces(photo: Image): Promise<FoundFace[]> {
  ofThread ??= packagedFaceFinder({ threads: 1 })
  return (await ofThread).find(photo)
}

/**
 * The main face of a photo.
 *
 * @throws UserError when there is none, or the mesh network did not recognise it
 */
export function requireMain(faces: readonly FoundFace[], photo: Image): FoundFace {
  return marked(mainFace(faces, photo))
}

/**
 * The face around a point, such as the middle of its landmarks.
 *
 * @throws UserError when there is none, or the mesh network did not recognise it
 */
export function requireAround(faces: readonly FoundFace[], point: Point): FoundFace {
  return marked(faceAround(faces, point))
}

function marked(face: FoundFace | undefined): FoundFace {
  if (!face) throw new UserError('no face was found in it')
  if (!isMarked(face)) throw new UserError(notMarked(face))
  return face
}
