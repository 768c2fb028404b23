import type { StoredPicture } from '../datasets/pack.ts'

/** The parts of faces, where each is seen. */
export interface PictureParts {
  /** Of the parts, by their indices. */
  readonly names: readonly string[]
  /** For each picture the index of the part that is seen at each pixel, one byte a pixel. */
  readonly maps: readonly StoredPicture[]
}

/** Labelled pictures of one size. */
export interface Pictures {
  /** Height and width in pixels. */
  readonly size: number
  /** Where the pixels of each picture are. */
  readonly pixels: readonly StoredPicture[]
  /** Class indices. */
  readonly labels: readonly number[]
  /** Which part of the face is seen where, where training hides one. */
  readonly parts?: PictureParts
}
