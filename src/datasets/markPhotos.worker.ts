/** A thread of {@link markPhotos}: reads, decodes, finds and draws. */

import { UserError } from '../base/errors.ts'
import { serve } from '../base/workers.ts'
import { mainFace } from '../faces/face.ts'
import { readPhoto } from '../pictures/node.ts'
import { drawFaces } from './drawFaces.ts'
import { findFaces } from './faceFinder.ts'
import type { MarkedPhoto } from './markPhotos.ts'

serve(async (path: string): Promise<MarkedPhoto | string> => {
  try {
    const photo = await readPhoto(path)
    const faces = await findFaces(photo)
    const main = mainFace(faces, photo)
    return {
      size: { width: photo.width, height: photo.height },
      faces,
      ...(main && { main: faces.indexOf(main) }),
      drawing: await drawFaces(photo, faces),
    }
  } catch (error) {
    if (error instanceof UserError) return error.message
    throw error
  }
})
