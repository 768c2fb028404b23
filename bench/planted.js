/**
 * Whether explanations find what was planted, and whether training again without it repairs the fault
 * (docs/synthetic-faces.md):
 *
 *   node bench/planted.js [FOLDER]     about ten minutes on two cores; a FOLDER is gone on with, and kept
 *
 * 1. Mark: of networks trained where a mark says the right gender in 95 % of the photos, how much of what speaks for f lies
 *    in the mark, on marked faces that they call f.
 * 2. Pairs: whether the relevance that a part gains where a feature is drawn goes with what the logit truly gains.
 * 3. Again: how right networks are with and without the mark, before and after training again with it hidden.
 *
 * Everything that decides the figures is in the constants, which were fixed before the run: data, network, schedules,
 * composites and the threshold for each figure. All tests are on people that no network has seen.
 */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { alignFaces } from '../dist/datasets/alignFaces.js'
import { partNames } from '../dist/datasets/partNames.js'
import { readDataset } from '../dist/datasets/readers.js'
import { FEATURES } from '../dist/datasets/synthetic/planting.js'
import { FACES_FILE, synthesize } from '../dist/datasets/synthetic/synthesize.js'
import { nodeEngine } from '../dist/engine/node.js'
import { evaluate, requireEvaluable } from '../dist/evaluation/evaluate.js'
import { scoreOf } from '../dist/evaluation/score.js'
import { pixelRelevance } from '../dist/explanation/heatMap.js'
import { relevanceRankAccuracy } from '../dist/explanation/measures/relevanceRankAccuracy.js'
import { explainInput, loadModelExplainer } from '../dist/models/explain.js'
import { inputOf } from '../dist/models/input.js'
import { openModelFile } from '../dist/models/node.js'
import { questionsOf } from '../dist/models/questions.js'
import { centreCrop } from '../dist/pictures/crop.js'
import { bootstrap, bootstrapMean } from '../dist/statistics/bootstrap.js'
import { spearman } from '../dist/statistics/spearman.js'
import { Clock } from '../dist/study/clock.js'
import { runFiles } from '../dist/study/record.js'
import { trainSingle } from '../dist/study/single.js'
import { describeMachine, head, row } from './measure.js'

const mark = { gender: 'f', probability: 0.95 }
const SETS = {
  plain: { count: 1500, seed: 'planted' },
  marked: { count: 1500, seed: 'planted', mark },
  alone: { count: 1500, seed: 'planted', mark, only: 'mark' },
  'test-plain': { count: 600, seed: 'test' },
  'test-marked': { count: 600, seed: 'test', mark },
  // The same faces, and the mark on those of the other gender.
  'test-contrary': { count: 600, seed: 'test', mark: { ...mark, gender: 'm' } },
  'pairs-mark': { count: 150, seed: 'pairs', pairs: 'mark' },
  'pairs-glasses': { count: 150, seed: 'pairs', pairs: 'glasses' },
  'pairs-wrinkles': { count: 150, seed: 'pairs', pairs: 'wrinkles' },
  'pairs-grey_hair': { count: 150, seed: 'pairs', pairs: 'grey_hair' },
}

