import { UserError } from '../../base/errors.ts'
import type { Watch } from '../../base/watch.ts'
import type { TensorOf } from '../../graph/types.ts'
import type { PixelRelevance } from '../heatMap.ts'
import { MEASURES } from '../measures.ts'
import { completeOptions } from '../options.ts'
import type { Target } from '../target.ts'
import { copiesOf, type Explained, meanMap, type Sampling } from './explained.ts'
import type { Finding } from './finding.ts'
import { randomisable, randomised, type WeightedLayer } from './randomised.ts'
import { SIMILARITIES, type Similarity } from './similarity.ts'

/** Which weights are randomised, and how maps are compared. */
export interface ParameterRandomisationOptions {
  /** `cascade`: starting from the output, one more layer each time; `independent`: a single layer each time. */
  readonly order: 'cascade' | 'independent'
  readonly similarity: Similarity
  /** The same seed gives the same weights. */
  readonly seed: string | number
}

/** The same, for maps that are means over noisy copies of the input. */
export interface SmoothParameterRandomisationOptions extends ParameterRandomisationOptions, Sampling {}

/** How similar the other maps are to that of the trained network. */
export interface ParameterRandomisation extends Finding {
  /** The mean similarity over the layers, −1 to 1. */
  readonly value: number
  /** From the output to the input: the layer that was randomised last, and the similarity then. */
  readonly layers: readonly { readonly layer: string; readonly similarity: number }[]
}

/**
 * Model-parameter randomisation test (MPRT): how similar to the trained network's map are the maps of networks with
 * random weights? A map that stays similar does not depend on what the network has learnt.
 *
 * Adebayo, Gilmer, Muelly, Goodfellow, Hardt and Kim 2018, *Sanity Checks for Saliency Maps*, sections 4.1 (cascading) and 4.2
 * (independent). Weights as in `randomised`; maps with their sign. The answer that is explained is the trained network's.
 *
 * @param input of the network's input's shape, for one picture
 * @returns similarities of −1 to 1
 * @throws UserError where the network lacks layers with weights; the signal's reason, when that stops it
 */
export async function parameterRandomisation(
  explained: Explained,
  input: TensorOf<'float32'>,
  target: Target,
  { signal, progress, ...given }: Partial<ParameterRandomisationOptions> & Watch = {},
): Promise<ParameterRandomisation> {
  const options = completeOptions<ParameterRandomisationOptions>(
    MEASURES['parameter-randomisation'].options,
    given,
  )
  return compared(explained, input, target, [input], options, { signal, progress })
}

/**
 * Smooth MPRT: the same test with each map the mean over noisy copies of the input, the same copies for all networks,
 * so that the noise of a single map matters less.
 *
 * Hedström, Weber, Lapuschkin and Höhne 2024, *A Fresh Look at Sanity Checks for Saliency Maps*, section “Smooth MPRT”.
 *
 * @param input of the network's input's shape, for one picture
 * @returns similarities of −1 to 1
 * @throws UserError where the network lacks layers with weights; the signal's reason, when that stops it
 */
export async function smoothParameterRandomisation(
  explained: Explained,
  input: TensorOf<'float32'>,
  target: Target,
  { signal, progress, ...given }: Partial<SmoothParameterRandomisationOptions> & Watch = {},
): Promise<ParameterRandomisation> {
  const { samples, noise, ...options } = completeOptions<SmoothParameterRandomisationOptions>(
    MEASURES['smooth-parameter-randomisation'].options,
    given,
  )
  const copies = copiesOf(input, { samples, noise, seed: options.seed })
  return compared(explained, input, target, copies, options, { signal, progress })
}

async function compared(
  explained: Explained,
  input: TensorOf<'float32'>,
  target: Target,
  inputs: readonly TensorOf<'float32'>[],
  { order, similarity, seed }: ParameterRandomisationOptions,
  { signal, progress }: Watch,
): Promise<ParameterRandomisation> {
  const { maps, layers } = await randomisedMaps(
    explained,
    input,
    target,
    inputs,
    (all) => all.map((_, k) => (order === 'cascade' ? all.slice(0, k + 1) : [all[k]!])),
    seed,
    { signal, progress },
  )
  const [own, ...others] = maps
  const similarities = layers.map(({ name }, k) => ({
    layer: name,
    similarity: SIMILARITIES[similarity](own!, others[k]!),
  }))
  const value = similarities.reduce((sum, each) => sum + each.similarity / similarities.length, 0)
  return { value, layers: similarities }
}

/**
 * The map of a network, then those of the network with some of its layers randomised.
 *
 * @param input the one whose answer is explained, where the network's own answer is asked for
 * @param inputs the inputs whose maps are averaged
 * @param choose picks the layers to randomise, network by network, from all layers, listed from the output to the input
 */
export async function randomisedMaps(
  explained: Explained,
  input: TensorOf<'float32'>,
  target: Target,
  inputs: readonly TensorOf<'float32'>[],
  choose: (all: readonly WeightedLayer[]) => readonly (readonly WeightedLayer[])[],
  seed: string | number,
  { signal, progress }: Watch,
): Promise<{ readonly maps: readonly PixelRelevance[]; readonly layers: readonly WeightedLayer[] }> {
  signal?.throwIfAborted()
  const { network, output = network.outputs[0]!.name } = explained
  const known = randomisable(network, output)
  if (known.layers.length === 0)
    throw new UserError(
      'no convolution or inner product has weights to randomise',
      `network ${network.name}`,
      'Give one whose weights are constants',
    )
  const choices = [[], ...choose(known.layers)]
  const maps: PixelRelevance[] = []
  let fixed = target
  for (const [k, layers] of choices.entries()) {
    const other = k === 0 ? network : randomised(known, layers, seed)
    const watch: Watch = {
      signal,
      progress: (done) => progress?.(k * inputs.length + done, choices.length * inputs.length),
    }
    const found = await meanMap(explained, other, input, inputs, fixed, watch)
    maps.push(found.map)
    fixed = found.target
  }
  return { maps, layers: known.layers }
}
