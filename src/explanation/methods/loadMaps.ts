/**
 * What methods that make one map at a time, of a picture and a target, share: the explained answer, the order of the
 * axes, and progress.
 */

import type { Watch } from '../../base/watch.ts'
import type { Program } from '../../engine/engine.ts'
import type { Graph, TensorOf } from '../../graph/types.ts'
import { composites } from '../../rules/composites/presets.ts'
import type { Explainer } from '../explain.ts'
import type { Subject } from '../methods.ts'
import { channelsFirst, channelsLast, networkChannelsFirst } from './channelsFirst.ts'
import { load as loadComposite } from './composite.ts'

/** Makes the map of one picture: [1, channels, height, width] from [1, channels, height, width]. */
interface MapProgram {
  /** What runs the network; undefined where the method does not run it. */
  readonly program?: Program
  /** Reports its progress in variations of the picture, equally many for every target. */
  map(picture: TensorOf<'float32'>, target: Float32Array, watch: Watch): Promise<TensorOf<'float32'>>
}

/** Variations of a picture that run together. */
const BATCH = 8

/**
 * An explainer that makes one map after another.
 *
 * @param load loads what makes a map by a network that takes [batch, channels, height, width]; `batch` is how many
 *   pictures it can take at once
 */
export async function loadMaps(
  subject: Subject,
  load: (network: Graph, output: string, batch: number) => Promise<MapProgram>,
): Promise<Explainer> {
  const { network, output = network.outputs[0]!.name, layout = 'NCHW' } = subject
  const turned = layout === 'NCHW' ? network : networkChannelsFirst(network)
  // A network for a single picture gets one at a time.
  const batch = typeof network.inputs[0]!.shape[0] === 'string' ? BATCH : 1
  const { program, map } = await load(turned, output, batch)
  // The answer, and the weights of the logits in each target, are those of a plain explanation.
  const plain = await loadComposite(subject, composites.gradient)
  return {
    ...plain,
    async explain(input, targets, { signal, progress } = {}) {
      const explanations = await plain.explain(input, targets, { signal })
      const picture = layout === 'NCHW' ? input : channelsFirst(input)
      const maps: TensorOf<'float32'>[] = []
      for (const [k, { target }] of explanations.entries()) {
        signal?.throwIfAborted()
        const own: Watch = {
          signal,
          progress: (done, total) => progress?.(k * total + done, explanations.length * total),
        }
        maps.push(await map(picture, target, own))
      }
      return explanations.map((explanation, k) => ({
        ...explanation,
        relevance: layout === 'NCHW' ? maps[k]! : channelsLast(maps[k]!),
      }))
    },
    async release() {
      await plain.release()
      await program?.release()
    },
  }
}

/** A map of places as one with a single channel: [1, 1, height, width] from [1, height, width]. */
export function ofPlaces(map: TensorOf<'float32'>): TensorOf<'float32'> {
  return { ...map, shape: [1, ...map.shape] }
}
