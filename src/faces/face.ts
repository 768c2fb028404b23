import type { Watch } from '../base/watch.ts'
import type { Size } from '../pictures/fit.ts'
import type { Image, Point } from '../pictures/image.ts'

/** An upright rectangle in a photo, in pixels of the photo; it may reach beyond the photo's edges. */
export interface Box {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
}

/** A face that was found in a photo. */
export interface FoundFace {
  /** The detector's box, from the brows to the chin. */
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
  /**
   * All faces in a photo, the surest first; an empty list where there are none. They may be turned, even upside down.
   * It takes two to four short runs of networks, or up to sixteen where a face is doubtful, and can be stopped between
   * them.
   *
   * @throws the signal's reason, when that stops it
   */
  find(photo: Image, watch?: Pick<Watch, 'signal'>): Promise<FoundFace[]>
  /** Give back the memory. */
  release(): Promise<void>
}

/**
 * Whether the mesh network recognised the face, so that its points lie where they should. It may not recognise faces in
 * profile.
 */
export function isMarked({ presence }: FoundFace): boolean {
  return presence >= 0.5
}

/**
 * The main face of a photo: the surest of those whose box holds the middle of the photo; if there is none, the largest.
 * Undefined where no face was found.
 */
export function mainFace(faces: readonly FoundFace[], { width, height }: Size): FoundFace | undefined {
  const inMiddle = faceAround(faces, { x: width / 2, y: height / 2 })
  const area = ({ box }: FoundFace) => box.width * box.height
  const [largest] = [...faces].sort((a, b) => area(b) - area(a))
  return inMiddle ?? largest
}

/** The surest of the faces whose box holds a point. */
export function faceAround(faces: readonly FoundFace[], point: Point): FoundFace | undefined {
  const [surest] = faces.filter(({ box }) => holds(box, point)).sort((a, b) => b.score - a.score)
  return surest
}

/** Whether a point lies in a box. */
export function holds({ left, top, width, height }: Box, { x, y }: Point): boolean {
  return x >= left && x <= left + width && y >= top && y <= top + height
}
