/** A thread of {@link lookAt}: reads, decodes, finds faces, aligns. */

import { workerData } from 'node:worker_threads'
import { UserError } from '../../base/errors.ts'
import { sha256Of } from '../../base/hash.ts'
import { serve } from '../../base/workers.ts'
import { align, alignment } from '../../faces/align.ts'
import { type FoundFace, isMarked, mainFace } from '../../faces/face.ts'
import { eyeCentres } from '../../faces/landmarks.ts'
import { landmarks49 } from '../../faces/meshLandmarks.ts'
import { featuresOf, rollOf } from '../../faces/roll.ts'
import { stretchOf } from '../../faces/stretch.ts'
import { fitted } from '../../pictures/fit.ts'
import type { Image, Point } from '../../pictures/image.ts'
import { decodePhoto, isDamaged, readPhotoFile } from '../../pictures/node.ts'
import type { Face } from '../dataset.ts'
import { findFaces } from '../faceFinder.ts'
import { DETAIL_SIDE, detail, fingerprint } from '../fingerprint.ts'
import { readLandmarks } from '../readLandmarks.ts'
import { type CloseLook, fileOf, type Look } from './look.ts'

const { find } = workerData as { find: boolean }

serve(look, (result) =>
  typeof result === 'string' ? [] : Object.values(result.details).map(({ buffer }) => buffer as ArrayBuffer),
)

async function look(face: Face): Promise<CloseLook | string> {
  let where = ''
  try {
    const file = fileOf(face)
    const bytes = await readPhotoFile(file)
    const photo = await decodePhoto(bytes, file)
    const damaged = await isDamaged(bytes)
    // Published pictures are already cut out; landmarks would be those of the photo that they were cut from.
    const path = face.published ? undefined : face.landmarks
    const given = path === undefined ? undefined : readLandmarks(path)
    const found = find ? await findFaces(photo) : undefined
    const marked = found?.filter(isMarked) ?? []
    const main = face.published || !found ? undefined : mainFace(found, photo)
    const mesh = main && isMarked(main) ? main.mesh : undefined
    const points = given ?? (mesh && landmarks49(mesh))
    // Errors in reading name the file; those in aligning are about the landmarks.
    where = path === undefined ? '' : `${path}: `
    const whole = fitted(photo, { width: DETAIL_SIDE, height: DETAIL_SIDE }, 'pad')
    const cut = points && align(photo, points, 'r', DETAIL_SIDE)
    return {
      photo: { width: photo.width, height: photo.height },
      side: points ? sideOf(points) : Math.max(photo.width, photo.height),
      sketch: {
        content: contentOf(photo),
        prints: { whole: fingerprint(whole), ...(cut && { face: fingerprint(cut) }) },
      },
      details: { whole: detail(whole), ...(cut && { face: detail(cut) }) },
      ...(damaged && { damaged }),
      ...(points && {
        roll: rollOf(featuresOf(points)),
        outside: outside(given ?? mesh!, photo),
        stretch: stretchOf(alignment(points, 'i', 1)),
      }),
      ...(found && { found: found.map(({ box }) => box) }),
      ...(main && !points && { unmarked: true as const }),
      ...(given && marked.length > 0 && { nearest: nearestTo(given, marked) }),
    }
  } catch (error) {
    if (error instanceof UserError) return where + error.message
    throw error
  }
}

function contentOf({ width, height, data }: Image): string {
  return sha256Of(`${width} × ${height}`, data)
}

/** The share of the points that lie outside the photo. */
function outside(points: readonly Point[], { width, height }: Image): number {
  const beyond = points.filter(({ x, y }) => x < 0 || y < 0 || x > width || y > height)
  return beyond.length / points.length
}

/** The side of the square that [r] cuts out, in pixels of the photo. */
function sideOf(points: readonly Point[]): number {
  const [a, , , d] = alignment(points, 'r', 1)
  return Math.hypot(a, d)
}

function nearestTo(given: readonly Point[], found: readonly FoundFace[]): Look['nearest'] {
  const { right, left } = eyeCentres(given)
  const apart = Math.hypot(left.x - right.x, left.y - right.y)
  const distance = ({ mesh }: FoundFace) =>
    landmarks49(mesh).reduce((sum, { x, y }, k) => sum + Math.hypot(x - given[k]!.x, y - given[k]!.y), 0)
  return found
    .map((face) => ({ off: distance(face) / given.length / apart, box: face.box }))
    .reduce((nearest, one) => (one.off < nearest.off ? one : nearest))
}
