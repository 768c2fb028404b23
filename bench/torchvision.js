/**
 * torchvision's classifiers, read from ONNX: their answers compared with PyTorch's, and their relevance under every
 * preset.
 *
 *   /usr/bin/python3 bench/torchvision.py FOLDER
 *   node bench/torchvision.js FOLDER [NAME ...]
 *
 * A model that was made for one picture is opened to more. Prints a line for each: how many nodes the file has in
 * memory, seconds to read it, and the largest difference of a logit to PyTorch's, as a part of the largest logit; below
 * it for each preset the logit that is explained, what of it reached the pixels, Σ|R| / |logit|, which says how much
 * larger the map's parts are than what they add up to, and what biases and ε took on the way; and how far two maps are
 * apart, as a part of their length: the gradient and PyTorch's, and that of attnlrp-gamma before and after ONNX Runtime's
 * optimiser. Exit code 1 where logits differ by more than 1e-4, the gradient by more than 1e-3 or the optimised map by
 * more than 1e-4, a map has a number that is none, the report of a layer does not balance, or the parts by a preset with
 * γ are a hundred times the logit.
 */

import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import ort from 'onnxruntime-node'
import { nodeEngine } from '../dist/engine/node.js'
import { loadExplainer } from '../dist/explanation/explain.js'
import { readModelFile } from '../dist/formats/node.js'
import { readNpy } from '../dist/formats/npy.js'
import { openBatch } from '../dist/graph/batch.js'
import { readGraph } from '../dist/graph/file.js'
import { composites } from '../dist/rules/composites/presets.js'

const TOLERANCE = 1e-4
const GRADIENT_TOLERANCE = 1e-3

const [folder, ...wanted] = process.argv.slice(2)
if (!folder) {
  console.error('usage: node bench/torchvision.js FOLDER [NAME ...]')
  process.exit(2)
}
const names = readdirSync(folder)
  .filter((file) => file.endsWith('.onnx'))
  .map((file) => file.slice(0, -'.onnx'.length))
  .filter((name) => wanted.length === 0 || wanted.includes(name))

const engine = await nodeEngine()
const tensor = (name) => readNpy(readFileSync(join(folder, name)), name)

for (const name of names) {
  const started = performance.now()
  const graph = openBatch(await readModelFile(join(folder, `${name}.onnx`)))
  const seconds = (performance.now() - started) / 1000
  const pictures = tensor(`${name}.input.npy`)
  const difference = await compare(graph, pictures, tensor(`${name}.logits.npy`))
  const wrong = !(difference <= TOLERANCE)
  if (wrong) process.exitCode = 1
  console.log(
    `${name.padEnd(28)} ${String(graph.nodes.length).padStart(4)} nodes  read ${seconds.toFixed(2)} s  ` +
      `difference ${difference.toExponential(1)}${wrong ? '  TOO LARGE' : ''}`,
  )
  const [, ...shape] = pictures.shape
  const first = {
    type: 'float32',
    shape: [1, ...shape],
    data: pictures.data.slice(0, pictures.data.length / 2),
  }
  for (const composite of Object.values(composites)) {
    const map = await explain(graph, composite, first)
    if (composite.name === 'gradient')
      compareMaps('beside PyTorch', map, tensor(`${name}.gradient.npy`).data, GRADIENT_TOLERANCE)
    if (composite.name === 'attnlrp-gamma')
      compareMaps('after the optimiser', await explainOptimised(name, composite, first), map, TOLERANCE)
  }
}

/** The map of the network as ONNX Runtime's optimiser writes it, with its own fused operators. */
async function explainOptimised(name, composite, picture) {
  const path = join(folder, `${name}.optimised`)
  const options = { graphOptimizationLevel: 'extended', optimizedModelFilePath: path, logSeverityLevel: 3 }
  const session = await ort.InferenceSession.create(join(folder, `${name}.onnx`), options)
  await session.release()
  const explainer = await loadExplainer(engine, readGraph(readFileSync(path), path), composite)
  rmSync(path)
  const [{ relevance }] = await explainer.explain(picture, ['top'])
  await explainer.release()
  return relevance.data
}

/** Print how far two maps are apart, as a fraction of the length of the second. */
function compareMaps(what, actual, expected, most) {
  const length = (values) => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0))
  const apart = length(expected.map((value, k) => value - actual[k])) / length(expected)
  const wrong = !(apart <= most)
  if (wrong) process.exitCode = 1
  console.log(`    ${''.padEnd(26)} ${what}: ${apart.toExponential(1)} apart${wrong ? '  TOO LARGE' : ''}`)
}

/** Explain the network's own answer, and print where the logit went. */
async function explain(graph, composite, picture) {
  const range = { low: [-3, -3, -3], high: [3, 3, 3] }
  const explainer = await loadExplainer(engine, graph, composite, {
    conservation: composite.method !== 'gradient',
    range,
  })
  const [{ logit, relevance, conservation }] = await explainer.explain(picture, ['top'])
  await explainer.release()
  const total = (column) => conservation.reduce((sum, layer) => sum + layer[column], 0)
  const map = relevance.data.reduce((sum, value) => sum + value, 0)
  const size = relevance.data.reduce((sum, value) => sum + Math.abs(value), 0) / Math.abs(logit)
  const most = conservation.reduce(
    (largest, layer) => Math.max(largest, Math.abs(layer.in), Math.abs(layer.out)),
    0,
  )
  const unbalanced = conservation.find(
    (layer) => Math.abs(layer.in - layer.out - layer.bias - layer.epsilon - layer.padding) > 1e-4 * most,
  )
  const faults = [
    relevance.data.every(Number.isFinite) ? '' : '  NOT FINITE',
    relevance.data.some((value) => value !== 0) ? '' : '  ALL ZERO',
    composite.name.includes('gamma') && !composite.name.includes('box') && !(size < 100) ? '  TOO LARGE' : '',
    unbalanced ? `  UNBALANCED at ${unbalanced.layer}` : '',
  ].join('')
  if (faults) process.exitCode = 1
  const number = (value) => value.toPrecision(4)
  const report = conservation.length
    ? `, biases ${number(total('bias'))}, ε ${number(total('epsilon'))}, largest layer ${number(most)}`
    : ''
  console.log(
    `    ${composite.name.padEnd(26)} logit ${number(logit)}, map ${number(map)}, Σ|R| / |logit| ${number(size)}${report}${faults}`,
  )
  return relevance.data
}

/** The largest difference of a logit from the expected one, as a fraction of the largest logit. */
async function compare(graph, pictures, expected) {
  const program = await engine.load(graph)
  const results = await program.run({ [graph.inputs[0].name]: pictures })
  await program.release()
  return relativeDifference(results[graph.outputs[0].name].data, expected.data)
}

function relativeDifference(actual, expected) {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
  return actual.reduce((most, value, k) => Math.max(most, Math.abs(value - expected[k])), 0) / (largest || 1)
}
