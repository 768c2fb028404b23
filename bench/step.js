/**
 * Whether optimisation steps equal PyTorch's: same weights, batch and update (Caffe's), dropout off.
 *
 *   node bench/step.js            all networks
 *   node bench/step.js vgg16      some
 *
 * A difference is the largest in any tensor of what two steps subtract from the weights, relative to the largest number
 * of that tensor. Two programs in single precision add in different orders; where two numbers of a pooling's window, or
 * a ReLU's input and zero, are closer than that, they decide differently, and a gradient takes another way. The steps of
 * both are then right and still differ, far more than by rounding. So every batch must meet two conditions, and exit
 * code 1 says that one of them fails:
 *
 * 1. PyTorch's step in double precision, with the decisions of ours, differs by 1e-3 at most.
 * 2. Each of these decisions that double precision does not confirm is a tie within single precision's rounding: what
 *    was taken is smaller than what should have been taken by a millionth of the layer's largest number at most.
 *
 * The output also has the differences of the steps in which each side decides by itself: ours and PyTorch's in single
 * precision, and for comparison PyTorch's own two precisions.
 */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Random } from '../dist/base/random.js'
import { nodeEngine } from '../dist/engine/node.js'
import { float32, int64, sizeOf } from '../dist/graph/types.js'
import { networks } from '../dist/networks/index.js'
import { trainingSteps } from '../dist/training/step.js'
import { withDecisions } from './decisions.js'
import { lively } from './network.js'
import { difference, introduce, python, runPython, writeNumbers } from './peer.js'

const BATCH = 2
const DRAWS = 5
const SCHEDULE = { momentum: 0.9, decay: 0.0005 }
// So low that the second step starts from almost the same weights, and tests the momentum.
const RATE = 1e-8
const STEPS = 2
const MOST = 1e-3
// Sixteen times half a unit in the last place of the largest number.
const TIE = 1e-6

/** Our steps: for each its loss, then every velocity in the order of the weights; and their decisions. */
function ours(network, losses) {
  const { graph: silent, masks } = trainingSteps(network, { ...SCHEDULE, losses })
  const { graph, decisionsOf } = withDecisions(silent)
  const program = nodeEngine().then((engine) => engine.load(graph))
  return async (weights, images, labels) => {
    const feeds = {
      images: { ...images, shape: [1, ...images.shape] },
      labels: int64([1, labels.length], labels),
      rate: float32([1], [RATE]),
    }
    for (const { name, shape } of masks) {
      feeds[name] = float32([1, ...shape], new Float32Array(sizeOf(shape)).fill(1))
    }
    for (const [name, tensor] of weights) {
      feeds[name] = tensor
      feeds[`${name}.velocity`] = float32(tensor.shape)
    }
    const numbers = []
    const decisions = []
    for (let k = 0; k < STEPS; k++) {
      const results = await (await program).run(feeds)
      for (const name of Object.keys(results)) {
        if (name.endsWith('.next')) feeds[name.slice(0, -'.next'.length)] = results[name]
      }
      const velocities = [...weights.keys()].map((name) => results[`${name}.velocity.next`].data)
      numbers.push(results.losses.data, ...velocities)
      decisions.push(decisionsOf(results))
    }
    return { numbers, decisions }
  }
}

/** PyTorch's results for the same steps, in the same order, and its verdict on the decisions. */
function theirs(folder, lengths, precision, decisions) {
  const said = runPython('step.py', folder, precision, decisions)
  const file = readFileSync(join(folder, 'torch.bin'))
  const all = new Float32Array(file.buffer, file.byteOffset, file.length / 4)
  let place = 0
  const numbers = lengths.map((length) => {
    place += length
    return all.subarray(place - length, place)
  })
  return { numbers, ...said }
}

/** The largest difference over all tensors, and the index of that tensor. */
function largest(mine, theirs) {
  const differences = mine.map((tensor, k) => difference(tensor, theirs[k]))
  const apart = Math.max(...differences)
  return { apart, at: differences.indexOf(apart) }
}

async function compare(name, { build, input, title, losses }) {
  const random = new Random(name)
  const network = build({ input, classes: 8, batch: BATCH, width: 1, random })
  const weights = lively(network, random)
  const steps = ours(network, losses)
  const folder = mkdtempSync(join(tmpdir(), 'regard-step-'))
  try {
    writeNumbers(
      join(folder, 'weights.bin'),
      [...weights.values()].map(({ data }) => data),
    )
    console.log(`${title}, ${input} pixels, batch ${BATCH}, ${weights.size} tensors`)
    for (let draw = 1; draw <= DRAWS; draw++) {
      const images = float32([BATCH, 3, input, input])
      for (let k = 0; k < images.data.length; k++) images.data[k] = random.uniform(-128, 127)
      const labels = Array.from({ length: BATCH }, () => random.integer(8))
      const plan = {
        network: name,
        weights: [...weights].map(([weight, { shape }]) => [weight, shape]),
        images: images.shape,
        labels,
        losses: network.outputs.map((output) => losses[output.name]),
        steps: STEPS,
        rate: RATE,
        ...SCHEDULE,
      }
      const { numbers, decisions } = await steps(weights, images, labels)
      writeFileSync(join(folder, 'step.json'), JSON.stringify(plan))
      writeNumbers(join(folder, 'images.bin'), [images.data])
      for (const kind of ['signs', 'places']) {
        writeNumbers(
          join(folder, `${kind}.bin`),
          decisions.flatMap((step) => step[kind]),
        )
      }
      const lengths = numbers.map(({ length }) => length)
      const given = theirs(folder, lengths, 'double', 'given')
      const { apart: exact, at } = largest(numbers, given.numbers)
      if (!(exact <= MOST && given.by <= TIE)) process.exitCode = 1
      const single = theirs(folder, lengths, 'single', 'own').numbers
      const { apart: alone } = largest(numbers, single)
      const { apart: precisions } = largest(single, theirs(folder, lengths, 'double', 'own').numbers)
      const [a, b, c, by] = [exact, alone, precisions, given.by].map((figure) => figure.toExponential(1))
      const tensor = ['loss', ...weights.keys()][at % (1 + weights.size)]
      console.log(
        `  batch ${draw}: ${a} (${tensor}) with our decisions (${given.lost} of ${given.made} unlike double precision's, by ${by} ` +
          `at most); each deciding alone ${b}; PyTorch's single and double precision ${c}`,
      )
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !(name in networks))
if (unknown.length > 0) {
  console.error(`there is no network ${unknown.join(', ')}; choose from ${Object.keys(networks).join(', ')}`)
  process.exit(2)
}
await introduce()
if (!python) process.exit(1)
for (const [name, network] of Object.entries(networks)) {
  if (wanted.length === 0 || wanted.includes(name)) await compare(name, network)
}