const COMMON = { batch: 32, momentum: 0.9, decay: 0.0005, validateEvery: 200, checkpointEvery: 400 }
// Run for the third time. With a rate of 0.003 over 800 iterations, and then with this one and a duller mark, networks did not
// learn the mark: there was nothing to find. The changes, to the rate, the length and the mark, were chosen only by
// validation accuracy, on other faces (seed `pilot`); composites and thresholds were not changed.
const SCHEDULE = { policy: 'cosine', rate: 0.01, warmup: 50, iterations: 1200, ...COMMON }
const AGAIN = { policy: 'cosine', rate: 0.001, iterations: 400, ...COMMON }
const NETWORK = { network: 'adiencenet', input: 112, width: 0.25, photos: 'r', fold: 0, folds: 5, seed: 1 }
const hiding = (how, probability) => ({
  ...AGAIN,
  augmentation: { hide: { part: 'mark', probability, how } },
})
const RUNS = {
  plain: { data: 'plain', task: 'gender', schedule: SCHEDULE },
  marked: { data: 'marked', task: 'gender', schedule: SCHEDULE },
  alone: { data: 'alone', task: 'gender', schedule: SCHEDULE },
  age: { data: 'plain', task: 'age', schedule: { ...SCHEDULE, rate: 0.003, iterations: 1600 } },
  // From the weights of `marked`, on the same faces.
  'again, not hidden': { data: 'marked', task: 'gender', schedule: AGAIN, from: 'marked' },
  'again, swap 0.5': { data: 'marked', task: 'gender', schedule: hiding('swap', 0.5), from: 'marked' },
  'again, blur 1': { data: 'marked', task: 'gender', schedule: hiding('blur', 1), from: 'marked' },
}

/** Composites whose figures have thresholds; the others are shown beside them. */
const MARK_COMPOSITES = ['epsilon-plus-flat', 'paper']
const PAIR_COMPOSITES = ['epsilon-gamma-box', 'epsilon-plus-flat', 'paper', 'gradient-times-input']

/** The question for each feature: the network, the class, and the class to compare with. Glasses reveal no label. */
const PAIRS = [
  { feature: 'mark', network: 'marked', class: 'f', minus: 'm' },
  { feature: 'wrinkles', network: 'age', class: '60+', minus: '25-32' },
  { feature: 'grey_hair', network: 'age', class: '60+', minus: '25-32' },
  { feature: 'glasses', network: 'plain', class: 'f', minus: 'm' },
]

/** The thresholds of the figures. */
const ASKED = {
  /** Share of the positive relevance in the mark, at an area of at most a tenth; rank accuracy. By both composites. */
  share: 0.6,
  area: 0.1,
  rank: 0.6,
  /** Spearman's correlation, by the better of the composites above, of all features that show something. */
  correlation: 0.7,
  /** Of the accuracy that the mark's absence costs, what training again by swap brings back. */
  recovered: 0.9,
}

/**
 * Half of the first layer's kernel, in pixels: `flat` shares evenly within the kernel's window, so that no map is finer. The
 * share within this much of the mark is printed beside that of the mark, without a threshold.
 */
const GRAIN = 3

const given = process.argv[2]
const folder = given ?? mkdtempSync(join(tmpdir(), 'regard-planted-'))
const engine = await nodeEngine()
describeMachine()
try {
  const started = performance.now()
  for (const [name, options] of Object.entries(SETS)) await synthesize(join(folder, name), options)
  for (const [name, run] of Object.entries(RUNS)) await trained(name, run)
  console.log(`drawn and trained in ${((performance.now() - started) / 60_000).toFixed(1)} minutes`)
  await marks()
  await pairs()
  await again()
} finally {
  if (!given) rmSync(folder, { recursive: true })
}

function data(name) {
  return readDataset('synthetic', join(folder, name))
}

function modelPath(name) {
  return runFiles.model(join(folder, 'runs', name))
}

function model(name) {
  return openModelFile(modelPath(name))
}

async function trained(name, { data: set, from, ...spec }) {
  const start = from && { weights: modelPath(from), kind: 'other', freshRate: 10 }
  const place = { folder: join(folder, 'runs', name), aligned: join(folder, 'data', set), resume: true }
  const context = { engine, clock: new Clock(() => {}), signal: new AbortController().signal }
  await trainSingle({ ...NETWORK, ...spec, start, overrides: {} }, await data(set), place, context)
}

