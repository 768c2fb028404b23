import type { Image, Point } from './image.ts'

/** An upright rectangle in a photo, in pixels of the photo; it may reach beyond the photo's edges. */
export interface Box {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
}

/** A face that was found in a photo. */
export interface FoundFace {
  /** From the brows to the chin, as the detector has it. */
  readonly box: Box
  /** How sure the detector is that this is a face, 0 to 1. */
  readonly score: number
  /** The 468 points of the face mesh, in pixels of the photo, in MediaPipe's order. */
  readonly mesh: readonly Point[]
  /** How sure the mesh network is that it saw a face, 0 to 1. */
  readonly presence: number
}

/** Finds the faces of photos. */
export interface FaceFinder {
  /** All faces in a photo, the surest first; none where there are none. */
  find(photo: Image): Promise<FoundFace[]>
  /** Give back the memory. */
  release(): Promise<void>
}
