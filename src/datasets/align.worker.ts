/** A thread of {@link alignFaces}: reads, decodes and aligns; where nobody says where the face is, it is looked for. */

import { workerData } from 'node:worker_threads'
import sharp from 'sharp'
import { UserError } from '../base/errors.ts'
import { readText } from '../base/files.ts'
import { sha256Of } from '../base/hash.ts'
import { serve } from '../base/workers.ts'
import { align } from '../faces/align.ts'
import { type Cut, cutFound } from '../faces/cut.ts'
import type { FoundFace } from '../faces/face.ts'
import { centre, parseLandmarks } from '../faces/landmarks.ts'
import { fitted } from '../pictures/fit.ts'
import type { Image, Point } from '../pictures/image.ts'
import { decodePhoto, readPhotoFile } from '../pictures/node.ts'
import type { Face } from './dataset.ts'

/** A face that was aligned. */
export interface Aligned {
  /**
   * The SHA-256 of all that its picture depends on: the photo, the landmarks or the models that find them, the alignment,
   * the size, the version of the code and of the image library; in hexadecimal.
   */
  readonly key: string
  /** 8-bit RGB, interleaved, row by row; absent where the key is a known one. */
  readonly picture?: Uint8Array
}

/** To be raised whenever the same photo, landmarks and models would give another picture. */
const VERSION = 3

const { as, size, known } = workerData as { as: Cut; size: number; known: ReadonlySet<string> }
const recipe = JSON.stringify([VERSION, sharp.versions, as, size])

serve(aligned, (result) =>
  typeof result !== 'string' && result.picture ? [result.picture.buffer as ArrayBuffer] : [],
)

async function aligned(face: Face): Promise<Aligned | string> {
  let where = ''
  try {
    const { bytes, path, landmarks, from } = await sourceOf(face)
    const key = await keyOf(from, bytes, landmarks ?? '')
    if (known.has(key)) return { key }
    const image = await decodePhoto(bytes, path)
    if (from === 'published') {
      return { key, picture: fitted(image, { width: size, height: size }, 'pad').data }
    }
    const given = landmarks === undefined ? undefined : parseLandmarks(landmarks, face.landmarks!)
    // The errors of reading name the file; what aligning refuses are the landmarks, or the face that was found.
    const byLandmarks = given !== undefined && typeof as === 'string'
    where = `${byLandmarks ? face.landmarks : path}: `
    const { picture } = byLandmarks
      ? { picture: align(image, given, as, size) }
      : cutFound(image, await found(image, given && centre(given)), as, size)
    return { key, picture: picture.data }
  } catch (error) {
    if (error instanceof UserError) return where + error.message
    throw error
  }
}

/** What a picture is made from. */
interface Source {
  /** Where its alignment comes from. */
  readonly from: 'published' | 'landmarks' | 'found'
  /** The photo or published picture. */
  readonly path: string
  readonly bytes: Uint8Array
  /** The text of their file. */
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

/** It brings the engine and two networks with it, for which most data sets have no use. */
const finder = () => import('./faceFinder.ts')

/** @param around a point of the face that is meant; the main face of the photo where not given */
async function found(image: Image, around?: Point): Promise<FoundFace> {
  const { findFaces, requireAround, requireMain } = await finder()
  const faces = await findFaces(image)
  return around ? requireAround(faces, around) : requireMain(faces, image)
}

async function keyOf(from: Source['from'], photo: Uint8Array, landmarks: string): Promise<string> {
  const looked = from === 'found' || typeof as !== 'string'
  if (looked) models ??= (await import('../faces/node.ts')).digestModels()
  // Of hashes, which have one length, so that what is hashed can be taken apart in one way only.
  const parts = [recipe, from, photo, landmarks, looked ? models! : '']
  return sha256Of(...parts.map((part) => Buffer.from(sha256Of(part), 'hex')))
}

let models: string | undefined
