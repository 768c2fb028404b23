import { onAllCores, workerModule } from '../../base/workers.ts'
import type { Box } from '../../faces/face.ts'
import type { Stretch } from '../../faces/stretch.ts'
import type { Size } from '../../pictures/fit.ts'
import type { Face } from '../dataset.ts'
import type { Details, Sketch } from '../duplicates.ts'

/** What a look at a face's photo showed. */
export interface Look {
  readonly photo: Size
  /** The side of the square around the face that would be cut out, in pixels of the photo. */
  readonly side: number
  readonly sketch: Sketch
  /** The file is damaged inside, but could be read; absent where it is not. */
  readonly damaged?: true
  /** How many degrees the face is turned clockwise, −180 to 180; absent where it is not known where the face is. */
  readonly roll?: number
  /** The share of the face's known points that lie outside the photo, 0 to 1; absent as above. */
  readonly outside?: number
  /** How far the alignment `i` changes the face; absent where it is not known where the face is. */
  readonly stretch?: Stretch
  /** The faces that were found, the surest first; absent where none were looked for. */
  readonly found?: readonly Box[]
  /** The photo's main face was found, but not its eyes, nose and mouth, and there are no landmarks for them. */
  readonly unmarked?: true
  /** The nearest face that was found, where there are landmarks to compare with it. */
  readonly nearest?: {
    /** The mean distance of its landmarks from the given ones, as a share of the distance between the eyes. */
    readonly off: number
    /** Its box. */
    readonly box: Box
  }
}

/** A look with the detail of the photo and the face: 4 kB each, too much to keep for all. */
export interface CloseLook extends Look {
  readonly details: Details
}

/** The file that shows a face: among published pictures, the rotated one. */
export function fileOf({ published, photo }: Face): string {
  return published?.r ?? published?.i ?? photo
}

/**
 * Look at faces, on all cores.
 *
 * @param find whether to look for faces in the photos
 * @returns for each face, in order, what it shows, or the reason why its photo or landmarks cannot be used
 */
export function lookAt(faces: readonly Face[], find: boolean): AsyncGenerator<CloseLook | string> {
  const module = workerModule(import.meta.url, 'look.worker.js')
  return onAllCores<Face, CloseLook | string>(module, faces, { find })
}
