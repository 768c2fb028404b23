/**
 * Random networks of random layers, computed in several ways that must agree: ONNX Runtime in Node, in WebAssembly, and
 * a plain interpreter in double precision; the gradient beside differences; relevance beside its definitions.
 */

import * as wasm from 'onnxruntime-web/wasm'
import { Random } from '../../src/base/random.ts'
import type { Engine, Tensors } from '../../src/engine/engine.ts'
import { nodeEngine } from '../../src/engine/node.ts'
import { sessionEngine } from '../../src/engine/session.ts'
import type { Value } from '../../src/graph/builder.ts'
import { readGraph, writeGraph } from '../../src/graph/file.ts'
import type { Node, NodeOf } from '../../src/graph/operators.ts'
import { float32, type Graph } from '../../src/graph/types.ts'
import { verify } from '../../src/graph/verify.ts'
import { canonise } from '../../src/rules/canonise/canonise.ts'
import { type CompositeName, composites } from '../../src/rules/composites/presets.ts'
import { CONSERVATION_COLUMNS } from '../../src/rules/relevance/conservation.ts'
import { relevance } from '../../src/rules/relevance/relevance.ts'
import { allowance, condition } from '../../tests/rules/condition.ts'
import { CLASSES, Layers, type Pattern, pictures, RANGE, SIZE } from '../../tests/rules/patterns.ts'
import { type Plain, plain, plainForward, windowsOf } from '../../tests/rules/plainGraph.ts'
import { keeps, presets } from '../../tests/rules/plainPresets.ts'
import { plainRelevance } from '../../tests/rules/plainRelevance.ts'
import { oneHot } from '../../tests/rules/targets.ts'
import { ensure, onlyFile, type Target } from '../target.ts'

const AREA = 3 * SIZE * SIZE

/** Layers that may follow each other in any order: each makes a picture of a picture. */
const LAYERS: Readonly<Record<string, (l: Layers, name: string, x: Value, random: Random) => Value>> = {
  conv: (l, name, x, random) =>
    l.conv(name, x, 2 + random.integer(4), random.pick([1, 3, 3, 5]), {
      stride: side(x) > 2 ? random.pick([1, 1, 2]) : 1,
      bias: random.chance(0.7),
    }),
  depthwise: (l, name, x, random) => {
    const channels = Number(x.shape[1])
    return l.conv(name, x, channels * random.pick([1, 2]), 3, { group: channels, bias: random.chance(0.5) })
  },
  grouped: (l, name, x, random) => {
    const channels = Number(x.shape[1])
    return channels % 2 ? l.relu(name, x) : l.conv(name, x, 4, 3, { group: 2, bias: random.chance(0.5) })
  },
  batchNorm: (l, name, x) => l.batchNorm(name, x),
  relu: (l, name, x) => l.relu(name, x),
  relu6: (l, name, x) => l.relu6(name, x),
  leaky: (l, name, x, random) => l.g.op('LeakyRelu', [x], { alpha: random.uniform(0.01, 0.5) }, name),
  sigmoid: (l, name, x) => l.g.op('Sigmoid', [x], {}, name),
  tanh: (l, name, x) => l.g.op('Tanh', [x], {}, name),
  hardSwish: (l, name, x) => l.g.op('HardSwish', [x], {}, name),
  dropout: (l, name, x) => l.g.op('Dropout', [x], {}, name),
  lrn: (l, name, x, random) =>
    l.g.op('LRN', [x], { size: random.pick([3, 5]), alpha: random.uniform(0.01, 0.3), beta: 0.75 }, name),
  maxPool: (l, name, x, random) =>
    side(x) < 3 ? l.relu(name, x) : l.g.op('MaxPool', [x], window(random), name),
  averagePool: (l, name, x, random) =>
    side(x) < 3
      ? l.relu(name, x)
      : l.g.op('AveragePool', [x], { ...window(random), count_include_pad: random.integer(2) }, name),
  residual: (l, name, x, random) => {
    const channels = Number(x.shape[1])
    const inner = random.pick([1, 3])
    const branch = l.relu(`${name}.relu`, l.conv(`${name}.conv1`, x, channels, inner))
    return l.g.op(
      'Add',
      [l.conv(`${name}.conv2`, branch, channels, 3, { bias: random.chance(0.5) }), x],
      {},
      name,
    )
  },
  branches: (l, name, x, random) => {
    const made = Array.from({ length: 2 + random.integer(2) }, (_, k) =>
      l.relu(`${name}.relu${k}`, l.conv(`${name}.conv${k}`, x, 1 + random.integer(3), random.pick([1, 3]))),
    )
    return l.g.op('Concat', made, { axis: 1 }, name)
  },
  gate: (l, name, x, random) => {
    const channels = Number(x.shape[1])
    const pooled = l.g.op('GlobalAveragePool', [x], {}, `${name}.pool`)
    const open = l.conv(`${name}.open`, pooled, channels, 1)
    return l.gated(
      name,
      x,
      l.g.op(random.pick(['Sigmoid', 'HardSigmoid'] as const), [open], {}, `${name}.gate`),
    )
  },
}

