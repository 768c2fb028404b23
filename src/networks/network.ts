import type { Random } from '../base/random.ts'
import type { Dimension, Graph } from '../graph/types.ts'

/** The size of a network to build. */
export interface NetworkOptions {
  /** Height and width of the pictures, in pixels. */
  readonly input: number
  readonly classes: number
  /** Pictures in a batch: a number, or a name to leave it open. */
  readonly batch: Dimension
  /** Fraction of the published numbers of channels, in (0, 1]; 1 is the published network. */
  readonly width: number
  /** Draws the starting weights. */
  readonly random: Random
}

/**
 * Builds a network: input `images`, float32 [batch, 3, input, input], BGR, 0–255 with the mean subtracted;
 * output `logits`, float32 [batch, classes], first, followed by those of auxiliary heads. Its weights are the
 * initializers `<layer>.weight` and `<layer>.bias`.
 */
export type NetworkBuilder = (options: NetworkOptions) => Graph
