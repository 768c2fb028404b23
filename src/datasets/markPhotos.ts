import { onAllCores, workerModule } from '../base/workers.ts'
import type { FoundFace } from '../faces/face.ts'
import type { Size } from '../pictures/fit.ts'

/** The faces of a photo. */
export interface MarkedPhoto {
  /** The size of the upright photo, in pixels. */
  readonly size: Size
  /** The surest first. */
  readonly faces: readonly FoundFace[]
  /** The index of the main face; absent where there is none. */
  readonly main?: number
  /** The photo with the faces drawn on it, as a PNG file. */
  readonly drawing: Uint8Array
}

/**
 * Find the faces of photos and draw them, on all cores.
 *
 * @returns for each photo, in order, its faces, or the reason why it cannot be read
 */
export function markPhotos(photos: readonly string[]): AsyncGenerator<MarkedPhoto | string> {
  return onAllCores(workerModule(import.meta.url, 'markPhotos.worker.js'), photos)
}
