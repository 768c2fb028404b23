/**
 * Ten-crop scoring with the paper's four networks at their published sizes, beside PyTorch.
 *
 *   npm run bench -- scoring [NETWORK…]      adiencenet, caffenet, googlenet, vgg16; all where none is given
 *
 * Pictures a second, ten crops each: medians over rounds in which all take turns. regard scores two pictures at a time,
 * PyTorch as many as suit it best: once with the network called layer by layer, and once with it frozen by TorchScript.
 * The ratio is to the faster. Both sides score the same pictures by the same weights, and exit code 1 says that they disagree.
 */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Random } from '../dist/base/random.js'
import { nodeEngine } from '../dist/engine/node.js'
import { scorePictures, tenCropGraph } from '../dist/evaluation/tenCrop.js'
import { networks } from '../dist/networks/index.js'
import { head, median, row } from './measure.js'
import { livelyNetwork, operations } from './network.js'
import { difference, introduce, python, runPython, writeNumbers } from './peer.js'

const ROUNDS = 3
const PICTURES = 10
/** As regard scores pictures of this size. */
const AT_A_TIME = 2
const SIZE = 256
/** The most that a probability may differ by, relative to the largest. */
const MOST = 1e-4

const random = new Random('pictures')
const pictures = Array.from({ length: PICTURES }, () =>
  Uint8Array.from({ length: 3 * SIZE * SIZE }, () => random.integer(256)),
)

await introduce()
head('network', 'GFLOP a picture', 'regard', 'PyTorch', 'PyTorch, frozen', 'ratio')
const wanted = process.argv.slice(2)
for (const name of wanted.length > 0 ? wanted : Object.keys(networks)) await compare(name)

async function compare(name) {
  const { title, input } = networks[name]
  const { network, weights } = livelyNetwork(name, 'batch', 8)
  const plan = {
    network: name,
    input,
    pictures: PICTURES,
    size: SIZE,
    weights: [...weights].map(([weight, { shape }]) => [weight, shape]),
  }
  const folder = mkdtempSync(join(tmpdir(), 'regard-bench-'))
  const seconds = { regard: [], eager: [], frozen: [] }
  try {
    writeNumbers(
      join(folder, 'weights.bin'),
      [...weights.values()].map(({ data }) => data),
    )
    writeNumbers(join(folder, 'pictures.bin'), pictures)
    for (let round = 0; round < ROUNDS; round++) {
      const mine = await ours(network, input)
      seconds.regard.push(mine.seconds)
      for (const form of python ? ['eager', 'frozen'] : []) {
        const theirs = runPython('scoring.py', JSON.stringify(plan), folder, form)
        seconds[form].push(theirs.seconds)
        agree(title, mine.scores, theirs.scores)
      }
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
  const [regard, ...theirs] = Object.values(seconds).map(median)
  const work = 10 * operations(name).forward
  const rate = (each) => {
    if (!python && each !== regard) return '–'
    return `${(PICTURES / each).toFixed(2)} pictures/s (${((work * PICTURES) / each).toFixed(0)} GFLOPS)`
  }
  const ratio = python ? (Math.min(...theirs) / regard).toFixed(2) : '–'
  row(title, work.toFixed(1), rate(regard), ...theirs.map(rate), ratio)
}

function agree(title, mine, theirs) {
  const apart = difference(mine, theirs)
  if (apart <= MOST) return
  console.error(`${title}: the scores of both differ by ${apart.toExponential(1)}`)
  process.exitCode = 1
}

/** Seconds for the pictures, after one run that warms up, and their scores. */
async function ours(network, input) {
  const graph = tenCropGraph(network, {
    size: { width: input, height: input },
    picture: { width: SIZE, height: SIZE },
    layout: 'NCHW',
    channels: 'BGR',
    scale: [1, 1, 1],
    mean: [104, 117, 123],
  })
  let started
  const scores = await scorePictures(
    await nodeEngine(),
    graph,
    [...pictures.slice(0, AT_A_TIME), ...pictures],
    {
      progress(done) {
        if (done === AT_A_TIME) started = performance.now()
      },
    },
  )
  return {
    seconds: (performance.now() - started) / 1000,
    scores: scores.slice(AT_A_TIME).flatMap((each) => [...each]),
  }
}
