/** Images a second of AdienceNet training, beside PyTorch. */

import { Random } from '../dist/base/random.js'
import { nodeEngine } from '../dist/engine/node.js'
import { float32, int64 } from '../dist/graph/types.js'
import { adienceNet } from '../dist/networks/adiencenet.js'
import { trainingSteps } from '../dist/training/step.js'
import { weightsOf } from '../dist/training/weights.js'
import { median, python, runPython } from './peer.js'

const ROUNDS = 3
const STEPS = 4

/** Seconds of each step, over a few runs of STEPS steps. */
async function ours(input, batch) {
  const network = adienceNet({ input, classes: 8, batch, width: 1, random: new Random('bench') })
  const { graph, masks } = trainingSteps(network, { momentum: 0.9, decay: 0.0005 })
  const random = new Random('images')
  const size = STEPS * batch * 3 * input * input
  const feeds = {
    images: float32(
      [STEPS, batch, 3, input, input],
      Float32Array.from({ length: size }, () => random.uniform(-128, 127)),
    ),
    labels: int64(
      [STEPS, batch],
      Array.from({ length: STEPS * batch }, () => random.integer(8)),
    ),
    rate: float32([STEPS], new Array(STEPS).fill(1e-6)),
  }
  for (const { name, shape } of masks) feeds[name] = float32([STEPS, ...shape])
  for (const [name, tensor] of weightsOf(network)) {
    feeds[name] = tensor
    feeds[`${name}.velocity`] = float32(tensor.shape)
  }
  const program = await nodeEngine().load(graph)
  const seconds = []
  for (let run = 0; run < 4; run++) {
    const started = performance.now()
    const results = await program.run(feeds)
    if (run > 0) seconds.push((performance.now() - started) / 1000 / STEPS)
    for (const name of Object.keys(results))
      if (name.endsWith('.next')) feeds[name.slice(0, -5)] = results[name]
  }
  await program.release()
  return seconds
}

for (const [input, batch] of [
  [112, 50],
  [227, 50],
]) {
  const [mine, theirs] = [[], []]
  for (let round = 0; round < ROUNDS; round++) {
    mine.push(...(await ours(input, batch)))
    if (python) theirs.push(...runPython('training.py', input, batch, 6))
  }
  const rate = batch / median(mine)
  const compared = python
    ? `, PyTorch ${(batch / median(theirs)).toFixed(0)}, ratio ${(median(theirs) / median(mine)).toFixed(2)}`
    : ''
  console.log(`training AdienceNet, ${input} pixels, batch ${batch}: ${rate.toFixed(0)} images/s${compared}`)
}
