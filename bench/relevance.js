/** Seconds of a relevance map with the composite `paper`, as a multiple of the network's own forward pass. */

import { Random } from '../dist/base/random.js'
import { nodeEngine } from '../dist/engine/node.js'
import { float32 } from '../dist/graph/types.js'
import { adienceNet } from '../dist/networks/adiencenet.js'
import { composites } from '../dist/rules/composites/presets.js'
import { relevance } from '../dist/rules/relevance/relevance.js'
import { median } from './peer.js'

const engine = nodeEngine()
const random = new Random('bench')

for (const batch of [1, 16]) {
  const network = adienceNet({ input: 227, classes: 8, batch, width: 1, random })
  const images = float32(
    [batch, 3, 227, 227],
    Float32Array.from({ length: batch * 3 * 227 * 227 }, () => random.uniform(-128, 127)),
  )
  const forward = await engine.load(network)
  const explained = await engine.load(relevance(network, composites.paper).graph)
  const target = float32([batch, 8])
  const seconds = { forward: [], explained: [] }
  for (let round = 0; round < 12; round++) {
    let started = performance.now()
    await forward.run({ images })
    if (round > 1) seconds.forward.push(performance.now() - started)
    started = performance.now()
    await explained.run({ images, target })
    if (round > 1) seconds.explained.push(performance.now() - started)
  }
  const [f, e] = [median(seconds.forward), median(seconds.explained)]
  console.log(
    `relevance AdienceNet, 227 pixels, batch ${batch}: forward ${f.toFixed(1)} ms, with map ${e.toFixed(1)} ms, ${(e / f).toFixed(2)} ×`,
  )
}
