import { onAllCores, workerModule } from '../base/workers.ts'
import type { Alignment } from '../faces/align.ts'
import type { FoundFace } from '../faces/face.ts'
import type { Affine } from '../pictures/affine.ts'
import type { Image, Point } from '../pictures/image.ts'

/** A photo to align the faces of. */
export interface PhotoJob {
  readonly photo: string
  /** Its 49 landmarks, where they are known: then no face is looked for. */
  readonly landmarks?: readonly Point[]
}

/** A face that was aligned. */
export interface AlignedFace {
  readonly picture: Image
  /** From points of the picture to points of the photo. */
  readonly map: Affine
  /** How it was found; absent where the landmarks were given. */
  readonly found?: Omit<FoundFace, 'mesh'>
}

/** What became of a photo. */
export interface PhotoFaces {
  /** The surest first. */
  readonly faces: AlignedFace[]
  /** Why there is no face, or one less. */
  readonly refused: string[]
}

/**
 * Find faces in photos and align them, on all cores.
 *
 * @param options.size the side of the pictures, in pixels
 * @param options.all every face of a photo, and not its main one alone
 * @returns for each photo, in their order, its faces
 */
export function alignPhotos(
  photos: readonly PhotoJob[],
  options: { readonly as: Alignment; readonly size: number; readonly all: boolean },
): AsyncGenerator<PhotoFaces> {
  return onAllCores(workerModule(import.meta.url, 'alignPhotos.worker.js'), photos, options)
}
