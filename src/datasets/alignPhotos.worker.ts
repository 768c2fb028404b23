/** A thread of {@link alignPhotos}: reads, decodes, finds and aligns. */

import { workerData } from 'node:worker_threads'
import { UserError } from '../base/errors.ts'
import { serve } from '../base/workers.ts'
import { align, alignment } from '../faces/align.ts'
import type { FaceFinder } from '../faces/face.ts'
import type { Alignment, Image, Point } from '../faces/image.ts'
import { mainFace } from '../faces/mainFace.ts'
import { landmarks49 } from '../faces/meshLandmarks.ts'
import type { AlignedFace, PhotoJob } from './alignPhotos.ts'
import { openFaceFinder } from './faceFinder.ts'
import { readPhoto } from './readPhoto.ts'

const { as, size, all } = workerData as { as: Alignment; size: number; all: boolean }
let finder: Promise<FaceFinder> | undefined

serve(facesOf, (faces) =>
  typeof faces === 'string' ? [] : faces.map(({ picture }) => picture.data.buffer as ArrayBuffer),
)

async function facesOf({ photo, landmarks }: PhotoJob): Promise<AlignedFace[] | string> {
  try {
    const image = await readPhoto(photo)
    if (landmarks) return [aligned(image, landmarks)]
    finder ??= openFaceFinder({ threads: 1 })
    const found = await (await finder).find(image)
    if (found.length === 0) return `${photo}: no face was found in it`
    const chosen = all ? found : [mainFace(found, image)!]
    return chosen.map(({ mesh, ...rest }) => ({ ...aligned(image, landmarks49(mesh)), found: rest }))
  } catch (error) {
    if (error instanceof UserError) return error.message
    throw error
  }
}

function aligned(image: Image, landmarks: readonly Point[]): AlignedFace {
  return { picture: align(image, landmarks, as, size), map: alignment(landmarks, as, size) }
}
