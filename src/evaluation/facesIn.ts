/** From photos to the pictures that a network sees of them: the same for training, scoring, predicting and explaining. */

import { UserError } from '../base/errors.ts'
import { alignPhotos, type PhotoFaces, type PhotoJob } from '../datasets/alignPhotos.ts'
import type { CutFace } from '../faces/cut.ts'
import { type Model, requirePreprocessing } from '../models/model.ts'
import { readPhoto } from '../pictures/node.ts'

/** A photo's pictures, each by itself what the network is shown. */
export interface ShownPhoto extends Omit<PhotoFaces, 'faces'> {
  /** Of a photo that is taken as it is, the photo. */
  readonly faces: readonly (Pick<CutFace, 'picture'> & Partial<CutFace>)[]
}

/**
 * The pictures that a model is shown of photos: every face, found and cut out as the model's card says; the photo itself
 * where its card says nothing of faces, or the photos are to be taken as they are.
 *
 * @returns for each photo, in their order
 */
export async function* facesIn(
  photos: readonly PhotoJob[],
  model: Model,
  { asIs }: { readonly asIs: boolean },
): AsyncGenerator<ShownPhoto> {
  const { alignment } = model.card
  if (alignment && !asIs) {
    const size = requirePreprocessing(model).picture.height
    yield* alignPhotos(photos, { as: alignment, size, all: true })
    return
  }
  for (const { photo } of photos) {
    try {
      yield { faces: [{ picture: await readPhoto(photo) }], refused: [] }
    } catch (error) {
      if (!(error instanceof UserError)) throw error
      yield { faces: [], refused: [], broken: error.message }
    }
  }
}
