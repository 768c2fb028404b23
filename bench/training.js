/**
 * Training the paper's four networks at their published sizes and batches, beside PyTorch.
 *
 *   npm run bench -- training
 *   node bench/training.js NETWORK…      some of them: adiencenet, caffenet, googlenet, vgg16
 *
 * Images a second, medians over rounds in which the two take turns, and the largest memory of each one's process.
 */

import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { Random } from '../dist/base/random.js'
import { nodeEngine } from '../dist/engine/node.js'
import { float32, int64 } from '../dist/graph/types.js'
import { networks } from '../dist/networks/index.js'
import { stepperFor } from '../dist/training/stepper.js'
import { trainableWeights } from '../dist/training/trainableWeights.js'
import { median, python, runPython } from './peer.js'

const ROUNDS = 3
/** The paper's batches. */
const BATCHES = { adiencenet: 50, caffenet: 50, googlenet: 32, vgg16: 10 }

const OWN = '--own'
const [first, ...rest] = process.argv.slice(2).filter((word) => word !== 'training')
if (first === OWN) await measure(rest[0])
else for (const name of first ? [first, ...rest] : Object.keys(BATCHES)) compare(name)

/** Both programs in turn, each in a process of its own. */
function compare(name) {
  const { title, input, losses } = networks[name]
  const network = networkOf(name)
  const plan = {
    network: name,
    input,
    batch: BATCHES[name],
    losses: network.outputs.map(({ name: output }) => losses[output]),
    weights: [...trainableWeights(network)].map(([weight, { shape }]) => [weight, shape]),
    steps: 4,
  }
  const [mine, theirs] = [[], []]
  for (let round = 0; round < ROUNDS; round++) {
    mine.push(...runOwn(name))
    if (python) theirs.push(...runPython('training.py', JSON.stringify(plan)))
  }
  const seconds = (numbers) => median(numbers.filter((number) => number > 0))
  const memory = (numbers) => `${Math.max(...numbers.map((number) => -number)).toFixed(1)} GB`
  const rate = (numbers) => `${(BATCHES[name] / seconds(numbers)).toFixed(1)} images/s in ${memory(numbers)}`
  const compared = python
    ? `, PyTorch ${rate(theirs)}, ratio ${(seconds(theirs) / seconds(mine)).toFixed(2)}`
    : ''
  console.log(`training ${title}, ${input} pixels, batch ${BATCHES[name]}: ${rate(mine)}${compared}`)
}

function networkOf(name) {
  const { build, input } = networks[name]
  return build({ input, classes: 8, batch: BATCHES[name], width: 1, random: new Random('bench') })
}

function runOwn(name) {
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    [fileURLToPath(import.meta.url), OWN, name],
    { encoding: 'utf8' },
  )
  if (status !== 0) throw new Error(stderr)
  return stdout.trim().split('\n').map(Number)
}

/** Prints seconds of a step in each run of the engine, and the memory, negative. */
async function measure(name) {
  const { stepper, feeds, ...begun } = await prepared(name)
  let { state } = begun
  for (let run = 0; run < 3; run++) {
    const started = performance.now()
    ;({ state } = await stepper.run(state, feeds))
    if (run > 0) console.log((performance.now() - started) / 1000 / stepper.atOnce)
  }
  console.log((-process.resourceUsage().maxRSS * 1024) / 1e9)
  await stepper.release()
}

/** What takes the steps, from what, and what it is fed. As in training, the network itself is let go. */
async function prepared(name) {
  const { input, losses } = networks[name]
  const batch = BATCHES[name]
  const network = networkOf(name)
  const stepper = await stepperFor(await nodeEngine(), network, { momentum: 0.9, decay: 0.0005, losses })
  const steps = stepper.atOnce
  const random = new Random('images')
  const feeds = {
    images: float32([steps, batch, 3, input, input]),
    labels: int64(
      [steps, batch],
      Array.from({ length: steps * batch }, () => random.integer(8)),
    ),
    rate: float32([steps], new Array(steps).fill(1e-6)),
  }
  for (let k = 0; k < feeds.images.data.length; k++) feeds.images.data[k] = random.uniform(-128, 127)
  for (const { name: mask, shape, ratio } of stepper.masks) {
    feeds[mask] = float32([steps, ...shape])
    const { data } = feeds[mask]
    for (let k = 0; k < data.length; k++) data[k] = random.chance(ratio) ? 0 : 1 / (1 - ratio)
  }
  const weights = trainableWeights(network)
  const velocities = new Map([...weights].map(([weight, { shape }]) => [weight, float32(shape)]))
  return { stepper, feeds, state: { weights, velocities } }
}
