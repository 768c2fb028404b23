/** What the benchmarks share: the machine, its peak speed, and printing. */

import { readFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg } from 'node:os'
import ort from 'onnxruntime-node'
import { nodeEngine } from '../dist/engine/node.js'
import { GraphBuilder } from '../dist/graph/builder.js'
import { float32, sizeOf } from '../dist/graph/types.js'

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** The peak memory of this process, in GB. */
export function peakMemory() {
  // Not resourceUsage(): its peak starts with that of the parent process.
  const [, peak] = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))
  return (Number(peak) * 1024) / 1e9
}

/** Print a row of a Markdown table. */
export function row(...cells) {
  console.log(`| ${cells.join(' | ')} |`)
}

/** Print the head of a Markdown table. */
export function head(...names) {
  row(...names)
  row(...names.map((name) => '-'.repeat(name.length)))
}

/** Print which machine the figures below are measured on, and how busy it was. */
export function describeMachine() {
  const now = new Date().toISOString().slice(0, 16).replace('T', ' ')
  console.log(
    `${cpus()[0].model}, ${availableParallelism()} cores, Node ${process.versions.node}, ${now}, ` +
      `load before ${loadavg()[0].toFixed(1)}`,
  )
}

/** A side's speed, in words. */
export function reached({ matrix, convolution }) {
  return `matrix product ${matrix.toFixed(0)} GFLOPS, convolution ${convolution.toFixed(0)} GFLOPS`
}

/** Print what regard computes with, and its speed on the same work that `peer.py` measures for PyTorch. */
export async function describeOwn() {
  const engine = await nodeEngine()
  const side = 2048
  const product = new GraphBuilder('product')
  const factors = ['a', 'b'].map((name) => product.input(name, 'float32', [side, side]))
  product.output('y', product.op('MatMul', factors))
  const convolution = new GraphBuilder('convolution')
  const pictures = convolution.input('pictures', 'float32', [4, 256, 56, 56])
  const filters = convolution.constant(filled([256, 256, 3, 3]))
  convolution.output('y', convolution.op('Conv', [pictures, filters], { pads: [1, 1, 1, 1] }))
  const reach = {
    matrix: await gflops(engine, product.graph(), 2 * side ** 3),
    convolution: await gflops(engine, convolution.graph(), 2 * sizeOf(pictures.shape) * 256 * 9),
  }
  console.log(
    `regard: ONNX Runtime ${ort.env.versions.node} (${engine.device}), ${engine.threads} threads; ${reached(reach)}`,
  )
}

/** The best of six runs. */
async function gflops(engine, graph, operations) {
  const program = await engine.load(graph)
  const feeds = Object.fromEntries(graph.inputs.map(({ name, shape }) => [name, filled(shape)]))
  const into = { y: float32(graph.outputs[0].shape) }
  let best = Number.POSITIVE_INFINITY
  for (let run = 0; run < 6; run++) {
    const started = performance.now()
    await program.run(feeds, into)
    best = Math.min(best, (performance.now() - started) / 1000)
  }
  await program.release()
  return operations / best / 1e9
}

function filled(shape) {
  return float32(
    shape,
    Float32Array.from({ length: sizeOf(shape) }, (_, k) => (k % 7) / 7),
  )
}
