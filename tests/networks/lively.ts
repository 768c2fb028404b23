import { Random } from '../../src/base/random.ts'
import type { Graph } from '../../src/graph/types.ts'
import { adienceNet } from '../../src/networks/adiencenet.ts'

/**
 * A small AdienceNet with random weights, those of its inner products large enough that its answers differ from
 * picture to picture, as a trained network's do.
 */
export function livelyNetwork(input: number, classes: number, seed = 'lively'): Graph {
  const network = adienceNet({ input, classes, batch: 'batch', width: 0.1, random: new Random(seed) })
  for (const [name, { data }] of network.initializers) {
    const strength = { 'fc6.weight': 1, 'fc7.weight': 3, 'fc8.weight': 3, 'fc6.bias': 0, 'fc7.bias': 0 }[name]
    if (strength === undefined) continue
    for (let k = 0; k < data.length; k++) (data as Float32Array)[k]! *= strength
  }
  return network
}
