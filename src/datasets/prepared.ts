/**
 * Prepared faces: every face of a data set, aligned once and kept in a file, so that training reads pictures
 * and decodes no photos.
 *
 * Two files a data set, alignment and size: `<kind>-<as>-<size>.rgb` holds the pictures one after the other,
 * and `.json` says which faces they are. They are made anew when the photos or landmarks changed, and when
 * either file is damaged.
 */

import { createHash } from 'node:crypto'
import { closeSync, existsSync, openSync, readFileSync, readSync, statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { messageOf, UserError } from '../base/errors.ts'
import { AtomicFile, writeAtomic } from '../base/files.ts'
import { align } from '../faces/align.ts'
import { fitted } from '../faces/fit.ts'
import type { Alignment } from '../faces/image.ts'
import { parseLandmarks } from '../faces/landmarks.ts'
import { type Dataset, type Face, requireAlignable } from './dataset.ts'
import { readPhoto } from './readPhoto.ts'

/** The aligned faces of a data set. */
export interface PreparedFaces {
  readonly as: Alignment
  /** The side of each picture, in pixels. */
  readonly size: number
  /** The faces that could be prepared, in the order of the data set. `r` and `i` have the same. */
  readonly faces: readonly Face[]
  /** The picture of `faces[index]`: 8-bit RGB, interleaved, row by row, 3 · size · size bytes, a fresh array. */
  readonly picture: (index: number) => Uint8Array
  /** The faces that could not be prepared, and why. */
  readonly skipped: readonly { readonly face: Face; readonly reason: string }[]
}

// To be raised whenever the same photos and landmarks would give other pictures.
const VERSION = 1

// sharp decodes on threads of its own while this one warps.
const IN_FLIGHT = 8

/**
 * Align every face of a data set, or take the pictures from an earlier call where nothing has changed since.
 *
 * A face without landmarks is cut out and upright already: as `r`, all of its photo is shown, made square by
 * repeating its edge pixels. A photo or landmark file that cannot be used is skipped, with its reason. The pictures stay on the disk and
 * are read one by one, so that a data set may be larger than memory; their file stays open until the process
 * ends.
 *
 * @param size the side of the pictures, in pixels
 * @param folder where the pictures are kept; it is made where it is missing
 * @param progress called after each face while pictures are being made
 * @throws UserError when not one face could be prepared, `i` is asked for without landmarks, or the pictures
 *   cannot be written
 */
export async function prepareFaces(
  dataset: Dataset,
  as: Alignment,
  size: number,
  folder: string,
  progress?: (done: number, total: number) => void,
): Promise<PreparedFaces> {
  requireAlignable(dataset, as)
  const path = join(folder, `${dataset.kind}-${as}-${size}`)
  const key = keyOf(dataset, as, size)
  const kept = openKept(path, key, dataset, as, size)
  if (kept) return kept
  await make(path, key, dataset, as, size, progress)
  const made = openKept(path, key, dataset, as, size)
  if (!made) throw new UserError('was damaged just after it was written', `${path}.rgb`, 'Check the disk')
  return made
}

const Index = z.object({
  key: z.string(),
  checksum: z.string(),
  kept: z.array(z.int()),
  skipped: z.array(z.tuple([z.int(), z.string()])),
})

// What the pictures depend on.
function keyOf(dataset: Dataset, as: Alignment, size: number): string {
  const hash = createHash('sha256').update(JSON.stringify([VERSION, dataset.kind, as, size]))
  for (const { id, photo, landmarks } of dataset.faces) {
    const files = [photo, landmarks].map((path) => {
      const stat = path && statSync(path, { throwIfNoEntry: false })
      return stat && [stat.size, stat.mtimeMs]
    })
    hash.update(JSON.stringify([id, photo, landmarks, files]))
  }
  return hash.digest('hex')
}

function openKept(
  path: string,
  key: string,
  dataset: Dataset,
  as: Alignment,
  size: number,
): PreparedFaces | undefined {
  if (!existsSync(`${path}.json`) || !existsSync(`${path}.rgb`)) return undefined
  const index = readIndex(`${path}.json`)
  if (index?.key !== key) return undefined

  const file = openSync(`${path}.rgb`, 'r')
  if (checksumOf(file) !== index.checksum) {
    closeSync(file)
    return undefined
  }
  const bytes = 3 * size * size
  return {
    as,
    size,
    faces: index.kept.map((face) => dataset.faces[face]!),
    picture(at) {
      const picture = new Uint8Array(bytes)
      if (readSync(file, picture, 0, bytes, at * bytes) !== bytes) {
        throw new RangeError(`there is no picture ${at} in ${path}.rgb`)
      }
      return picture
    },
    skipped: index.skipped.map(([face, reason]) => ({ face: dataset.faces[face]!, reason })),
  }
}

function readIndex(path: string): z.infer<typeof Index> | undefined {
  try {
    return Index.parse(JSON.parse(readFileSync(path, 'utf8')))
  } catch {
    return undefined
  }
}

function checksumOf(file: number): string {
  const hash = createHash('sha256')
  const chunk = new Uint8Array(1 << 22)
  for (let at = 0; ; ) {
    const count = readSync(file, chunk, 0, chunk.length, at)
    if (count === 0) return hash.digest('hex')
    hash.update(chunk.subarray(0, count))
    at += count
  }
}

async function make(
  path: string,
  key: string,
  { faces, root }: Dataset,
  as: Alignment,
  size: number,
  progress?: (done: number, total: number) => void,
): Promise<void> {
  const file = new AtomicFile(`${path}.rgb`)
  const hash = createHash('sha256')
  const kept: number[] = []
  const skipped: [face: number, reason: string][] = []
  try {
    let index = 0
    for await (const result of alignFaces(faces, as, size)) {
      if (typeof result === 'string') {
        skipped.push([index, result])
      } else {
        file.write(result)
        hash.update(result)
        kept.push(index)
      }
      index++
      progress?.(index, faces.length)
    }
    if (kept.length === 0) {
      throw new UserError(
        `none of its ${faces.length} faces can be used. The first: ${skipped[0]?.[1]}`,
        root,
      )
    }
  } catch (error) {
    file.discard()
    throw error
  }
  file.commit()
  const index: z.infer<typeof Index> = { key, checksum: hash.digest('hex'), kept, skipped }
  writeAtomic(`${path}.json`, `${JSON.stringify(index)}\n`)
}

/**
 * Align faces one after the other, with several photos under way at a time.
 *
 * @param size the side of the pictures, in pixels
 * @returns for each face, in their order, its picture as {@link PreparedFaces} has it, or the reason why there is none
 */
export async function* alignFaces(
  faces: readonly Face[],
  as: Alignment,
  size: number,
): AsyncGenerator<Uint8Array | string> {
  const underway: Promise<Uint8Array | string>[] = []
  for (const index of faces.keys()) {
    while (underway.length < IN_FLIGHT && index + underway.length < faces.length) {
      underway.push(alignFace(faces[index + underway.length]!, as, size))
    }
    yield await underway.shift()!
  }
}

// The aligned picture, or the reason why there is none.
async function alignFace(face: Face, as: Alignment, size: number): Promise<Uint8Array | string> {
  let where = ''
  try {
    if (face.landmarks === undefined) {
      return fitted(await readPhoto(face.photo), { width: size, height: size }, 'pad').data
    }
    const [photo, landmarks] = await Promise.all([readPhoto(face.photo), readLandmarks(face.landmarks)])
    // The errors of reading name the file; what aligning refuses are the landmarks.
    where = `${face.landmarks}: `
    return align(photo, landmarks, as, size).data
  } catch (error) {
    if (error instanceof UserError) return where + error.message
    throw error
  }
}

async function readLandmarks(path: string) {
  const text = await readFile(path, 'utf8').catch((error) => {
    throw new UserError(`the landmarks cannot be read (${messageOf(error)})`, path)
  })
  return parseLandmarks(text, path)
}
