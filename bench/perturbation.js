/**
 * Pixel flipping in both orders with GoogLeNet at its published size, compared with PyTorch, and its cost compared with
 * the forward passes alone.
 *
 *   npm run bench -- perturbation [FILL]      constant, normal, uniform, blur or linear; constant where none is given
 *
 * 8 pictures, 50 steps, batches of 8 on both sides: medians over rounds in which all take turns. In CPU time, the ratio
 * hardly depends on what else the machine does. With the fill constant both sides flip the same pixels of the same
 * pictures by the same maps and weights, and exit code 1 says that their scores disagree; other fills are regard's
 * alone.
 */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Random } from '../dist/base/random.js'
import { nodeEngine } from '../dist/engine/node.js'
import { pixelFlipping } from '../dist/explanation/measures/pixelFlipping.js'
import { loadScores } from '../dist/explanation/methods/loadPrograms.js'
import { float32, sizeOf } from '../dist/graph/types.js'
import { head, median, row } from './measure.js'
import { livelyNetwork } from './network.js'
import { difference, introduce, python, runPython, writeNumbers } from './peer.js'

const ROUNDS = 3
const PICTURES = 8
const STEPS = 50
const BATCH = 8
const SIZE = 224
const CLASSES = 1000
/** The class whose logit is explained. */
const CLASS = 282
/** The most that a score may differ by, relative to the largest. */
const MOST = 1e-4

const [fill = 'constant'] = process.argv.slice(2)
const random = new Random('bench')
const numbers = (shape, low, high) =>
  float32(
    shape,
    Float32Array.from({ length: sizeOf(shape) }, () => random.uniform(low, high)),
  )
const pictures = Array.from({ length: PICTURES }, () => numbers([1, 3, SIZE, SIZE], -128, 127))
const maps = Array.from({ length: PICTURES }, () => numbers([SIZE, SIZE], -1, 1).data)
const target = Float32Array.from({ length: CLASSES }, (_, k) => (k === CLASS ? 1 : 0))
/** The whole picture, and one for each step in both orders; the last ones are the same. */
const PASSES = 2 * STEPS

const { network, weights } = livelyNetwork('googlenet', 'batch', CLASSES)
const { program, scoresOf } = await loadScores(await nodeEngine(), network, network.outputs[0].name)
await introduce()
const folder = mkdtempSync(join(tmpdir(), 'regard-bench-'))
const beside = python && fill === 'constant'
const seconds = { forward: [], regard: [], peer: [] }
const cpu = { forward: [], regard: [] }
try {
  writeNumbers(
    join(folder, 'weights.bin'),
    [...weights.values()].map(({ data }) => data),
  )
  writeNumbers(
    join(folder, 'pictures.bin'),
    pictures.map(({ data }) => data),
  )
  writeNumbers(join(folder, 'maps.bin'), maps)
  const plan = {
    weights: [...weights].map(([name, { shape }]) => [name, shape]),
    pictures: PICTURES,
    size: SIZE,
    steps: STEPS,
    batch: BATCH,
    class: CLASS,
  }
  // Each program warms up.
  await forwardAlone(1)
  for (let round = 0; round < ROUNDS; round++) {
    await timed('forward', () => forwardAlone(PICTURES))
    const scores = await timed('regard', flipped)
    if (!beside) continue
    const theirs = runPython('perturbation.py', JSON.stringify(plan), folder)
    seconds.peer.push(theirs.seconds)
    const apart = difference(scores, theirs.scores)
    if (apart <= MOST) continue
    console.error(`the scores of both differ by ${apart.toExponential(1)}`)
    process.exitCode = 1
  }
} finally {
  rmSync(folder, { recursive: true })
  await program.release()
}
const [forward, regard] = [median(seconds.forward), median(seconds.regard)]
const rate = (each) => `${((PICTURES * PASSES) / each).toFixed(1)} passes/s`
head('fill', 'forward passes alone', 'regard', 'multiple', 'by CPU time', 'PyTorch', 'ratio')
const theirs = beside ? median(seconds.peer) : undefined
row(
  fill,
  rate(forward),
  rate(regard),
  (regard / forward).toFixed(2),
  (median(cpu.regard) / median(cpu.forward)).toFixed(2),
  theirs ? rate(theirs) : '–',
  theirs ? (theirs / regard).toFixed(2) : '–',
)

/** Record the seconds that something takes. */
async function timed(side, run) {
  const [started, before] = [performance.now(), process.cpuUsage()]
  const result = await run()
  seconds[side].push((performance.now() - started) / 1000)
  const { user, system } = process.cpuUsage(before)
  cpu[side].push((user + system) / 1e6)
  return result
}

/** Forward passes for as many pictures, on an existing batch. */
async function forwardAlone(count) {
  const data = new Float32Array(BATCH * pictures[0].data.length)
  for (let at = 0; at < BATCH; at++) data.set(pictures[at % PICTURES].data, at * pictures[0].data.length)
  for (let picture = 0; picture < count; picture++) {
    for (let first = 0; first < PASSES; first += BATCH) {
      const rows = Math.min(BATCH, PASSES - first)
      const part = data.subarray(0, rows * pictures[0].data.length)
      const targets = new Float32Array(rows * CLASSES)
      await scoresOf({ type: 'float32', shape: [rows, 3, SIZE, SIZE], data: part }, targets)
    }
  }
}

async function flipped() {
  const scores = []
  for (const [k, picture] of pictures.entries()) {
    const map = { width: SIZE, height: SIZE, data: maps[k] }
    const found = await pixelFlipping(scoresOf, picture, target, map, { steps: STEPS, fill, batch: BATCH })
    scores.push(...found.scores.morf, ...found.scores.lerf)
  }
  return scores
}
