/** A thread of {@link alignPhotos}: reads, decodes, finds and aligns. */

import { workerData } from 'node:worker_threads'
import { UserError } from '../base/errors.ts'
import { serve } from '../base/workers.ts'
import { type Alignment, align, alignment } from '../faces/align.ts'
import { isMarked, mainFace } from '../faces/face.ts'
import { landmarks49 } from '../faces/meshLandmarks.ts'
import type { Image, Point } from '../pictures/image.ts'
import { readPhoto } from '../pictures/node.ts'
import type { AlignedFace, PhotoFaces, PhotoJob } from './alignPhotos.ts'
import { findFaces, notMarked } from './faceFinder.ts'

const { as, size, all } = workerData as { as: Alignment; size: number; all: boolean }

serve(facesOf, ({ faces }) => faces.map(({ picture }) => picture.data.buffer as ArrayBuffer))

async function facesOf({ photo, landmarks }: PhotoJob): Promise<PhotoFaces> {
  try {
    const image = await readPhoto(photo)
    if (landmarks) return { faces: [aligned(image, landmarks)], refused: [] }
    const found = await findFaces(image)
    const chosen = all ? found : [mainFace(found, image)].filter((face) => face !== undefined)
    if (chosen.length === 0) return { faces: [], refused: ['no face was found in it'] }
    return {
      faces: chosen
        .filter(isMarked)
        .map(({ mesh, ...rest }) => ({ ...aligned(image, landmarks49(mesh)), found: rest })),
      refused: chosen.filter((face) => !isMarked(face)).map(notMarked),
    }
  } catch (error) {
    if (error instanceof UserError) return { faces: [], refused: [error.message] }
    throw error
  }
}

function aligned(image: Image, landmarks: readonly Point[]): AlignedFace {
  return { picture: align(image, landmarks, as, size), map: alignment(landmarks, as, size) }
}
