import type { StoredPicture } from '../datasets/pack.ts'

/** Where the parts of faces lie in pictures. */
export interface PictureParts {
  /** The names of the parts, by their indices. */
  readonly names: readonly string[]
  /** For each picture the index of the part at each pixel, one byte a pixel. */
  readonly maps: readonly StoredPicture[]
}

/** Labelled pictures of one size. */
export interface Pictures {
  /** Height and width in pixels. */
  readonly size: number
  /** Where the pixels of each picture are stored. */
  readonly pixels: readonly StoredPicture[]
  /** Class indices. */
  readonly labels: readonly number[]
  /** Where the parts of the faces lie, if training hides one. */
  readonly parts?: PictureParts
}
