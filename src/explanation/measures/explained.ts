/** What the measures of an explainer share: maps of one input by several variants of a network. */

import { Random } from '../../base/random.ts'
import type { Watch } from '../../base/watch.ts'
import type { Engine } from '../../engine/engine.ts'
import type { Graph, TensorOf } from '../../graph/types.ts'
import { type ExplainerOptions, loadExplainer } from '../explain.ts'
import { type PixelRelevance, pixelRelevance } from '../heatMap.ts'
import type { Method } from '../methods.ts'
import type { Target } from '../target.ts'

/** A network and how it is explained. */
export interface Explained extends Omit<ExplainerOptions, 'layers' | 'conservation'> {
  readonly engine: Engine
  readonly network: Graph
  readonly method: Method
}

/** How many noisy copies of an input are averaged over. */
export interface Sampling {
  readonly samples: number
  /** Standard deviation of the noise, as a share of the input's range. */
  readonly noise: number
  readonly seed: string | number
}

/** Noisy copies of an input; without `sampling`, the input alone. */
export function copiesOf(input: TensorOf<'float32'>, sampling?: Sampling): TensorOf<'float32'>[] {
  if (!sampling) return [input]
  const random = new Random(`${sampling.seed} noise`)
  const deviation = sampling.noise * rangeOf(input)
  return Array.from({ length: sampling.samples }, () => ({
    ...input,
    data: input.data.map((value) => value + random.normal(0, deviation)),
  }))
}

/** The largest number of an input minus the smallest. */
export function rangeOf({ data }: TensorOf<'float32'>): number {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const value of data) {
    low = Math.min(low, value)
    high = Math.max(high, value)
  }
  return high - low
}

/**
 * A network's map: the mean over some inputs. The network is loaded for it, and then released.
 *
 * @param input the one whose answer is explained for all of them, where the network's own answer is asked for
 * @returns the map, and its target as weights of the logits, so that other networks, which may answer differently, can
 *   be asked the same
 */
export async function meanMap(
  { engine, method, ...options }: Explained,
  network: Graph,
  input: TensorOf<'float32'>,
  inputs: readonly TensorOf<'float32'>[],
  target: Target,
  { signal, progress }: Watch,
): Promise<{ readonly map: PixelRelevance; readonly target: Target }> {
  signal?.throwIfAborted()
  const explainer = await loadExplainer(engine, network, method, options)
  try {
    let fixed = target
    if (target === 'top') {
      const [explanation] = await explainer.explain(input, [target], { signal })
      fixed = { weights: [...explanation!.target] }
    }
    let mean: PixelRelevance | undefined
    for (const [k, each] of inputs.entries()) {
      const [explanation] = await explainer.explain(each, [fixed], { signal })
      const map = pixelRelevance(explanation!.relevance, options.layout)
      mean ??= { ...map, data: new Float32Array(map.data.length) }
      for (const [pixel, value] of map.data.entries()) mean.data[pixel]! += value / inputs.length
      progress?.(k + 1, inputs.length)
    }
    return { map: mean!, target: fixed }
  } finally {
    await explainer.release()
  }
}
