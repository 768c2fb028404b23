/**
 * Whether settings that differ only in the seeds of their trainings are told apart (docs/comparing.md), which they
 * should not be. Networks are trained alike, and 20 times three of them are compared with three others, chosen at
 * random.
 *
 *   node bench/seeds.js [FOLDER]     about ten minutes on two cores; a FOLDER is gone on with, and kept
 */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Random } from '../dist/base/random.js'
import { readDataset } from '../dist/datasets/readers.js'
import { synthesize } from '../dist/datasets/synthetic/synthesize.js'
import { nodeEngine } from '../dist/engine/node.js'
import { compareSettings } from '../dist/evaluation/compareSettings.js'
import { requireEvaluable } from '../dist/evaluation/evaluate.js'
import { explainFaces } from '../dist/evaluation/explainFaces.js'
import { openModelFile } from '../dist/models/node.js'
import { composites } from '../dist/rules/composites/presets.js'
import { Clock } from '../dist/study/clock.js'
import { runFiles } from '../dist/study/record.js'
import { trainSingle } from '../dist/study/single.js'
import { describeMachine, head, row } from './measure.js'

const TRAININGS = 24
const PAIRS = 20
/** How many networks each side has. */
const EACH = 3
/** How many of the pairs may come out as different. */
const ASKED = 2
const SETS = { trained: { count: 1500, seed: 'seeds' }, test: { count: 300, seed: 'seeds, test' } }
const RUN = {
  task: 'gender',
  network: 'adiencenet',
  input: 80,
  width: 0.25,
  photos: 'r',
  fold: 0,
  folds: 5,
  overrides: {},
  schedule: {
    policy: 'cosine',
    rate: 0.01,
    batch: 32,
    momentum: 0.9,
    decay: 0.0005,
    iterations: 300,
    validateEvery: 300,
    checkpointEvery: 300,
  },
}

const given = process.argv[2]
const folder = given ?? mkdtempSync(join(tmpdir(), 'regard-seeds-'))
const engine = await nodeEngine()
describeMachine()
try {
  for (const [name, options] of Object.entries(SETS)) await synthesize(join(folder, name), options)
  const test = await readDataset('synthetic', join(folder, 'test'))
  const trainings = []
  for (let seed = 1; seed <= TRAININGS; seed++) {
    const network = requireEvaluable([await trained(seed)], { task: 'gender' })
    const options = { engine, composite: composites.paper, class: 'top', folder: join(folder, 'explained') }
    trainings.push(await explainFaces(network, test, test.faces, options))
    console.error(`${seed} of ${TRAININGS} trained and explained`)
  }
  const accuracies = trainings.map(
    ({ faces }) => faces.filter((each) => each.answer === each.truth).length / faces.length,
  )
  const percents = [Math.min(...accuracies), Math.max(...accuracies)].map((share) => (100 * share).toFixed(1))
  console.log(
    `${TRAININGS} networks, right of ${percents.join(' to ')} % of ${test.faces.length} faces that none has seen\n`,
  )
  pairs(trainings)
} finally {
  if (!given) rmSync(folder, { recursive: true })
}

async function trained(seed) {
  const place = { folder: join(folder, 'runs', String(seed)), aligned: join(folder, 'aligned'), resume: true }
  const context = { engine, clock: new Clock(() => {}), signal: new AbortController().signal }
  await trainSingle({ ...RUN, seed }, await readDataset('synthetic', join(folder, 'trained')), place, context)
  return openModelFile(runFiles.model(place.folder))
}

function pairs(trainings) {
  const random = new Random('seeds')
  head('pair', 'seeds', 'against', 'part with the least p', 'difference, points', 'p')
  let told = 0
  for (let pair = 1; pair <= PAIRS; pair++) {
    const chosen = random.shuffle([...trainings.keys()])
    const sides = [chosen.slice(0, EACH), chosen.slice(EACH, 2 * EACH)]
    const settings = sides.map((side, k) => ({
      name: `${pair}${'ab'[k]}`,
      trainings: side.map((index) => trainings[index]),
    }))
    const { parts } = compareSettings(...settings)
    const [least] = [...parts].sort((a, b) => a.p - b.p)
    if (least.p < 0.05) told++
    const seeds = sides.map((side) => side.map((index) => index + 1).join(', '))
    row(pair, ...seeds, least.part, (100 * least.difference).toFixed(1), least.p.toPrecision(2))
  }
  console.log(
    `\n${told} of ${PAIRS} come out as different; at most ${ASKED} asked: ${told <= ASKED ? 'met' : 'missed'}`,
  )
}
