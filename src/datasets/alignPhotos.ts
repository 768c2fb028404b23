import { onAllCores, workerModule } from '../base/workers.ts'
import type { CutFaces, CutOptions } from '../faces/cut.ts'
import type { Point } from '../pictures/image.ts'

/** A photo to cut the faces out of. */
export interface PhotoJob {
  readonly photo: string
  /** Its 49 landmarks, where they are known: then no face is looked for. */
  readonly landmarks?: readonly Point[]
}

/** What became of a photo. */
export interface PhotoFaces extends CutFaces {
  /** Why the photo itself cannot be used; then it has no faces. */
  readonly broken?: string
}

/**
 * Find faces in photos and cut them out, on all cores.
 *
 * @returns for each photo, in order, its faces
 */
export function alignPhotos(photos: readonly PhotoJob[], options: CutOptions): AsyncGenerator<PhotoFaces> {
  return onAllCores(workerModule(import.meta.url, 'alignPhotos.worker.js'), photos, options)
}
