/** Finding faces in a thread among others, and the one that a photo is of. */

import { UserError } from '../base/errors.ts'
import { type FaceFinder, type FoundFace, isMarked, mainFace } from '../faces/face.ts'
import { packagedFaceFinder } from '../faces/node.ts'
import type { Image } from '../pictures/image.ts'

let ofThread: Promise<FaceFinder> | undefined

/** Find faces in a thread among others: on one core, and with models that are read when the first photo comes. */
export async function findFaces(photo: Image): Promise<FoundFace[]> {
  ofThread ??= packagedFaceFinder({ threads: 1 })
  return (await ofThread).find(photo)
}

/**
 * The one of the faces that a photo is of.
 *
 * @throws UserError when there is none, or the mesh network did not make it out
 */
export function requireMain(faces: readonly FoundFace[], photo: Image): FoundFace {
  const face = mainFace(faces, photo)
  if (!face) throw new UserError('no face was found in it')
  if (!isMarked(face)) throw new UserError(notMarked(face))
  return face
}

/** What to say of a face that the mesh network did not make out. */
export function notMarked({ box: { left, top, width, height } }: FoundFace): string {
  const [x, y] = [left + width / 2, top + height / 2].map((place) => place.toFixed(0))
  return `eyes, nose and mouth were not made out in the face around (${x}, ${y})`
}
