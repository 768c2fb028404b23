/**
 * The paper's four networks on the GPU, by WebGPU, beside the CPU: how far apart their numbers are, then maps, ten-crop
 * scores and training steps a second, as a table in Markdown. On an idle machine it takes at most eight minutes:
 *
 *   npm ci && npm run build && node bench/device.js
 *   node bench/device.js NETWORK…      some of them: adiencenet, caffenet, googlenet, vgg16
 *   node bench/device.js --small       least sizes, a sixteenth of the channels: to see whether it runs
 *
 * Where there is no GPU it says so, and measures the CPU alone.
 */

import { availableParallelism, cpus } from 'node:os'
import { Random } from '../dist/base/random.js'
import { nodeEngine } from '../dist/engine/node.js'
import { scorePictures, tenCropGraph } from '../dist/evaluation/tenCrop.js'
import { loadExplainer } from '../dist/explanation/explain.js'
import { float32, int64, sizeOf } from '../dist/graph/types.js'
import { networks } from '../dist/networks/index.js'
import { composites } from '../dist/rules/composites/presets.js'
import { stepperFor } from '../dist/training/stepper.js'
import { trainableWeights } from '../dist/training/trainableWeights.js'

/** The paper's batches. */
const BATCHES = { adiencenet: 50, caffenet: 50, googlenet: 32, vgg16: 10 }
const CLASSES = 8
/** Seconds to repeat each measurement, and seconds after which no new one begins. */
const [EACH, ALL] = [4, 400]
const SCHEDULE = { momentum: 0.9, decay: 0.0005 }

const words = process.argv.slice(2)
const small = words.includes('--small')
const wanted = words.filter((word) => word !== '--small')
const begun = performance.now()

const cpu = await nodeEngine()
const gpu = await nodeEngine({ device: 'webgpu' }).catch((error) => {
  console.log(`There is no GPU here, and nothing of one is measured (${error.message}).\n`)
})
console.log(`CPU: ${cpus()[0]?.model.trim() ?? 'unknown'}, ${availableParallelism()} threads.`)
if (gpu) console.log(`\`--device auto\` takes the ${(await nodeEngine({ device: 'auto' })).device}.`)

const rows = []
for (const name of wanted.length > 0 ? wanted : Object.keys(networks)) {
  for (const [what, prepare] of Object.entries({ maps, scores, steps }))
    rows.push(await compared(name, what, prepare))
}
console.log('\n| network | a second | CPU | GPU | ratio | largest difference |')
console.log('|---|---|---:|---:|---:|---:|')
for (const row of rows) console.log(`| ${row.join(' | ')} |`)

/** A row: the same on both devices. The numbers of the first run are compared. */
async function compared(name, what, prepare) {
  const title = networks[name].title
  if ((performance.now() - begun) / 1000 > ALL) return [title, what, 'no time left', '', '', '']
  const mine = await measured(cpu, name, prepare)
  if (!gpu) return [title, what, rate(mine), 'no GPU', '', '']
  try {
    const theirs = await measured(gpu, name, prepare)
    const difference = differenceOf(theirs.numbers, mine.numbers).toExponential(1)
    return [title, what, rate(mine), rate(theirs), (theirs.rate / mine.rate).toFixed(1), difference]
  } catch (error) {
    return [title, what, rate(mine), `failed: ${error.message.split('\n')[0]}`, '', '']
  }
}

function rate({ rate }) {
  return rate.toPrecision(3)
}

/** Runs a second, after a first one that warms up and gives the numbers to compare. */
async function measured(engine, name, prepare) {
  const { once, count, release } = await prepare(engine, name)
  const numbers = await once()
  const started = performance.now()
  let [times, seconds] = [0, 0]
  do {
    await once()
    times++
    seconds = (performance.now() - started) / 1000
  } while (seconds < EACH)
  await release()
  return { rate: (times * count) / seconds, numbers }
}

/** The largest difference, as a fraction of the largest number. */
function differenceOf(actual, expected) {
  let [difference, largest] = [0, 0]
  for (let k = 0; k < expected.length; k++) {
    difference = Math.max(difference, Math.abs(actual[k] - expected[k]))
    largest = Math.max(largest, Math.abs(expected[k]))
  }
  return difference / largest
}

/** Maps by the paper's composite, one picture a run. */
async function maps(engine, name) {
  const { graph, input, random } = networkOf(name, 1)
  const explainer = await loadExplainer(engine, graph, composites.paper)
  const picture = uniform([1, 3, input, input], random)
  return {
    once: async () => (await explainer.explain(picture, ['top']))[0].relevance.data,
    count: 1,
    release: () => explainer.release(),
  }
}

/** Ten-crop scores of pictures, as many as regard scores at a time. */
async function scores(engine, name) {
  const { graph, input, random } = networkOf(name, 'batch')
  const size = small ? input + 9 : 256
  const preprocessing = {
    size: { width: input, height: input },
    picture: { width: size, height: size },
    layout: 'NCHW',
    channels: 'BGR',
    scale: [1 / 64, 1 / 64, 1 / 64],
    mean: [104, 117, 123],
  }
  const scored = tenCropGraph(graph, preprocessing)
  const count = 4
  const pictures = Array.from({ length: count }, () =>
    Uint8Array.from({ length: 3 * size * size }, () => random.integer(256)),
  )
  return {
    once: async () => (await scorePictures(engine, scored, pictures)).flatMap((each) => [...each]),
    count,
    release: async () => {},
  }
}

/** Training steps with the paper's batch. The losses are compared. */
async function steps(engine, name) {
  const batch = small ? 2 : BATCHES[name]
  const { graph, input, random } = networkOf(name, batch)
  const stepper = await stepperFor(engine, graph, { ...SCHEDULE, losses: networks[name].losses })
  const count = stepper.atOnce
  const labels = Array.from({ length: count * batch }, (_, k) => (k * 5) % CLASSES)
  const one = uniform([1, batch, 3, input, input], random).data
  const images = float32([count, batch, 3, input, input])
  for (let k = 0; k < count; k++) images.data.set(one, k * one.length)
  const feeds = {
    images,
    labels: int64([count, batch], labels),
    rate: float32([count], new Array(count).fill(1e-6)),
  }
  for (const { name: mask, shape } of stepper.masks) {
    feeds[mask] = float32([count, ...shape], new Float32Array(count * sizeOf(shape)).fill(1))
  }
  const weights = trainableWeights(graph)
  let state = {
    weights,
    velocities: new Map([...weights].map(([weight, { shape }]) => [weight, float32(shape)])),
  }
  const once = async () => {
    const result = await stepper.run(state, feeds)
    state = result.state
    // Only the first step: the two engines take different numbers of steps in a run.
    return [result.measured.losses[0], result.measured.norms[0]]
  }
  return { once, count, release: () => stepper.release() }
}

/** A network with weights that keep activations at the size of the picture */
function networkOf(name, batch) {
  const { build, input: published, leastInput } = networks[name]
  const input = small ? leastInput : published
  const random = new Random(name)
  const graph = build({ input, classes: CLASSES, batch, width: small ? 1 / 16 : 1, random })
  for (const [weight, { shape, data }] of graph.initializers) {
    if (!weight.endsWith('.weight')) continue
    const deviation = Math.sqrt(2 / sizeOf(shape.slice(1)))
    for (let k = 0; k < data.length; k++) data[k] = random.normal(0, deviation)
  }
  return { graph, input, random }
}

function uniform(shape, random) {
  return float32(
    shape,
    Float32Array.from({ length: sizeOf(shape) }, () => random.uniform(-2, 2)),
  )
}
