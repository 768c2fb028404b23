/**
 * Training the paper's four networks at their published sizes and batches, beside PyTorch.
 *
 *   npm run bench -- training [NETWORK…]      adiencenet, caffenet, googlenet, vgg16; all where none is given
 *
 * Images a second and what that makes in GFLOPS, medians over rounds in which the two take turns, and the largest memory of each one's process. That
 * both take the same steps is what \`step.js\` shows.
 */

import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { Random } from '../dist/base/random.js'
import { nodeEngine } from '../dist/engine/node.js'
import { float32, int64 } from '../dist/graph/types.js'
import { networks } from '../dist/networks/index.js'
import { stepperFor } from '../dist/training/stepper.js'
import { trainableWeights } from '../dist/training/trainableWeights.js'
import { head, median, peakMemory, row } from './measure.js'
import { operations } from './network.js'
import { introduce, python, runPython } from './peer.js'

const ROUNDS = 3
/** The paper's batches. */
const BATCHES = { adiencenet: 50, caffenet: 50, googlenet: 32, vgg16: 10 }

const OWN = '--own'
const [first, ...rest] = process.argv.slice(2)
if (first === OWN) await measure(rest[0])
else {
  await introduce()
  head('network', 'batch', 'GFLOP an image', 'regard', 'PyTorch', 'ratio')
  for (const name of first ? [first, ...rest] : Object.keys(BATCHES)) compare(name)
}

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
    mine.push(runOwn(name))
    if (python) theirs.push(runPython('training.py', JSON.stringify(plan)))
  }
  const secondsOf = (runs) => median(runs.flatMap(({ seconds }) => seconds))
  const { step } = operations(name)
  const rate = (runs) => {
    const images = BATCHES[name] / secondsOf(runs)
    const peak = Math.max(...runs.map((run) => run.peak))
    return `${images.toFixed(2)} images/s (${(step * images).toFixed(0)} GFLOPS), ${peak.toFixed(1)} GB`
  }
  const compared = python ? [rate(theirs), (secondsOf(theirs) / secondsOf(mine)).toFixed(2)] : ['–', '–']
  row(title, BATCHES[name], step.toFixed(2), rate(mine), ...compared)
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
  return JSON.parse(stdout)
}

/** Prints, as JSON, the seconds of a step in each run of the engine, and the peak memory in GB. */
async function measure(name) {
  const { stepper, feeds, drawMasks, ...begun } = await prepared(name)
  let { state } = begun
  const seconds = []
  for (let run = 0; run < 3; run++) {
    const started = performance.now()
    // PyTorch draws its own within a step.
    drawMasks()
    ;({ state } = await stepper.run(state, feeds))
    seconds.push((performance.now() - started) / 1000 / stepper.atOnce)
  }
  // The first run warms up.
  console.log(JSON.stringify({ seconds: seconds.slice(1), peak: peakMemory() }))
  await stepper.release()
}

/** The stepper, its state and its feeds. As in training, the network itself is released. */
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
  for (const { name: mask, shape } of stepper.masks) feeds[mask] = float32([steps, ...shape])
  const drawMasks = () => {
    for (const { name: mask, ratio } of stepper.masks) {
      const { data } = feeds[mask]
      for (let k = 0; k < data.length; k++) data[k] = random.chance(ratio) ? 0 : 1 / (1 - ratio)
    }
  }
  const weights = trainableWeights(network)
  const velocities = new Map([...weights].map(([weight, { shape }]) => [weight, float32(shape)]))
  return { stepper, feeds, drawMasks, state: { weights, velocities } }
}
