/**
 * Whether `regard measure --sanity` tells trained networks from random ones (docs/measures.md):
 *
 *   node bench/sanity.js MODEL... --data KIND:PATH [--fold K/N] [--seed TEXT] [--task TASK] [--faces N] [--out FOLDER]
 *
 * Each network has a twin with the same architecture and normalisations, but random weights: each constant from a
 * normal distribution with its own mean and standard deviation. Both are checked by the maps of `paper` on the same
 * faces, equally many of each class. The thresholds are in the constants, which were fixed before the run. A FOLDER is
 * gone on with, and kept. Exit code 1 if a threshold is missed.
 */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Progress } from '../dist/base/progress.js'
import { foldFrom, sourceFrom } from '../dist/cli/data.js'
import { foldOf } from '../dist/cli/fold.js'
import { answersFrom } from '../dist/cli/model.js'
import { labelOf } from '../dist/datasets/dataset.js'
import { readDataset } from '../dist/datasets/readers.js'
import { nodeEngine } from '../dist/engine/node.js'
import { facesOf, requireEvaluable } from '../dist/evaluation/evaluate.js'
import { checkSanity } from '../dist/evaluation/sanityCheck.js'
import { sampled } from '../dist/evaluation/shownFaces.js'
import { randomisable, randomised } from '../dist/explanation/measures/randomised.js'
import { composites } from '../dist/rules/composites/presets.js'
import { describeMachine, head, row } from './measure.js'

const METHOD = 'paper'

/** The thresholds of the figures, for each network and for all together. */
const ASKED = {
  /** The least share of a twin's faces that are not told from chance. */
  twin: 0.95,
  /** The share of a trained network's faces that are not told is below this. */
  accused: 0.05,
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    data: { type: 'string' },
    fold: { type: 'string' },
    seed: { type: 'string' },
    task: { type: 'string' },
    faces: { type: 'string', default: '100' },
    out: { type: 'string' },
  },
})
if (positionals.length === 0 || !values.data) {
  console.error(
    'usage: node bench/sanity.js MODEL... --data KIND:PATH [--fold K/N] [--faces N] [--out FOLDER]',
  )
  process.exit(2)
}
const { kind, root } = sourceFrom(values.data)
const folder = values.out ?? mkdtempSync(join(tmpdir(), 'regard-sanity-'))
const dataset = await readDataset(kind, root)
const engine = await nodeEngine()
describeMachine()
try {
  const found = []
  for (const path of positionals) found.push(await pairOf(path))
  console.log(
    `\nFaces whose maps by ${METHOD} differ from those of networks with shuffled weights; p over all faces\n`,
  )
  head(
    'network',
    'faces',
    'trained: told',
    'p',
    'twin: told',
    'p',
    'trained not told',
    'twin not told',
    'met',
  )
  for (const each of found) print(each.name, each)
  const sum = (side, figure) => found.reduce((all, each) => all + each[side][figure], 0)
  const together = (side) => ({ told: sum(side, 'told'), faces: sum(side, 'faces'), p: undefined })
  print('all', { trained: together('trained'), twin: together('twin') })
} finally {
  if (!values.out) rmSync(folder, { recursive: true })
}

/** The check's results for a network and its twin. */
async function pairOf(path) {
  const trained = requireEvaluable(await answersFrom(path, {}), { task: values.task })
  const { model, task } = trained
  const fold = foldOf(model, { fold: values.fold && foldFrom(values.fold), seed: values.seed }, kind)
  const faces = sampled(
    fold ? facesOf(dataset, fold) : dataset.faces,
    Number(values.faces),
    (face) => labelOf(face, task === 'years' ? 'age' : task),
    'sanity',
  )
  const known = randomisable(model.network, model.output)
  const twin = { ...trained, model: { ...model, network: randomised(known, known.layers, 'twin') } }
  return {
    name: path,
    trained: await checked(trained, faces, path),
    twin: await checked(twin, faces, `the twin of ${path}`),
  }
}

async function checked(evaluable, faces, name) {
  let progress
  const { tests } = await checkSanity(evaluable, dataset, faces, {
    engine,
    methods: new Map([[METHOD, composites[METHOD]]]),
    folder,
    progress(done, total) {
      progress ??= new Progress(name, total)
      progress.update(done, `${done} of ${total} maps`)
    },
  })
  progress?.finish()
  const { told, p, pOfFaces } = tests.get(METHOD)
  return { told, p, faces: pOfFaces.length }
}

function print(name, { trained, twin }) {
  const accused = 1 - trained.told / trained.faces
  const right = 1 - twin.told / twin.faces
  const met = accused < ASKED.accused && right >= ASKED.twin
  if (!met) process.exitCode = 1
  const shown = ({ told, p }) => [told, p?.toFixed(3) ?? '–']
  const percent = (share) => `${(100 * share).toFixed(1)} %`
  row(
    name,
    trained.faces,
    ...shown(trained),
    ...shown(twin),
    percent(accused),
    percent(right),
    met ? 'yes' : 'no',
  )
}