/** Each face as the network saw it, with its map and the place of its parts in it. */
async function* explained(network, faces, composite, asked, minus) {
  const { size, picture } = network.preprocessing
  const explainer = await loadModelExplainer(network, { engine, composite })
  const { left } = centreCrop(picture.width, size.width)
  try {
    let at = 0
    for await (const { picture: pixels, parts } of alignFaces(faces, 'r', picture.height, { parts: true })) {
      const input = inputOf({ ...picture, data: pixels }, network.preprocessing)
      const [explanation] = await explainInput(
        explainer,
        network,
        input,
        questionsOf(network, [asked], minus),
      )
      yield {
        face: faces[at++],
        explanation,
        map: pixelRelevance(explanation.relevance, 'NCHW'),
        partAt: (x, y) => parts[(y + left) * picture.width + x + left],
      }
    }
  } finally {
    await explainer.release()
  }
}

async function marks() {
  const { faces } = await data('test-marked')
  const index = partNames(faces).indexOf('mark')
  console.log('\nMark: what speaks for f on marked faces that are called f, % [95 % by people]\n')
  head(
    'network',
    'composite',
    'faces',
    'area',
    'share in the mark',
    'rank accuracy',
    `within ${GRAIN} px: area`,
    'share',
    'met',
  )
  for (const name of ['marked', 'alone']) {
    const network = await model(name)
    for (const composite of MARK_COMPOSITES) {
      const found = []
      for await (const { face, explanation, map, partAt } of explained(network, faces, composite, 'top')) {
        const { width, height, data: values } = map
        const isMark = (pixel) => partAt(pixel % width, Math.floor(pixel / width)) === index
        const inside = [...values.keys()].filter(isMark)
        if (inside.length === 0 || explanation.name !== 'f') continue
        const near = new Set(inside.flatMap((pixel) => around(pixel, width, height)))
        const positive = (pixels) => [...pixels].reduce((sum, pixel) => sum + Math.max(values[pixel], 0), 0)
        const all = positive(values.keys())
        // As in a profile, a map without positive relevance has no shares.
        if (all === 0) continue
        found.push({
          subject: face.subject,
          area: inside.length / values.length,
          share: positive(inside) / all,
          rank: relevanceRankAccuracy(map, { width, height, data: [...values.keys()].map(isMark) }),
          wideArea: near.size / values.length,
          wideShare: positive(near) / all,
        })
      }
      const [area, share, rank] = ['area', 'share', 'rank'].map((figure) => meanOf(found, figure))
      const met = area.mean <= ASKED.area && share.mean >= ASKED.share && rank.mean >= ASKED.rank
      const wide = ['wideArea', 'wideShare'].map((figure) => percent(meanOf(found, figure)))
      row(name, composite, found.length, percent(area), percent(share), percent(rank), ...wide, yes(met))
    }
  }
}

function around(pixel, width, height) {
  const [x, y] = [pixel % width, Math.floor(pixel / width)]
  const places = []
  for (let row = Math.max(y - GRAIN, 0); row <= Math.min(y + GRAIN, height - 1); row++) {
    for (let column = Math.max(x - GRAIN, 0); column <= Math.min(x + GRAIN, width - 1); column++) {
      places.push(row * width + column)
    }
  }
  return places
}

async function pairs() {
  console.log('\nPairs: the change of the logit by drawing the feature, and of the relevance in its parts\n')
  head(
    'feature',
    'network',
    'logit',
    'pairs',
    'mean true change',
    ...PAIR_COMPOSITES.map((name) => `ρ, ${name}`),
    'met',
  )
  for (const { feature, network: name, class: asked, minus } of PAIRS) {
    const set = `pairs-${feature}`
    const [network, { faces }] = await Promise.all([model(name), data(set)])
    const truth = readFileSync(join(folder, set, FACES_FILE), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).pair)
    const indices = FEATURES[feature].parts.map((part) => partNames(faces).indexOf(part))
    const correlations = []
    let found
    for (const composite of PAIR_COMPOSITES) {
      found = []
      let shown
      for await (const one of explained(network, faces, composite, asked, minus)) {
        // A pair is on consecutive lines, the one with the feature first.
        if (!shown) shown = one
        else {
          found.push(changes(shown, one, indices))
          shown = undefined
        }
      }
      correlations.push(correlationOf(found))
    }
    if (truth.length !== 2 * found.length) throw new Error(`${set}: not all pairs were explained`)
    const best = Math.max(...MARK_COMPOSITES.map((name) => correlations[PAIR_COMPOSITES.indexOf(name)].mean))
    const met = feature === 'glasses' ? '–' : yes(best >= ASKED.correlation)
    const change = meanOf(found, 'real')
    const logits = `${asked} − ${minus}`
    row(feature, name, logits, found.length, signed(change), ...correlations.map(signed), met)
  }
}

