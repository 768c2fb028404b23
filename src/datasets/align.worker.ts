/**
 * A thread of {@link alignFaces}: reads, decodes and aligns; where it is not known where the face is, it looks for it.
 */

import { workerData } from 'node:worker_threads'
import sharp from 'sharp'
import { UserError } from '../base/errors.ts'
import { readText } from '../base/files.ts'
import { sha256Of } from '../base/hash.ts'
import { serve } from '../base/workers.ts'
import { type Cut, type CutFace, cutByLandmarks, cutFound } from '../faces/cut.ts'
import { type FoundFace, isMarked, mainFace } from '../faces/face.ts'
import { centre, parseLandmarks } from '../faces/landmarks.ts'
import { meshFromLandmarks } from '../faces/meshFromLandmarks.ts'
import { partsInCut, partsOf } from '../faces/parts.ts'
import { applyAffine } from '../pictures/affine.ts'
import { fitted } from '../pictures/fit.ts'
import type { Image, Point } from '../pictures/image.ts'
import { decodePhoto, readPhoto, readPhotoFile } from '../pictures/node.ts'
import type { Face } from './dataset.ts'

/** An aligned face. */
export interface Aligned {
  /**
   * The SHA-256 of all that its picture depends on: the photo, the landmarks or the models that find them, the alignment,
   * the size, the version of the code and of the image library; in hexadecimal.
   */
  readonly key: string
  /**
   * Where parts are asked for, the same for all that they depend on: the picture, the true parts or the models that
   * find the face, and the version of the code.
   */
  readonly partsKey?: string
  /** 8-bit RGB, interleaved, row by row; absent where the key, or `partsKey` where there is one, is already known. */
  readonly picture?: Uint8Array
  /**
   * Which part is seen at each pixel of the picture, where that was asked for: by the index in `FACE_PARTS`, or for a
   * drawn face in its `PARTS`. Absent where no face was recognised in a picture that its publishers aligned.
   */
  readonly parts?: Uint8Array
}

/** Raise it whenever the same photo, landmarks and models give another picture. */
const VERSION = 4

/** Raise it whenever the same picture and mask, or mesh, give other parts. */
const PARTS_VERSION = 1

interface Recipe {
  readonly as: Cut
  readonly size: number
  readonly known: ReadonlySet<string>
  readonly parts: boolean
}

const { as, size, known, parts: wantsParts } = workerData as Recipe
const recipe = JSON.stringify([VERSION, sharp.versions, as, size])

serve(aligned, (result) =>
  typeof result === 'string'
    ? []
    : [result.picture, result.parts].flatMap((data) => (data ? [data.buffer as ArrayBuffer] : [])),
)

async function aligned(face: Face): Promise<Aligned | string> {
  let where = ''
  try {
    const { bytes, path, landmarks, from } = await sourceOf(face)
    const key = await keyOf(from, bytes, landmarks ?? '')
    const partsKey = wantsParts ? await partsKeyOf(key, from, face) : undefined
    const keys = { key, ...(partsKey !== undefined && { partsKey }) }
    if (known.has(partsKey ?? key)) return keys
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

/** What a picture is made from. */
interface Source {
  /** Where its alignment comes from. */
  readonly from: 'published' | 'landmarks' | 'found'
  /** The photo or published picture. */
  readonly path: string
  readonly bytes: Uint8Array
  /** The text of the landmarks' file. */
  readonly landmarks?: string
}

async function sourceOf({ photo, published, landmarks }: Face): Promise<Source> {
  const picture = typeof as === 'string' ? published?.[as] : undefined
  const path = picture ?? photo
  if (picture !== undefined || landmarks === undefined) {
    return { from: picture === undefined ? 'found' : 'published', path, bytes: await readPhotoFile(path) }
  }
  const text = readText(landmarks, { what: 'the landmarks' })
  return { from: 'landmarks', path, bytes: await readPhotoFile(path), landmarks: text }
}

/** It loads the engine and two networks, which most data sets do not need. */
const finder = () => import('./faceFinder.ts')

/** @param around a point of the wanted face; by default the main face of the photo */
async function found(image: Image, around?: Point): Promise<FoundFace> {
  const { findFaces, requireAround, requireMain } = await finder()
  const faces = await findFaces(image)
  return around ? requireAround(faces, around) : requireMain(faces, image)
}

async function keyOf(from: Source['from'], photo: Uint8Array, landmarks: string): Promise<string> {
  const looked = from === 'found' || typeof as !== 'string'
  // Made of hashes, which all have the same length, so that what is hashed is unambiguous.
  const parts = [recipe, from, photo, landmarks, looked ? await modelsDigest() : '']
  return sha256Of(...parts.map((part) => Buffer.from(sha256Of(part), 'hex')))
}

/**
 * The parts of a published picture follow from the face that is found in it, otherwise from what the picture is made
 * from.
 */
async function partsKeyOf(key: string, from: Source['from'], { mask }: Face): Promise<string> {
  const truth = mask === undefined ? '' : sha256Of(await readPhotoFile(mask))
  return sha256Of(
    JSON.stringify([PARTS_VERSION, key, truth, from === 'published' ? await modelsDigest() : '']),
  )
}

async function modelsDigest(): Promise<string> {
  models ??= (await import('../faces/node.ts')).digestModels()
  return models
}

let models: string | undefined
