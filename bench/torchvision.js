/**
 * torchvision's classifiers, read from ONNX and run, beside PyTorch's own answers.
 *
 *   /usr/bin/python3 bench/torchvision.py FOLDER
 *   node bench/torchvision.js FOLDER [NAME ...]
 *
 * Prints a line for each: how many nodes the file has in memory, seconds to read it, and the largest difference of
 * a logit to PyTorch's, as a part of the largest logit. Exit code 1 where one is above 1e-4.
 */

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { nodeEngine } from '../dist/engine/node.js'
import { readNpy } from '../dist/formats/npy.js'
import { readOnnx } from '../dist/formats/onnx.js'

const TOLERANCE = 1e-4

const [folder, ...wanted] = process.argv.slice(2)
if (!folder) {
  console.error('usage: node bench/torchvision.js FOLDER [NAME ...]')
  process.exit(2)
}
const names = readdirSync(folder)
  .filter((file) => file.endsWith('.onnx'))
  .map((file) => file.slice(0, -'.onnx'.length))
  .filter((name) => wanted.length === 0 || wanted.includes(name))

const engine = nodeEngine()
const tensor = (name) => readNpy(readFileSync(join(folder, name)), name)

for (const name of names) {
  const started = performance.now()
  const graph = readOnnx(join(folder, `${name}.onnx`))
  const seconds = (performance.now() - started) / 1000
  const pictures = tensor(`${name}.input.npy`)
  const difference = await compare(graph, pictures, tensor(`${name}.logits.npy`))
  const wrong = !(difference <= TOLERANCE)
  if (wrong) process.exitCode = 1
  console.log(
    `${name.padEnd(28)} ${String(graph.nodes.length).padStart(4)} nodes  read ${seconds.toFixed(2)} s  ` +
      `difference ${difference.toExponential(1)}${wrong ? '  TOO LARGE' : ''}`,
  )
}

/** The largest difference of a logit to the expected one, as a part of the largest logit. */
async function compare(graph, pictures, expected) {
  const program = await engine.load(graph)
  const results = await program.run({ [graph.inputs[0].name]: pictures })
  await program.release()
  return relativeDifference(results[graph.outputs[0].name].data, expected.data)
}

function relativeDifference(actual, expected) {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
  return actual.reduce((most, value, k) => Math.max(most, Math.abs(value - expected[k])), 0) / largest
}
