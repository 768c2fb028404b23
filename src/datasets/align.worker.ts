/** A thread of {@link alignFaces}: reads, decodes and aligns. */

import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { workerData } from 'node:worker_threads'
import sharp from 'sharp'
import { messageOf, UserError } from '../base/errors.ts'
import { serve } from '../base/workers.ts'
import { align } from '../faces/align.ts'
import { fitted } from '../faces/fit.ts'
import type { Alignment } from '../faces/image.ts'
import { parseLandmarks } from '../faces/landmarks.ts'
import type { Face } from './dataset.ts'
import { decodePhoto, readPhotoFile } from './readPhoto.ts'

/** A face that was aligned. */
export interface Aligned {
  /**
   * The SHA-256 of all that its picture depends on: the photo, the landmarks, the alignment, the size, the
   * version of the code and of the image library; in hexadecimal.
   */
  readonly key: string
  /** 8-bit RGB, interleaved, row by row; absent where the key is a known one. */
  readonly picture?: Uint8Array
}

/** To be raised whenever the same photo and landmarks would give another picture. */
const VERSION = 2

const { as, size, known } = workerData as { as: Alignment; size: number; known: ReadonlySet<string> }
const recipe = JSON.stringify([VERSION, sharp.versions, as, size])

serve(aligned, (result) =>
  typeof result !== 'string' && result.picture ? [result.picture.buffer as ArrayBuffer] : [],
)

async function aligned({ photo, landmarks }: Face): Promise<Aligned | string> {
  let where = ''
  try {
    const [bytes, text] = await Promise.all([readPhotoFile(photo), landmarks && readText(landmarks)])
    const key = keyOf(bytes, text)
    if (known.has(key)) return { key }
    const image = await decodePhoto(bytes, photo)
    if (text === undefined) return { key, picture: fitted(image, { width: size, height: size }, 'pad').data }
    const points = parseLandmarks(text, landmarks!)
    // The errors of reading name the file; what aligning refuses are the landmarks.
    where = `${landmarks}: `
    return { key, picture: align(image, points, as, size).data }
  } catch (error) {
    if (error instanceof UserError) return where + error.message
    throw error
  }
}

function keyOf(photo: Uint8Array, landmarks = ''): string {
  const hash = createHash('sha256')
  // Of hashes, which have one length, so that what is hashed can be taken apart in one way only.
  for (const part of [recipe, photo, landmarks]) hash.update(createHash('sha256').update(part).digest())
  return hash.digest('hex')
}

async function readText(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((error) => {
    throw new UserError(`the landmarks cannot be read (${messageOf(error)})`, path)
  })
}
