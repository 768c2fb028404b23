/** From photos to the pictures that a network sees of them: the same for training, scoring, predicting and explaining. */

import { UserError } from '../base/errors.ts'
import { alignPhotos, type PhotoFaces, type PhotoJob } from '../datasets/alignPhotos.ts'
import type { CutFace } from '../faces/cut.ts'
import { type Model, requirePreprocessing } from '../models/model.ts'
import { readPhoto } from '../pictures/node.ts'

/** A photo's pictures; the network sees each by itself. */
export interface ShownPhoto extends Omit<PhotoFaces, 'faces'> {
  /** The photo itself, where it is used as it is. */
  readonly faces: readonly (Pick<CutFace, 'picture'> & Partial<CutFace>)[]
}

/**
 * The pictures of photos that a model sees: every face, found and cut out as the model's card says; the photo itself
 * where the card does not mention faces, or the photos are used as they are.
 *
 * @returns its pictures for each photo, in order
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
