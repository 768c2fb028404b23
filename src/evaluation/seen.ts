/**
 * The photos that a network has seen in training, known by their bytes: they are found in any data set and under any
 * name, but not once they are saved anew.
 *
 * Beside the model lies `NAME.photos.npy`, uint8 [n, 8]: the first eight bytes of each photo's SHA-256, in ascending
 * order. Whoever has a photo can tell from it whether the network was trained on it; nobody can make a photo of it.
 */

import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { hashOfFile } from '../base/hash.ts'
import type { Face } from '../datasets/dataset.ts'
import { readNpy } from '../formats/npy.ts'
import type { TensorOf } from '../graph/types.ts'
import type { Model } from '../models/model.ts'

/** In a million photos, none but copies share so many bytes: the chance of another pair is 3e-8. */
const BYTES = 8

const markOf = (photo: string) => hashOfFile(photo).slice(0, 2 * BYTES)

/**
 * What `NAME.photos.npy` holds.
 *
 * @param faces that a network was trained or validated on
 * @returns undefined where a photo cannot be read: a list with gaps would call photos new that are not
 */
export function seenPhotos(faces: readonly Face[]): TensorOf<'uint8'> | undefined {
  const photos = new Set(faces.map(({ photo }) => photo))
  try {
    const marks = [...new Set([...photos].map(markOf))].sort()
    return {
      type: 'uint8',
      shape: [marks.length, BYTES],
      data: Uint8Array.from(Buffer.from(marks.join(''), 'hex')),
    }
  } catch {
    return undefined
  }
}

/**
 * How many faces are in photos that a network was trained or validated on.
 *
 * @returns undefined where the model does not say, or its file of photos is not beside it
 * @throws UserError where that file is damaged
 */
export function countSeen({ path, card }: Model, faces: readonly Face[]): number | undefined {
  const name = card.trainedOn?.photos
  if (name === undefined) return undefined
  const file = join(dirname(path), name)
  let bytes: Uint8Array
  try {
    bytes = readFileSync(file)
  } catch {
    return undefined
  }
  const { data } = readNpy(bytes, file) as TensorOf<'uint8'>
  const marks = Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('hex')
  const seen = new Set(marks.match(new RegExp(`.{${2 * BYTES}}`, 'g')))
  const found = new Map<string, boolean>()
  const isSeen = (photo: string) => {
    try {
      return seen.has(markOf(photo))
    } catch {
      // Whoever uses the photo says that it cannot be read.
      return false
    }
  }
  for (const { photo } of faces) if (!found.has(photo)) found.set(photo, isSeen(photo))
  return faces.filter(({ photo }) => found.get(photo)).length
}
