/**
 * Ten-crop scoring with the paper's four networks at their published sizes, beside PyTorch.
 *
 *   npm run bench -- scoring
 *   node bench/scoring.js NETWORK…      some of them: adiencenet, caffenet, googlenet, vgg16
 *
 * Pictures a second, ten crops each, two pictures at a time, as regard scores them: medians over rounds in which the
 * two take turns.
 */

import { Random } from '../dist/base/random.js'
import { nodeEngine } from '../dist/engine/node.js'
import { scorePictures, tenCropGraph } from '../dist/evaluation/tenCrop.js'
import { networks } from '../dist/networks/index.js'
import { trainableWeights } from '../dist/training/trainableWeights.js'
import { median, python, runPython } from './peer.js'

const ROUNDS = 3
const PICTURES = 10
const AT_A_TIME = 2
const SIZE = 256

const wanted = process.argv.slice(2).filter((word) => word !== 'scoring')
for (const name of wanted.length > 0 ? wanted : Object.keys(networks)) {
  const { title, input, build } = networks[name]
  const network = build({ input, classes: 8, batch: 'batch', width: 1, random: new Random('bench') })
  const plan = {
    network: name,
    input,
    pictures: PICTURES,
    atATime: AT_A_TIME,
    size: SIZE,
    weights: [...trainableWeights(network)].map(([weight, { shape }]) => [weight, shape]),
  }
  const [mine, theirs] = [[], []]
  for (let round = 0; round < ROUNDS; round++) {
    mine.push(await ours(network, input))
    if (python) theirs.push(...runPython('scoring.py', JSON.stringify(plan)))
  }
  const rate = (seconds) => `${(PICTURES / median(seconds)).toFixed(1)} pictures/s`
  const compared = python
    ? `, PyTorch ${rate(theirs)}, ratio ${(median(theirs) / median(mine)).toFixed(2)}`
    : ''
  console.log(`scoring ${title}, ten crops of ${input} pixels: ${rate(mine)}${compared}`)
}

/** Seconds for the pictures, after one run that warms up. */
async function ours(network, input) {
  const graph = tenCropGraph(network, {
    size: { width: input, height: input },
    picture: { width: SIZE, height: SIZE },
    layout: 'NCHW',
    channels: 'BGR',
    scale: [1, 1, 1],
    mean: [104, 117, 123],
  })
  const random = new Random('pictures')
  const pictures = Array.from({ length: AT_A_TIME + PICTURES }, () =>
    Uint8Array.from({ length: 3 * SIZE * SIZE }, () => random.integer(256)),
  )
  let started
  await scorePictures(await nodeEngine(), graph, pictures, {
    progress(done) {
      if (done === AT_A_TIME) started = performance.now()
    },
  })
  return (performance.now() - started) / 1000
}