function side(x: Value): number {
  return Math.min(Number(x.shape[2]), Number(x.shape[3]))
}

function window(random: Random) {
  const kernel = random.pick([2, 3])
  const pad = kernel === 3 ? random.integer(2) : 0
  const step = random.pick([1, 2])
  return {
    kernel_shape: [kernel, kernel],
    strides: [step, step],
    pads: [pad, pad, pad, pad],
    ceil_mode: random.integer(2),
  }
}

/** A network of two to eight random layers, which begins with a convolution. */
function randomNetwork(random: Random): Pattern {
  const l = new Layers('random', random)
  const names = Object.keys(LAYERS)
  let x = l.conv('first', l.input(), 3 + random.integer(3), 3, { bias: random.chance(0.7) })
  const depth = 2 + random.integer(7)
  for (let k = 0; k < depth; k++) {
    const kind = random.pick(names)
    x = LAYERS[kind]!(l, `${kind}${k}`, x, random)
  }
  return l.finished(x)
}

/** Presets that the judge knows; AttnLRP's keep constants, for which sums of these layers are nothing special. */
const NAMES = Object.keys(presets) as CompositeName[]

async function graphs(): Promise<Target> {
  const node = await nodeEngine({ threads: 1 })
  wasm.env.wasm.numThreads = 1
  const web = sessionEngine(wasm, { device: 'wasm', threads: 1, writesInto: false, oneAtATime: true })
  return {
    seeds: [new Map()],
    mutate: (_, random) => new Map([['seed.txt', new TextEncoder().encode(String(random.uint32()))]]),
    async read(input) {
      const random = new Random(new TextDecoder().decode(onlyFile(input)[1]))
      const { graph, gates } = randomNetwork(random)
      verify(graph)
      const written = writeGraph(graph)
      const again = writeGraph(readGraph(written, 'random.onnx'))
      ensure(Buffer.compare(written, again) === 0, 'the graph changes when it is written and read again')

      const images = pictures(1, `pictures ${random.uint32()}`)
      const picture = plain(images.shape, images.data)
      const target = random.integer(CLASSES)
      const values = plainForward(graph, { images: picture })
      const logits = values.get('logits')!.data
      const { logits: found } = await run(node, graph, { images })
      requireClose(found!.data as Float32Array, logits, CLOSE, 'the logits')

      await requireGradient(node, graph, picture, target, random)
      // Which of two numbers is the maximum is a matter of rounding where they nearly are the same, and with it the map.
      if (hasNearTies(graph, values)) return
      const name = random.pick(NAMES)
      const { graph: explaining, rows } = relevance(graph, composites[name], {
        range: RANGE,
        conservation: true,
      })
      verify(explaining)
      const feeds = { images, target: oneHot([target], CLASSES) }
      const results = await run(node, explaining, feeds)
      const map = results.relevance!.data as Float32Array
      requireJudged(graph, gates, name, picture, target, map)
      requireConserved(rows.length, results.conservation!.data as Float32Array, map)

      // WebAssembly takes most of the time, so only one in ten runs there.
      if (random.chance(0.9)) return
      const other = await run(web, explaining, feeds)
      requireJudged(graph, gates, name, picture, target, other.relevance!.data as Float32Array)
      requireClose(other.logits!.data as Float32Array, logits, CLOSE, 'the logits in WebAssembly')
    },
  }
}

async function run(engine: Engine, graph: Graph, feeds: Tensors): Promise<Tensors> {
  const program = await engine.load(graph)
  try {
    return await program.run(feeds)
  } finally {
    await program.release()
  }
}

/** The gradient in a direction is the slope there, in double precision. */
async function requireGradient(engine: Engine, graph: Graph, picture: Plain, target: number, random: Random) {
  const { graph: withGradient } = relevance(graph, composites.gradient)
  const images = float32(picture.shape, Float32Array.from(picture.data))
  const results = await run(engine, withGradient, { images, target: oneHot([target], CLASSES) })
  const gradient = results.relevance!.data as Float32Array
  const largest = gradient.reduce((most, v) => Math.max(most, Math.abs(v)), 0)
  const direction = Float64Array.from({ length: AREA }, () => random.normal())
  const at = (step: number) => {
    const moved = plain(
      picture.shape,
      picture.data.map((v, i) => v + step * direction[i]!),
    )
    return plainForward(graph, { images: moved }).get('logits')!.data[target]!
  }
  const [one, half] = [1e-6, 5e-7].map((step) => (at(step) - at(-step)) / (2 * step)) as [number, number]
  const scale = largest * Math.sqrt(AREA) + 1e-3
  // Where an activation or a maximum changes sides between, there is no one slope.
  if (Math.abs(one - half) > 1e-5 * scale) return
  const along = gradient.reduce((sum, v, i) => sum + v * direction[i]!, 0)
  ensure(
    Math.abs(along - one) <= 1e-3 * scale,
    `the gradient along a direction is ${along}, and the slope ${one}`,
  )
}

