/**
 * Relevance maps of transformers and of a ConvNeXt by AttnLRP: how many forward passes of the same network one costs,
 * beside the same rules in PyTorch, and the most memory from the file to the map.
 *
 *   npm run bench -- transformers [NAME…]      vit_b_16, convnext_tiny, vit_l_16; all where none is given
 *
 * The networks are torchvision's, with random weights (apt-get install python3-torchvision). Both sides explain the same
 * picture, and exit code 1 says that their maps disagree.
 */

import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { nodeEngine } from '../dist/engine/node.js'
import { loadExplainer } from '../dist/explanation/explain.js'
import { readModelFile } from '../dist/formats/node.js'
import { composites } from '../dist/rules/composites/presets.js'
import { head, median, peakMemory, row } from './measure.js'
import { introduce, python, runPython } from './peer.js'

const ROUNDS = 5
/** The most that maps may differ, as a fraction of their length. */
const MOST = 1e-3
/** The forms of each preset in PyTorch. With γ, the largest network runs here alone: PyTorch takes minutes. */
const LARGE = 'vit_l_16'
const FORMS = { attnlrp: ['attnlrp'], 'attnlrp-gamma': ['gamma-library', 'gamma-few'] }

const OWN = '--own'
const [first, ...rest] = process.argv.slice(2)
if (first === OWN) await measure(...rest)
else {
  await introduce()
  if (!python) {
    console.error('the networks come from torchvision, which is not here')
    process.exit(2)
  }
  head('network', 'preset', 'forward alone', 'with the map', 'multiple', 'memory', 'PyTorch', 'ratio')
  for (const name of first ? [first, ...rest] : ['vit_b_16', 'convnext_tiny', 'vit_l_16']) compare(name)
}

function compare(name) {
  const folder = mkdtempSync(join(tmpdir(), 'regard-bench-'))
  try {
    runPython('transformers.py', 'export', name, folder)
    for (const [preset, forms] of Object.entries(FORMS)) {
      const before = runOwn(name, folder, preset)
      const theirs = (name === LARGE && forms.length > 1 ? [] : forms).map((form) => {
        const { map } = runPython('transformers.py', 'map', name, folder, form, ROUNDS)
        agree(name, form, before.map, numbersIn(join(folder, 'map.bin')))
        return 1000 * median(map)
      })
      // Once more, so that each side has measured before and after the other.
      const behind = runOwn(name, folder, preset)
      const of = (what) => median([...before[what], ...behind[what]])
      const [forward, explained] = [of('forward'), of('explained')]
      row(
        name,
        preset,
        `${forward.toFixed(0)} ms`,
        `${explained.toFixed(0)} ms`,
        (explained / forward).toFixed(2),
        `${Math.max(before.peak, behind.peak).toFixed(1)} GB`,
        theirs.map((each) => `${each.toFixed(0)} ms`).join(', ') || '–',
        theirs.map((each) => (each / explained).toFixed(2)).join(', ') || '–',
      )
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function agree(name, form, mine, theirs) {
  const length = (values) => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0))
  const apart = length(theirs.map((value, k) => value - mine[k])) / length(theirs)
  if (apart <= MOST) return
  console.error(`${name}, ${form}: the maps of both differ by ${apart.toExponential(1)} of their length`)
  process.exitCode = 1
}

function numbersIn(path) {
  const file = readFileSync(path)
  return new Float32Array(file.buffer, file.byteOffset, file.length / 4)
}

function runOwn(...words) {
  const script = fileURLToPath(import.meta.url)
  const { stdout, stderr, status } = spawnSync(process.execPath, [script, OWN, ...words], {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  })
  if (status !== 0) throw new Error(stderr)
  return JSON.parse(stdout)
}

/** Prints, as JSON, milliseconds of forward passes and of maps, in turns; the map; and the peak memory in GB. */
async function measure(name, folder, preset) {
  const engine = await nodeEngine()
  const data = numbersIn(join(folder, 'picture.bin'))
  const picture = { type: 'float32', shape: [1, 3, 224, 224], data: Float32Array.from(data) }
  const network = await readModelFile(join(folder, `${name}.onnx`))
  const explainer = await loadExplainer(engine, network, composites[preset])
  const [{ relevance }] = await explainer.explain(picture, ['top'])
  // The peak of a map: the bare network is loaded only for the comparison.
  const peak = peakMemory()
  const plain = await engine.load(network)
  const times = { forward: [], explained: [] }
  for (let round = 0; round <= ROUNDS; round++) {
    let started = performance.now()
    await plain.run({ [network.inputs[0].name]: picture })
    if (round > 0) times.forward.push(performance.now() - started)
    started = performance.now()
    await explainer.explain(picture, ['top'])
    if (round > 0) times.explained.push(performance.now() - started)
  }
  console.log(JSON.stringify({ ...times, map: [...relevance.data], peak }))
}
