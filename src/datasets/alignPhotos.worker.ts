/** A thread of {@link alignPhotos}: reads, decodes, finds and cuts out. */

import { workerData } from 'node:worker_threads'
import { UserError } from '../base/errors.ts'
import { serve } from '../base/workers.ts'
import { type CutOptions, cutByLandmarks, cutFaces } from '../faces/cut.ts'
import { readPhoto } from '../pictures/node.ts'
import type { PhotoFaces, PhotoJob } from './alignPhotos.ts'
import { findFaces } from './faceFinder.ts'

const options = workerData as CutOptions

serve(facesOf, ({ faces }) => faces.map(({ picture }) => picture.data.buffer as ArrayBuffer))

async function facesOf({ photo, landmarks }: PhotoJob): Promise<PhotoFaces> {
  try {
    const image = await readPhoto(photo)
    const { as, size } = options
    if (landmarks && typeof as === 'string')
      return { faces: [cutByLandmarks(image, landmarks, as, size)], refused: [] }
    return cutFaces(image, await findFaces(image), options)
  } catch (error) {
    if (error instanceof UserError) return { faces: [], refused: [], broken: error.message }
    throw error
  }
}
