import { UserError } from '../../base/errors.ts'
import type { Watch } from '../../base/watch.ts'
import type { TensorOf } from '../../graph/types.ts'
import type { PixelRelevance } from '../heatMap.ts'
import { MEASURES } from '../measures.ts'
import { completeOptions } from '../options.ts'
import type { Target } from '../target.ts'
import type { Explained } from './explained.ts'
import type { Finding } from './finding.ts'
import { randomisedMaps } from './parameterRandomisation.ts'

/** How the weights are drawn. */
export interface EfficientParameterRandomisationOptions {
  /** The same seed gives the same weights. */
  readonly seed: string | number
}

/** How complex the maps of the trained network, and of one that has learnt nothing, are. */
export interface EfficientParameterRandomisation extends Finding {
  /** The relative rise of the entropy, (randomised − trained) / trained: above −1. */
  readonly value: number
  /** Entropy of the map of the trained network, in nats: 0 to ln 100. */
  readonly trained: number
  /** The same with random weights in all layers. */
  readonly randomised: number
}

/** Bins of the histogram. */
const BINS = 100

/**
 * Efficient MPRT: how much more complex the map becomes when all weights are randomised, by the entropy of the
 * histogram of its relevance (100 bins of equal width from its least to its greatest number). Maps that follow what a
 * network has learnt become more complex where nothing is learnt.
 *
 * Hedström, Weber, Lapuschkin and Höhne 2024, *A Fresh Look at Sanity Checks for Saliency Maps*, section “Efficient MPRT”. Weights
 * as in `randomised`.
 *
 * @param input of the network's input's shape, for one picture
 * @throws UserError where the network lacks layers with weights, or its map is uniform; the signal's reason, when that
 *   stops it
 */
export async function efficientParameterRandomisation(
  explained: Explained,
  input: TensorOf<'float32'>,
  target: Target,
  { signal, progress, ...given }: Partial<EfficientParameterRandomisationOptions> & Watch = {},
): Promise<EfficientParameterRandomisation> {
  const { seed } = completeOptions<EfficientParameterRandomisationOptions>(
    MEASURES['efficient-parameter-randomisation'].options,
    given,
  )
  const { maps } = await randomisedMaps(explained, input, target, [input], (all) => [all], seed, {
    signal,
    progress,
  })
  const [trained, randomised] = maps.map(histogramEntropy) as [number, number]
  if (trained === 0)
    throw new UserError(
      'is the same everywhere, so there is no complexity to compare with',
      'map',
      'Explain another class',
    )
  return { value: (randomised - trained) / trained, trained, randomised }
}

/**
 * The entropy of the histogram of a map's relevance, in nats.
 *
 * @returns 0, for a uniform map, to ln 100
 */
export function histogramEntropy({ data }: PixelRelevance): number {
  const low = data.reduce((least, value) => Math.min(least, value))
  const high = data.reduce((greatest, value) => Math.max(greatest, value))
  const counts = new Uint32Array(BINS)
  // The greatest number belongs to the last bin.
  for (const value of data)
    counts[Math.min(BINS - 1, Math.floor((BINS * (value - low)) / (high - low || 1)))]!++
  return counts.reduce((entropy, count) => {
    const share = count / data.length
    return count > 0 ? entropy - share * Math.log(share) : entropy
  }, 0)
}
