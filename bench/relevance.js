/**
 * Relevance maps with the composite `paper`: how many forward passes of the same network one costs, how it compares
 * with the same composite in PyTorch, and the most memory that VGG-16 takes from its file to its map.
 *
 * Weights are random: they do not change how long anything takes.
 */

import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
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
import { network } from './network.js'
import { median, python, runPython } from './peer.js'

const engine = await nodeEngine()
const random = new Random('bench')
for (const [key, { title }] of Object.entries(networks)) {
  for (const batch of [1, 16]) {
    const graph = network(key, batch)
    const rounds = key === 'vgg16' && batch > 1 ? 5 : 15
    const { forward, explained } = await measure(graph, rounds)
    const [f, e] = [median(forward), median(explained)]
    console.log(
      `${title}, batch ${batch}: forward ${f.toFixed(1)} ms, with map ${e.toFixed(1)} ms, ${(e / f).toFixed(2)} ×`,
    )
    if (key === 'vgg16' && python) {
      // Written for inputs of either sign, as libraries have it, and for this network alone.
      for (const form of ['any-sign', 'behind-relu']) {
        const theirs = median(runPython('relevance.py', batch, batch > 1 ? 3 : 8, form)) * 1000
        // Once more, so that each side has measured before and behind the other.
        const ours = median([...explained, ...(await measure(graph, rounds)).explained])
        console.log(
          `${title}, batch ${batch}: with map ${ours.toFixed(0)} ms, PyTorch with hooks (${form}) ` +
            `${theirs.toFixed(0)} ms, ${(theirs / ours).toFixed(2)} × faster`,
        )
      }
    }
  }
}

const folder = mkdtempSync(join(tmpdir(), 'regard-bench-'))
try {
  const path = join(folder, 'vgg16.onnx')
  writeOnnxFile(path, network('vgg16', 'batch'))
  const child = spawnSync(process.execPath, [fileURLToPath(new URL('memory.js', import.meta.url)), path], {
    encoding: 'utf8',
  })
  console.log(child.stdout.trim() || child.stderr)
} finally {
  rmSync(folder, { recursive: true })
}

/** Milliseconds of forward passes and of maps, in turns; the first round, which warms up, does not count. */
async function measure(graph, rounds) {
  const [{ name, shape }] = graph.inputs
  const pictures = float32(
    shape,
    Float32Array.from({ length: sizeOf(shape) }, () => random.uniform(-128, 127)),
  )
  const derived = relevance(graph, composites.paper).graph
  const target = float32(derived.inputs.find((input) => input.name === 'target').shape)
  const plain = await engine.load(graph)
  const withMap = await engine.load(derived, { lean: true })
  const times = { forward: [], explained: [] }
  for (let round = 0; round <= rounds; round++) {
    let started = performance.now()
    await plain.run({ [name]: pictures })
    if (round > 0) times.forward.push(performance.now() - started)
    started = performance.now()
    await withMap.run({ [name]: pictures, target })
    if (round > 0) times.explained.push(performance.now() - started)
  }
  await plain.release()
  await withMap.release()
  return times
}
