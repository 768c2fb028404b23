/** Lays neighbours out in a plane, with umap-js: McInnes, Healy and Melville, *UMAP*, 2018. */

import { UMAP } from 'umap-js'
import { Random } from '../base/random.ts'
import type { Watch } from '../base/watch.ts'
import type { Neighbours } from '../statistics/neighbours.ts'

interface PlaneMapOptions extends Watch {
  readonly seed: string | number
}

/** A place in the plane. Only nearness means something: neither the axes nor the size of gaps do. */
export type Place = readonly [x: number, y: number]

/** With some thousand things, this many epochs take less than a second. */
const TOGETHER = 10

/** Lay things out so that neighbours stay near each other. The same seed gives the same bits. */
export async function planeMap(
  { count, indices, distances }: Neighbours,
  { seed, signal, progress }: PlaneMapOptions,
): Promise<Place[]> {
  const things = indices.length / count
  const random = new Random(seed)
  const umap = new UMAP({ nNeighbors: count + 1, random: () => random.uniform() })
  // umap-js counts each thing as its own first neighbour.
  const own = (values: Int32Array | Float64Array, k: number) => values.subarray(k * count, (k + 1) * count)
  umap.setPrecomputedKNN(
    Array.from({ length: things }, (_, k) => [k, ...own(indices, k)]),
    Array.from({ length: things }, (_, k) => [0, ...own(distances, k)]),
  )
  // It then only needs the number of things, not the things themselves.
  const epochs = umap.initializeFit(Array.from({ length: things }, () => []))
  for (let epoch = 1; epoch <= epochs; epoch++) {
    umap.step()
    if (epoch % TOGETHER !== 0 && epoch < epochs) continue
    // A signal can arrive only while nothing runs.
    await new Promise((resolve) => setTimeout(resolve))
    signal?.throwIfAborted()
    progress?.(epoch, epochs)
  }
  return umap.getEmbedding().map(([x, y]) => [x!, y!])
}
