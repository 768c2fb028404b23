import type { Random } from '../base/random.ts'
import type { Dimension, Graph } from '../graph/types.ts'

/** How large a network is built. */
export interface NetworkOptions {
  /** Height and width of the pictures, in pixels. */
  readonly input: number
  readonly classes: number
  /** Pictures in a batch: a number, or a name to leave it open. */
  readonly batch: Dimension
  /** Fraction of the published numbers of channels, in (0, 1]; 1 is the network as published. */
  readonly width: number
  /** Where the starting weights are drawn from. */
  readonly random: Random
}

/**
 * Builds a network: input `images`, float32 [batch, 3, input, input], BGR, 0–255 with the mean subtracted;
 * output `logits`, float32 [batch, classes], first, and behind it those of heads that only help in training. Its weights are the initializers `<layer>.weight` and
 * `<layer>.bias`.
 */
export type NetworkBuilder = (options: NetworkOptions) => Graph