/** Whether a maximum is larger than the next number by no more than rounding may change. */
function hasNearTies(graph: Graph, values: ReadonlyMap<string, Plain>): boolean {
  return graph.nodes.some((node) => {
    if (node.op !== 'MaxPool') return false
    const x = values.get(node.inputs[0]!)!
    return windowsOf(node as NodeOf<'MaxPool'>, x).windows.some((window) => {
      const inside = window.map((i) => x.data[i]!)
      const largest = Math.max(...inside)
      const close = 1e-5 * (Math.abs(largest) + 1e-3)
      return inside.some((value) => value < largest && largest - value <= close)
    })
  })
}

/** A map is the one of the definitions, as far as single precision can know it. */
function requireJudged(
  graph: Graph,
  gates: readonly string[],
  name: CompositeName,
  picture: Plain,
  target: number,
  map: Float32Array,
): void {
  const constants = keeps(name) ? 'keep' : 'pass'
  const form = canonise(graph, keeps(name) ? 'keep' : undefined)
  const first = form.nodes.find(({ op }) => op === 'Conv')!.name
  const judge = (fed: Record<string, Plain>) => {
    const values = plainForward(form, fed)
    const start = plain([1, CLASSES])
    start.data[target] = name === 'excitation' ? 1 : values.get('logits')!.data[target]!
    return plainRelevance(
      form,
      values,
      { name: 'logits', relevance: start },
      {
        rule: (node: Node) => presets[name]!(node, node.name === first),
        gates,
        batchNorm: name === 'excitation' ? 'pass' : 'proportional',
        constants,
      },
    ).get('images')!
  }
  const expected = judge({ images: picture }).data
  // As close as for single layers, or where quotients nearly cancel, as the condition says: roughly, and then exactly,
  // since each draw takes as long as the judge.
  if (isClose(map, expected, CLOSE)) return
  const allowed = (draws: number) => Math.max(CLOSE, allowance(condition(form, picture, judge, draws)))
  if (isClose(map, expected, allowed(2))) return
  requireClose(map, expected, allowed(64), `the map by ${name}`)
}

/** What arrives at a layer leaves it, or is accounted for. */
function requireConserved(rows: number, table: Float32Array, map: Float32Array): void {
  const width = CONSERVATION_COLUMNS.length
  const all = Array.from({ length: rows }, (_, k) => Array.from(table.subarray(k * width, (k + 1) * width)))
  const most = Math.max(...all.map(([arrived]) => Math.abs(arrived!)), 1e-30)
  let lost = 0
  for (const [arrived, left, ...stayed] of all as [number, number, ...number[]][]) {
    const kept = stayed.reduce((sum, v) => sum + v, 0)
    lost += kept
    ensure(
      Math.abs(arrived - left - kept) / most < 1e-4,
      `a layer loses ${arrived - left - kept} of ${arrived}`,
    )
  }
  const size = map.reduce((sum, v) => sum + Math.abs(v), 0)
  const sum = map.reduce((total, v) => total + v, 0)
  ensure(
    Math.abs(all[0]![0]! - lost - sum) <= 1e-4 * (most + size),
    `${all[0]![0]! - lost - sum} of the relevance is lost`,
  )
}

/** What numbers in single precision may be off by, of the largest. */
const CLOSE = 1e-4

function isClose(found: ArrayLike<number>, expected: Float64Array, tolerance: number): boolean {
  const most = expected.reduce((largest, v) => Math.max(largest, Math.abs(v)), 0)
  return expected.every((v, k) => Math.abs(found[k]! - v) <= tolerance * most)
}

function requireClose(
  found: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
  what: string,
): void {
  ensure(found.length === expected.length, `${what}: ${found.length} numbers, not ${expected.length}`)
  const largest = Array.from(expected).reduce((most, v) => Math.max(most, Math.abs(v)), 0)
  for (let k = 0; k < expected.length; k++) {
    const off = Math.abs(found[k]! - expected[k]!)
    ensure(
      off <= tolerance * largest + 1e-30,
      `${what}[${k}] is ${found[k]}, not ${expected[k]}, beside ${largest}; allowed is ${tolerance}`,
    )
  }
}

export const differential = { graphs }
