/**
 * How busy training keeps the engine: AdienceNet by `train` itself, on drawn faces, counting the time between the
 * engine's runs; beside it, the engine alone on prepared batches.
 *
 *   npm run bench -- feed [ITERATIONS [PIXELS]]     40 iterations, at 112 and 227 pixels, where not given
 */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { labelOf } from '../dist/datasets/dataset.js'
import { prepareFaces } from '../dist/datasets/prepared.js'
import { readDataset } from '../dist/datasets/readers.js'
import { synthesize } from '../dist/datasets/synthetic/synthesize.js'
import { nodeEngine } from '../dist/engine/node.js'
import { pictureSize } from '../dist/study/preparedData.js'
import { train } from '../dist/training/train.js'
import { describeMachine } from './measure.js'

const ITERATIONS = Number(process.argv[2] ?? 40)
const INPUTS = process.argv[3] ? [Number(process.argv[3])] : [112, 227]
const BATCH = 50
const FACES = 300

/** An engine that counts how long its training runs take, and keeps the last feeds. */
async function watched() {
  const engine = await nodeEngine()
  const record = { runs: 0, busy: 0, first: 0, last: 0 }
  const load = async (graph, options) => {
    const program = await engine.load(graph, options)
    if (!program.inputs.some(({ name }) => name === 'rate')) return program
    record.program = await engine.load(graph, options)
    const run = async (feeds) => {
      let started
      // ONNX Runtime in Node runs in the next turn of the loop, and holds the main thread: this is just before it.
      setImmediate(() => {
        started = performance.now()
      })
      const results = await program.run(feeds)
      const ended = performance.now()
      // The first run warms up.
      if (record.runs++ > 0) record.busy += ended - started
      else record.first = ended
      record.last = ended
      // Buffers are reused after a run: what is measured later has its own.
      record.feeds ??= Object.fromEntries(
        Object.entries(feeds).map(([name, tensor]) => [name, { ...tensor, data: tensor.data.slice() }]),
      )
      return results
    }
    return { inputs: program.inputs, outputs: program.outputs, run, release: () => program.release() }
  }
  return { engine: { device: engine.device, threads: engine.threads, load }, record }
}

/** Seconds of one run of the engine on prepared feeds; the weights change as in training. */
async function alone({ program, feeds }, runs) {
  const seconds = []
  for (let run = 0; run <= runs; run++) {
    const started = performance.now()
    const results = await program.run(feeds)
    if (run > 0) seconds.push((performance.now() - started) / 1000)
    for (const name of Object.keys(results))
      if (name.endsWith('.next')) feeds[name.slice(0, -'.next'.length)] = results[name]
  }
  await program.release()
  return seconds.reduce((sum, each) => sum + each, 0) / runs
}

describeMachine()
const folder = mkdtempSync(join(tmpdir(), 'regard-feed-'))
try {
  const root = join(folder, 'faces')
  await synthesize(root, { count: FACES, seed: 1 })
  const dataset = await readDataset('synthetic', root)
  for (const input of INPUTS) {
    const size = pictureSize(input)
    const started = performance.now()
    const { faces, pictures } = await prepareFaces(dataset, 'r', size, join(folder, 'data'))
    const preparing = (performance.now() - started) / 1000
    const known = faces
      .map((face) => labelOf(face, 'gender'))
      .map((label, k) => ({ label, pixels: pictures[k] }))
    const labelled = known.filter(({ label }) => label !== undefined)
    const some = {
      size,
      pixels: labelled.map(({ pixels }) => pixels),
      labels: labelled.map(({ label }) => label),
    }
    const { engine, record } = await watched()
    await train({
      engine,
      network: 'adiencenet',
      width: 1,
      input,
      classes: 2,
      train: some,
      validation: { size, pixels: some.pixels.slice(0, 1), labels: some.labels.slice(0, 1) },
      schedule: {
        batch: BATCH,
        iterations: ITERATIONS + 4,
        rate: 0.001,
        gamma: 0.1,
        steps: [],
        momentum: 0.9,
        decay: 0.0005,
        // Neither is part of the measurement.
        validateEvery: 10 * ITERATIONS,
        checkpointEvery: 10 * ITERATIONS,
      },
      seed: 'feed',
      folder: join(folder, `run${input}`),
    })
    const whole = (record.last - record.first) / 1000
    const images = ITERATIONS * BATCH
    const ready = (4 * BATCH) / (await alone(record, ITERATIONS / 4))
    const busy = ((100 * record.busy) / 1000 / whole).toFixed(1)
    const looped = images / whole
    console.log(
      `AdienceNet, ${input} pixels, batch ${BATCH}, ${ITERATIONS} iterations, ${engine.threads} threads: engine busy ${busy} %, ` +
        `${looped.toFixed(1)} images/s; engine alone ${ready.toFixed(1)}, ratio ${(looped / ready).toFixed(3)}; ` +
        `${FACES} photos prepared in ${preparing.toFixed(1)} s`,
    )
  }
} finally {
  rmSync(folder, { recursive: true })
}
