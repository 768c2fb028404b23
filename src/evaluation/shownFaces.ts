/** Faces to measure maps on: a sample of a data set, cut out as the network sees them. */

import { UserError } from '../base/errors.ts'
import { addToGroup } from '../base/groupBy.ts'
import { Random } from '../base/random.ts'
import { alignFaces } from '../datasets/alignFaces.ts'
import type { Dataset, Face, Skipped } from '../datasets/dataset.ts'
import { PARTS } from '../datasets/synthetic/parts.ts'
import type { Mask } from '../explanation/measures/mask.ts'
import { FACE_PARTS } from '../faces/parts.ts'
import type { TensorOf } from '../graph/types.ts'
import { inputOf, pictureFor } from '../models/input.ts'
import { centreCrop } from '../pictures/crop.ts'
import type { Image } from '../pictures/image.ts'
import { type Evaluable, requireSquare } from './evaluate.ts'

/**
 * Faces to measure on: equally many of each class, as far as possible, and the same ones for the same data and seed.
 *
 * @param labelOf the class of a face; those without one are left out, unless none has one
 */
export function sampled(
  faces: readonly Face[],
  count: number,
  labelOf: (face: Face) => number | undefined,
  seed: string | number,
): Face[] {
  const random = new Random(`measured ${seed}`)
  const classes = new Map<number, Face[]>()
  const isLabelled = faces.some((face) => labelOf(face) !== undefined)
  for (const face of random.shuffle(faces)) {
    const label = isLabelled ? labelOf(face) : 0
    if (label !== undefined) addToGroup(classes, label, face)
  }
  const chosen = new Set<Face>()
  for (let turn = 0; chosen.size < count && turn < faces.length; turn++) {
    for (const members of classes.values()) {
      const face = members[turn]
      if (face && chosen.size < count) chosen.add(face)
    }
  }
  return faces.filter((face) => chosen.has(face))
}

/** A face as the network sees it. */
export interface Shown {
  readonly face: Face
  readonly picture: Image
  readonly input: TensorOf<'float32'>
  readonly mask: Mask | undefined
}

/** What to cut out with the faces. */
interface ShowOptions {
  /** Parts of the face: their pixels become each face's mask. */
  readonly parts?: readonly string[] | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * Cut the faces out, with the pixels that maps should lie on.
 *
 * @throws UserError where none can be used, or parts are asked for and pictures are not square; the signal's reason, when that stops it
 */
export async function showAll(
  evaluable: Evaluable,
  { root }: Dataset,
  faces: readonly Face[],
  { parts, signal }: ShowOptions = {},
): Promise<{ shown: Shown[]; skipped: Skipped[] }> {
  const { alignment, preprocessing } = evaluable
  const { picture, size } = preprocessing
  if (parts) requireSquare(evaluable)
  const shown: Shown[] = []
  const skipped: Skipped[] = []
  let at = 0
  for await (const aligned of alignFaces(faces, alignment, picture.height, { parts: parts !== undefined })) {
    signal?.throwIfAborted()
    const face = faces[at++]!
    if (typeof aligned === 'string') {
      skipped.push({ face: face.id, reason: aligned })
      continue
    }
    const square = { width: picture.height, height: picture.height, data: aligned.picture! }
    const cut = pictureFor(square, preprocessing)
    const input = inputOf(cut, preprocessing)
    const names: readonly string[] = face.mask === undefined ? FACE_PARTS : PARTS
    const wanted = new Set(parts?.map((part) => names.indexOf(part)))
    const mask = aligned.parts && maskOf({ ...square, data: aligned.parts }, wanted, size)
    shown.push({ face, picture: cut, input, mask })
  }
  if (shown.length === 0) {
    throw new UserError(
      `none of its ${faces.length} faces can be used. The first: ${skipped[0]!.reason}`,
      root,
    )
  }
  return { shown, skipped }
}

/** The pixels of some parts, in the centre that the network sees; undefined where there are none. */
function maskOf(
  labels: { readonly width: number; readonly height: number; readonly data: Uint8Array },
  wanted: ReadonlySet<number>,
  { width, height }: { readonly width: number; readonly height: number },
): Mask | undefined {
  const { left } = centreCrop(labels.width, width)
  const { left: top } = centreCrop(labels.height, height)
  const data = Uint8Array.from({ length: width * height }, (_, k) => {
    const [x, y] = [left + (k % width), top + Math.floor(k / width)]
    return Number(wanted.has(labels.data[y * labels.width + x]!))
  })
  return data.some((inside) => inside === 1) ? { width, height, data } : undefined
}
