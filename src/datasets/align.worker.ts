/**
 * A thread of {@link alignFaces}: reads, decodes and aligns; where it is not known where the face is, it looks for it.
 */

import { workerData } from 'node:worker_threads'
import { UserError } from '../base/errors.ts'
import { serve } from '../base/workers.ts'
import { type CutFace, cutByLandmarks, cutFound } from '../faces/cut.ts'
import { type FoundFace, isMarked, mainFace } from '../faces/face.ts'
import { centre, parseLandmarks } from '../faces/landmarks.ts'
import { meshFromLandmarks } from '../faces/meshFromLandmarks.ts'
import { partsInCut, partsOf } from '../faces/parts.ts'
import { applyAffine } from '../pictures/affine.ts'
import { fitted } from '../pictures/fit.ts'
import type { Image, Point } from '../pictures/image.ts'
import { decodePhoto, readPhoto } from '../pictures/node.ts'
import type { Face } from './dataset.ts'
import { type PictureKeys, pictureKeys, type Recipe, sourceOf } from './pictureKey.ts'

/** An aligned face. */
export interface Aligned extends PictureKeys {
  /** 8-bit RGB, interleaved, row by row. */
  readonly picture: Uint8Array
  /**
   * Which part is seen at each pixel of the picture, where that was asked for: by the index in `FACE_PARTS`, or for a
   * drawn face in its `PARTS`. Absent where no face was recognised in a picture that its publishers aligned.
   */
  readonly parts?: Uint8Array
}

const recipe = workerData as Recipe
const { as, size, parts: wantsParts } = recipe

serve(aligned, (result) =>
  typeof result === 'string'
    ? []
    : [result.picture, result.parts].flatMap((data) => (data ? [data.buffer as ArrayBuffer] : [])),
)

async function aligned(face: Face): Promise<Aligned | string> {
  let where = ''
  try {
    const source = await sourceOf(face, as)
    const { bytes, path, landmarks, from } = source
    const keys = await pictureKeys(face, source, recipe)
    const image = await decodePhoto(bytes, path)
    if (from === 'published') {
      const picture = fitted(image, { width: size, height: size }, 'pad')
      const mesh = wantsParts ? await meshIn(picture) : undefined
      return { ...keys, picture: picture.data, ...(mesh && { parts: partsOf(mesh, size).data }) }
    }
    const given = landmarks === undefined ? undefined : parseLandmarks(landmarks, face.landmarks!)
    // Errors in reading name the file; those in aligning are about the landmarks, or the face that was found.
    const byLandmarks = given !== undefined && typeof as === 'string'
    where = `${byLandmarks ? face.landmarks : path}: `
    const cut = byLandmarks
      ? cutByLandmarks(image, given, as, size)
      : cutFound(image, await found(image, given && centre(given)), as, size)
    const parts = wantsParts ? await partsOn(cut, face, given) : undefined
    return { ...keys, picture: cut.picture.data, ...(parts && { parts }) }
  } catch (error) {
    if (error instanceof UserError) return where + error.message
    throw error
  }
}

/** The parts that are seen in a picture: the true ones where the face has them, else by its mesh. */
async function partsOn(
  { map, mesh }: CutFace,
  face: Face,
  landmarks: readonly Point[] | undefined,
): Promise<Uint8Array> {
  if (face.mask === undefined) return partsInCut(mesh ?? meshFromLandmarks(landmarks!), map, size).data
  const mask = await readPhoto(face.mask)
  return Uint8Array.from({ length: size * size }, (_, k) => {
    const { x, y } = applyAffine(map, { x: (k % size) + 0.5, y: Math.floor(k / size) + 0.5 })
    const column = Math.min(Math.max(Math.floor(x), 0), mask.width - 1)
    const row = Math.min(Math.max(Math.floor(y), 0), mask.height - 1)
    return mask.data[3 * (row * mask.width + column)]!
  })
}

/** The mesh of the main face in a picture; undefined where none is recognised. */
async function meshIn(picture: Image): Promise<readonly Point[] | undefined> {
  const { findFaces } = await finder()
  const main = mainFace(await findFaces(picture), picture)
  return main && isMarked(main) ? main.mesh : undefined
}

/** It loads the engine and two networks, which most data sets do not need. */
const finder = () => import('./faceFinder.ts')

/** @param around a point of the wanted face; by default the main face of the photo */
async function found(image: Image, around?: Point): Promise<FoundFace> {
  const { findFaces, requireAround, requireMain } = await finder()
  const faces = await findFaces(image)
  return around ? requireAround(faces, around) : requireMain(faces, image)
}