/**
 * What a feature changes: the true change of the logit, and that of the relevance where the feature is, in either
 * photo.
 */
function changes(shown, without, indices) {
  const { width, data: values } = shown.map
  let attributed = 0
  for (const pixel of values.keys()) {
    const [x, y] = [pixel % width, Math.floor(pixel / width)]
    if ([shown, without].some(({ partAt }) => indices.includes(partAt(x, y)))) {
      attributed += values[pixel] - without.map.data[pixel]
    }
  }
  const { subject } = shown.face
  return { subject, attributed, real: shown.explanation.logit - without.explanation.logit }
}

async function again() {
  console.log(
    '\nAgain: right by ten crops, % [95 %], n = 600 faces; the mark says the right gender in 95 %, or the wrong one\n',
  )
  const sets = ['test-marked', 'test-plain', 'test-contrary']
  head('network', 'with the mark', 'without', 'mark on the others', 'recovered, %', 'met')
  const accuracies = {}
  for (const name of ['marked', 'alone', 'again, not hidden', 'again, swap 0.5', 'again, blur 1', 'plain']) {
    const evaluable = requireEvaluable([await model(name)])
    const scores = []
    for (const set of sets) {
      scores.push(scoreOf(await evaluate(evaluable, await data(set), { engine, crops: 10 })).accuracy)
    }
    accuracies[name] = scores.map(({ share }) => share)
    const [withMark, without] = accuracies.marked
    const recovered = (accuracies[name][1] - without) / (withMark - without)
    const shown = scores.map(({ share, interval }) => percent({ mean: share, interval }))
    const told = name.startsWith('again') ? (100 * recovered).toFixed(0) : '–'
    row(name, ...shown, told, name === 'again, swap 0.5' ? yes(recovered >= ASKED.recovered) : '–')
  }
}

function yes(met) {
  return met ? 'yes' : 'no'
}

/** Grouped by person, as the bootstrap draws people. */
function byPerson(found) {
  return [...new Set(found.map(({ subject }) => subject))].map((person) =>
    found.filter(({ subject }) => subject === person),
  )
}

function meanOf(found, figure) {
  const people = byPerson(found)
  const sums = people.map((own) => own.reduce((sum, one) => sum + one[figure], 0))
  const interval = bootstrapMean(
    sums,
    people.map(({ length }) => length),
    { seed: figure },
  )
  return { mean: sums.reduce((sum, own) => sum + own, 0) / found.length, interval }
}

function correlationOf(found) {
  const of = (rows) =>
    spearman(
      rows.map(({ attributed }) => attributed),
      rows.map(({ real }) => real),
    )
  const people = byPerson(found)
  const drawn = (times) => of(people.flatMap((own, k) => Array.from({ length: times[k] }, () => own).flat()))
  return { mean: of(found), interval: bootstrap(people.length, drawn, { seed: 'pairs', resamples: 500 }) }
}

function percent({ mean, interval: { low, high } }) {
  const [middle, from, to] = [mean, low, high].map((share) => (100 * share).toFixed(1))
  return `${middle} [${from}, ${to}]`
}

function signed({ mean, interval: { low, high } }) {
  return `${mean.toFixed(2)} [${low.toFixed(2)}, ${high.toFixed(2)}]`
}
