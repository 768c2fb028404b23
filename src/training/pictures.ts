import type { StoredPicture } from '../datasets/pack.ts'

/** Labelled pictures of one size. */
export interface Pictures {
  /** Height and width in pixels. */
  readonly size: number
  /** Where the pixels of each picture are. */
  readonly pixels: readonly StoredPicture[]
  /** Class indices. */
  readonly labels: readonly number[]
}
