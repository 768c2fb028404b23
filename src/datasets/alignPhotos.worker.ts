/** A thread of {@link alignPhotos}: reads, decodes, finds and aligns. */

import { workerData } from 'node:worker_threads'
import { UserError } from '../base/errors.ts'
import { serve } from '../base/workers.ts'
import { align, alignment } from '../faces/align.ts'
import { type FaceFinder, type FoundFace, isMarked, mainFace } from '../faces/face.ts'
import type { Alignment, Image, Point } from '../faces/image.ts'

import { landmarks49 } from '../faces/meshLandmarks.ts'
import type { AlignedFace, PhotoFaces, PhotoJob } from './alignPhotos.ts'
import { openFaceFinder } from './faceFinder.ts'
import { readPhoto } from './readPhoto.ts'

const { as, size, all } = workerData as { as: Alignment; size: number; all: boolean }
let finder: Promise<FaceFinder> | undefined

serve(facesOf, ({ faces }) => faces.map(({ picture }) => picture.data.buffer as ArrayBuffer))

async function facesOf({ photo, landmarks }: PhotoJob): Promise<PhotoFaces> {
  try {
    const image = await readPhoto(photo)
    if (landmarks) return { faces: [aligned(image, landmarks)], refused: [] }
    finder ??= openFaceFinder({ threads: 1 })
    const found = await (await finder).find(image)
    const chosen = all ? found : [mainFace(found, image)].filter((face) => face !== undefined)
    if (chosen.length === 0) return { faces: [], refused: ['no face was found in it'] }
    return {
      faces: chosen
        .filter(isMarked)
        .map(({ mesh, ...rest }) => ({ ...aligned(image, landmarks49(mesh)), found: rest })),
      refused: chosen.filter((face) => !isMarked(face)).map(unmarked),
    }
  } catch (error) {
    if (error instanceof UserError) return { faces: [], refused: [error.message] }
    throw error
  }
}

function aligned(image: Image, landmarks: readonly Point[]): AlignedFace {
  return { picture: align(image, landmarks, as, size), map: alignment(landmarks, as, size) }
}

function unmarked({ box: { left, top, width, height } }: FoundFace): string {
  const [x, y] = [left + width / 2, top + height / 2].map((place) => place.toFixed(0))
  return `eyes, nose and mouth were not made out in the face around (${x}, ${y})`
}
