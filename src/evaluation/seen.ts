/**
 * The photos that a network has seen in training, known by their bytes: they are found in any data set and under any
 * name, but not once they are saved anew.
 *
 * Beside the model lies `NAME.photos.npy`, uint8 [n, 8]: the first eight bytes of each photo's SHA-256, in ascending
 * order. Whoever has a photo can tell from it whether the network was trained on it; nobody can make a photo of it.
 */

import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { UserError } from '../base/errors.ts'
import { readBytes } from '../base/files.ts'
import { hashOfFile } from '../base/hash.ts'
import type { Dataset, Face } from '../datasets/dataset.ts'
import { readNpy } from '../formats/npy.ts'
import type { TensorOf } from '../graph/types.ts'
import type { Model } from '../models/model.ts'
import { type Fold, facesOf } from './evaluate.ts'

/** In a million photos, none but copies share so many bytes: the chance of another pair is 3e-8. */
const BYTES = 8

const markOf = (photo: string) => hashOfFile(photo).slice(0, 2 * BYTES)

/** The list of the photos that a network has seen, which may not be there, by the network's file. */
function seenPath(model: string): string {
  return `${model.replace(/\.[^./\\]+$/, '')}.photos.npy`
}

/**
 * What `NAME.photos.npy` holds.
 *
 * @param faces that a network was trained or validated on
 * @param start the file of the network that it started from: what that one has seen, if it has a list, counts too
 * @returns undefined where a photo cannot be read: a list with gaps would call photos new that are not
 * @throws UserError where the list of the start is damaged
 */
export function seenPhotos(faces: readonly Face[], start?: string): TensorOf<'uint8'> | undefined {
  const before = (start !== undefined && marksBeside(start)) || []
  const photos = new Set(faces.map(({ photo }) => photo))
  try {
    const marks = [...new Set([...before, ...[...photos].map(markOf)])].sort()
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
 * What is doubtful about an evaluation, by what is known about the model's training: whether it has seen the faces that
 * it is scored on. Where its photos are known, these decide; otherwise the kind of data set and the fold.
 *
 * @returns a sentence for the user; undefined where nothing is doubtful
 * @throws UserError where the model's list of photos is damaged
 */
export function trainingOverlap(model: Model, dataset: Dataset, scored?: Fold): string | undefined {
  const { trainedOn } = model.card
  if (!trainedOn) return undefined
  const { fold, folds, seed } = trainedOn
  const isSameKind = trainedOn.dataset === dataset.kind
  const isOwnFold =
    isSameKind &&
    scored !== undefined &&
    scored.fold === fold &&
    (folds === undefined || scored.of === folds) &&
    String(scored.seed) === String(seed)
  const byFold = `Score only faces that it has not seen, with --fold ${fold}/${folds ?? 'N'}`
  const faces = scored ? facesOf(dataset, scored) : dataset.faces
  const seen = seenAmong(model, faces)
  if (seen && 'count' in seen) {
    if (seen.count === 0) return undefined
    const remedy = isOwnFold
      ? 'They are copies of photos in other folds; `regard dataset check` lists copies'
      : isSameKind
        ? byFold
        : 'Score it on other photos'
    return `the model was trained on the photos of ${seen.count} of these ${faces.length} faces. ${remedy}`
  }
  if (isOwnFold) return undefined
  if (isSameKind) {
    return scored
      ? `the model was trained with fold ${fold}${folds ? ` of ${folds}` : ''} (seed ${seed}) kept for testing: it has seen some of these faces. ${byFold}`
      : `the model was trained on ${dataset.kind}: it has seen most of these faces. ${byFold}`
  }
  // Of another data set nothing is known without that file.
  return (
    seen && `the model may have seen some of these faces: the list of its photos, ${seen.missing}, is missing`
  )
}

/**
 * What is doubtful about starting from a network: whether it has seen faces that the trained one is then tested on.
 *
 * @param start the network's file
 * @param faces those that are tested on
 * @returns a sentence for the user; undefined where it has seen none, or has no list of its photos
 * @throws UserError where that list is damaged
 */
export function startOverlap(start: string, faces: readonly Face[]): string | undefined {
  const seen = marksBeside(start)
  const count = seen ? seenCount(faces, seen) : 0
  if (count === 0) return undefined
  return (
    `${start} was trained on the photos of ${count} of the ${faces.length} faces to test on: what starts from it will ` +
    'look better than it is. Start from weights that were trained on other photos'
  )
}

/** What a model tells about the photos that it has seen. */
type Seen =
  /** How many of the faces are in such photos. */
  | { readonly count: number }
  /** The name of the list of its photos, which is not there. */
  | { readonly missing: string }

/**
 * How many faces are in photos that a network was trained or validated on.
 *
 * @returns undefined where its card names no list of photos
 * @throws UserError where that file cannot be read, or is not such a file
 */
export function seenAmong({ path, card }: Model, faces: readonly Face[]): Seen | undefined {
  const name = card.trainedOn?.photos
  if (name === undefined) return undefined
  const file = join(dirname(path), name)
  if (!existsSync(file)) return { missing: name }
  return { count: seenCount(faces, marksIn(file)) }
}

function seenCount(faces: readonly Face[], seen: ReadonlySet<string>): number {
  const found = new Map<string, boolean>()
  for (const { photo } of faces) if (!found.has(photo)) found.set(photo, isSeen(photo, seen))
  return faces.filter(({ photo }) => found.get(photo)).length
}

/** The marks of the photos that a network has seen; undefined where no list lies beside it. */
function marksBeside(model: string): ReadonlySet<string> | undefined {
  const file = seenPath(model)
  return existsSync(file) ? marksIn(file) : undefined
}

function marksIn(file: string): ReadonlySet<string> {
  const { type, shape, data } = readNpy(readBytes(file), file)
  if (type !== 'uint8' || shape.length !== 2 || shape[1] !== BYTES) {
    throw new UserError(
      `must hold ${BYTES} bytes for each photo, as uint8 [n, ${BYTES}], not ${type} [${shape.join(', ')}]`,
      file,
      'Take the file that lay beside the model when it was trained, or remove it',
    )
  }
  const marks = Buffer.from(data as Uint8Array)
  return new Set(
    Array.from({ length: shape[0]! }, (_, k) => marks.toString('hex', k * BYTES, (k + 1) * BYTES)),
  )
}

function isSeen(photo: string, seen: ReadonlySet<string>): boolean {
  try {
    return seen.has(markOf(photo))
  } catch {
    // Whoever uses the photo says that it cannot be read.
    return false
  }
}
