/**
 * Relevance maps with the composite `paper`: how many forward passes of the same network one costs, how VGG-16's
 * compares with the same composite in PyTorch, and the most memory that VGG-16 takes from its file to its map.
 *
 *   npm run bench -- relevance [NETWORK…]      adiencenet, caffenet, googlenet, vgg16; all where none is given
 *
 * Weights are random: they do not change how long anything takes. Both sides explain the same pictures by the same
 * weights, and exit code 1 says that their maps disagree.
 */

import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Random } from '../dist/base/random.js'
import { nodeEngine } from '../dist/engine/node.js'
import { writeOnnxFile } from '../dist/formats/node.js'
import { float32, sizeOf } from '../dist/graph/types.js'
import { networks } from '../dist/networks/index.js'
import { composites } from '../dist/rules/composites/presets.js'
import { relevance } from '../dist/rules/relevance/relevance.js'
import { head, median, row } from './measure.js'
import { livelyNetwork, network } from './network.js'
import { introduce, python, runPython, writeNumbers } from './peer.js'

/**
 * The most that maps may differ from PyTorch's, as a fraction of all relevance. They differ by a few parts in ten
 * thousand where two numbers of a pooling's window are equal except for rounding, and each side lets a different one
 * take all.
 */
const MOST = 1e-2

const engine = await nodeEngine()
const wanted = process.argv.slice(2)
const names = wanted.length > 0 ? wanted : Object.keys(networks)
await introduce()
head('network', 'batch', 'forward alone', 'with the map', 'multiple')
for (const name of names) {
  for (const batch of [1, 16]) {
    const graph = network(name, batch)
    const { forward, explained } = await measure(graph, picturesFor(graph), roundsOf(name, batch))
    const [f, e] = [median(forward), median(explained)]
    row(networks[name].title, batch, `${f.toFixed(1)} ms`, `${e.toFixed(1)} ms`, (e / f).toFixed(2))
  }
}
const folder = mkdtempSync(join(tmpdir(), 'regard-bench-'))
try {
  if (names.includes('vgg16')) {
    if (python) for (const batch of [1, 16]) compare(batch, await besidePeer(batch))
    memory()
  }
} finally {
  rmSync(folder, { recursive: true })
}

function roundsOf(name, batch) {
  return name === 'vgg16' && batch > 1 ? 5 : 15
}

function picturesFor({ inputs: [{ shape }] }) {
  const random = new Random('bench')
  return float32(
    shape,
    Float32Array.from({ length: sizeOf(shape) }, () => random.uniform(-128, 127)),
  )
}

/** Milliseconds of VGG-16's maps on both sides, in turns. */
async function besidePeer(batch) {
  const { network: graph, weights } = livelyNetwork('vgg16', batch, 1000)
  const pictures = picturesFor(graph)
  writeNumbers(
    join(folder, 'weights.bin'),
    [...weights.values()].map(({ data }) => data),
  )
  writeNumbers(join(folder, 'pictures.bin'), [pictures.data])
  const shapes = [...weights].map(([weight, { shape }]) => [weight, shape])
  const ours = []
  const forms = []
  // Written for inputs of either sign, as in libraries, and only for this network.
  for (const form of ['any-sign', 'behind-relu']) {
    const { explained, maps } = await measure(graph, pictures, roundsOf('vgg16', batch))
    ours.push(...explained)
    const plan = { weights: shapes, batch, rounds: batch > 1 ? 3 : 8, form }
    const seconds = runPython('relevance.py', JSON.stringify(plan), folder)
    forms.push(1000 * median(seconds))
    agree(form, maps)
  }
  // Once more, so that each side has measured before and after the other.
  const { explained } = await measure(graph, pictures, roundsOf('vgg16', batch))
  return { ours: median([...ours, ...explained]), forms }
}

function agree(form, maps) {
  const file = readFileSync(join(folder, 'maps.bin'))
  const theirs = new Float32Array(file.buffer, file.byteOffset, file.length / 4)
  const all = theirs.reduce((sum, value) => sum + Math.abs(value), 0)
  const apart = maps.reduce((sum, value, k) => sum + Math.abs(value - theirs[k]), 0) / all
  if (apart <= MOST) return
  console.error(`VGG-16, ${form}: the maps of both differ by ${apart.toExponential(1)} of all relevance`)
  process.exitCode = 1
}

function compare(batch, { ours, forms }) {
  if (batch === 1) {
    console.log()
    head('batch', 'regard', 'PyTorch, inputs of either sign', 'ratio', 'PyTorch, for VGG alone', 'ratio')
  }
  const theirs = forms.flatMap((each) => [`${each.toFixed(0)} ms`, (each / ours).toFixed(2)])
  row(batch, `${ours.toFixed(0)} ms`, ...theirs)
}

function memory() {
  const path = join(folder, 'vgg16.onnx')
  writeOnnxFile(path, network('vgg16', 'batch'))
  const child = spawnSync(process.execPath, [fileURLToPath(new URL('memory.js', import.meta.url)), path], {
    encoding: 'utf8',
  })
  console.log(`\n${child.stdout.trim() || child.stderr}`)
}

/**
 * Milliseconds of forward passes and of maps, in turns; the first round, which warms up, does not count. And the maps,
 * of each picture's own answer.
 */
async function measure(graph, pictures, rounds) {
  const [{ name }] = graph.inputs
  const derived = relevance(graph, composites.paper).graph
  const target = float32(derived.inputs.find((input) => input.name === 'target').shape)
  const plain = await engine.load(graph)
  const withMap = await engine.load(derived, { lean: true })
  const times = { forward: [], explained: [] }
  let maps
  for (let round = 0; round <= rounds; round++) {
    let started = performance.now()
    await plain.run({ [name]: pictures })
    if (round > 0) times.forward.push(performance.now() - started)
    started = performance.now()
    maps = (await withMap.run({ [name]: pictures, target })).relevance.data
    if (round > 0) times.explained.push(performance.now() - started)
  }
  await plain.release()
  await withMap.release()
  return { ...times, maps }
}
