/**
 * What every engine must compute like Node's CPU: each relevance rule, each operator with its gradient, a training
 * step, ten-crop scores, and the maps of the four networks, all small.
 */

import { Random } from '../../../src/base/random.ts'
import type { Tensors } from '../../../src/engine/engine.ts'
import { tenCropGraph } from '../../../src/evaluation/tenCrop.ts'
import { GraphBuilder, type Value } from '../../../src/graph/builder.ts'
import { float32, type Graph, int64, sizeOf, type Tensor, type ValueInfo } from '../../../src/graph/types.ts'
import { type NetworkName, networks } from '../../../src/networks/index.ts'
import type { CompositeEntryInput } from '../../../src/rules/composites/composite.ts'
import { composites } from '../../../src/rules/composites/presets.ts'
import { type RelevanceOptions, relevance } from '../../../src/rules/relevance/relevance.ts'
import { gradientStep, updateStep } from '../../../src/training/step.ts'
import { build, type Case as Derivative, withGradient } from '../../rules/differences.ts'
import { groups } from '../../rules/gradientCases.ts'
import { CLASSES, patterns, pictures, RANGE } from '../../rules/patterns.ts'

/** A graph and its feeds. */
export interface Case {
  readonly graph: Graph
  readonly feeds: Tensors
}

const BATCH = 2
const GROUPS = ['relevance', 'operators', 'activations', 'training', 'scoring', 'networks'] as const

/** The cases by group and name; each is built on demand. */
export const cases: Readonly<Record<(typeof GROUPS)[number], Readonly<Record<string, () => Case>>>> = {
  relevance: relevanceCases(),
  operators: Object.fromEntries(
    Object.values(groups).flatMap((group) =>
      Object.entries(group).map(([name, subject]) => [name, () => derivative(subject, name)]),
    ),
  ),
  activations: { 'every two behind a convolution': () => activations() },
  training: { 'the gradient of a step': () => step(), 'the update of a step': () => update() },
  scoring: { 'ten crops': () => tenCrops() },
  networks: Object.fromEntries(
    (Object.keys(networks) as NetworkName[]).map((name) => [name, () => mapOf(name)]),
  ),
}

function relevanceCases(): Record<string, () => Case> {
  const on =
    (pattern: string, options: object, layer: CompositeEntryInput, more?: RelevanceOptions) => () => {
      const composite = {
        name: 'case',
        layers: [layer, { rule: 'epsilon', epsilon: 0.01 } as const],
        ...options,
      }
      const { graph } = relevance(patterns[pattern]!().graph, composite, more)
      const target = float32([BATCH, CLASSES], [0, 1, 0, 0, 0, 1])
      return { graph, feeds: { images: pictures(BATCH), target } }
    }
  const rules: { [R in CompositeEntryInput['rule']]: CompositeEntryInput & { rule: R } } = {
    epsilon: { rule: 'epsilon', epsilon: 0.01 },
    simple: { rule: 'simple' },
    'alpha-beta': { rule: 'alpha-beta', alpha: 2, beta: -1 },
    'z-plus': { rule: 'z-plus' },
    gamma: { rule: 'gamma', gamma: 0.25 },
    'z-box': { first: 1, rule: 'z-box', ...RANGE },
    'w-square': { rule: 'w-square' },
    flat: { rule: 'flat' },
  }
  const { epsilon } = rules
  return {
    ...Object.fromEntries(
      Object.entries(rules).map(([rule, entry]) => [
        rule,
        on('inception', {}, entry, { conservation: true }),
      ]),
    ),
    'max pooling in equal shares': on('inception', { maxPool: 'equal' }, epsilon),
    'max pooling in proportion': on('inception', { maxPool: 'proportional' }, epsilon),
    'LRN by Taylor': on('inception', { lrn: 'taylor' }, epsilon),
    'sums in proportion': on('residual', {}, epsilon),
    'sums in equal shares': on('residual', { add: 'equal' }, epsilon),
    'batch normalisation': on('dense', {}, epsilon),
    'convolutions channel by channel': on('depthwise', {}, rules['alpha-beta']),
    'gates of channels': on('squeezeExcitation', {}, epsilon),
    'the top class of one picture': () => {
      const { graph } = relevance(patterns.inception!().graph, composites.paper, { onePicture: true })
      return {
        graph,
        feeds: { images: pictures(1), target: float32([3, CLASSES], [0, 0, 0, 1, 0, 0, 0, 1, -1]) },
      }
    },
  }
}

/** An operator's values and its gradient. */
function derivative(subject: Derivative, name: string): Case {
  const forward = build(subject, 'float32', 'batch')
  const by = subject.by ?? subject.inputs.map((_, k) => k)
  const g = GraphBuilder.from(withGradient(forward, by, 'batch'))
  for (const output of forward.outputs) g.output(output.name, g.value(output.name))
  const graph = g.graph()
  const random = new Random(name)
  const feeds = graph.inputs.map((input, k) => {
    const { low, high } = subject.inputs[k] ?? { low: -2, high: 2 }
    return [input.name, filled(input, () => random.uniform(low, high))] as const
  })
  return { graph, feeds: Object.fromEntries(feeds) }
}

/**
 * Every pair of activations in sequence, each after its own convolution with numbers up to some hundred.
 */
function activations(): Case {
  const random = new Random('activations')
  const drawn = (shape: number[], most: number) =>
    float32(
      shape,
      Float32Array.from({ length: sizeOf(shape) }, () => random.uniform(-most, most)),
    )
  const g = new GraphBuilder('activations')
  const images = g.input('images', 'float32', [BATCH, 8, 12, 12])
  const scalar = (value: number) => g.constant(float32([], [value]))
  const kinds = {
    relu: (x: Value) => g.op('Relu', [x]),
    relu6: (x: Value) => g.op('Clip', [x, undefined, scalar(6)]),
    clip: (x: Value) => g.op('Clip', [x, scalar(-0.3), scalar(0.7)]),
    leaky: (x: Value) => g.op('LeakyRelu', [x], { alpha: 0.1 }),
    sigmoid: (x: Value) => g.op('Sigmoid', [x]),
    hardSigmoid: (x: Value) => g.op('HardSigmoid', [x], { alpha: 0.01, beta: 0.4 }),
    tanh: (x: Value) => g.op('Tanh', [x]),
  }
  for (const [first, one] of Object.entries(kinds)) {
    for (const [second, other] of Object.entries(kinds)) {
      const convolved = g.op('Conv', [images, g.constant(drawn([4, 8, 3, 3], 1)), g.constant(drawn([4], 1))])
      g.output(`${first} ${second}`, other(one(convolved)))
    }
  }
  return { graph: g.graph(), feeds: { images: drawn([BATCH, 8, 12, 12], 20) } }
}

function mapOf(name: NetworkName): Case {
  const { graph, random } = small(name, 1)
  const explained = relevance(graph, composites.paper).graph
  const images = filled(explained.inputs[0]!, () => random.uniform(-128, 128))
  return { graph: explained, feeds: { images, target: float32([1, CLASSES], [0, 1, 0]) } }
}

function step(): Case {
  const { graph, random } = small('adiencenet', BATCH)
  const gradient = gradientStep(graph, {}).graph
  const feeds = gradient.inputs.map((input) => {
    if (input.name === 'labels') return [input.name, int64([BATCH], [0, 2])] as const
    const weight = graph.initializers.get(input.name)
    return [input.name, weight ?? filled(input, () => random.uniform(-1, 1))] as const
  })
  return { graph: gradient, feeds: Object.fromEntries(feeds) }
}

function update(): Case {
  const graph = updateStep({ momentum: 0.9, decay: 0.0005 })
  const random = new Random('update')
  const feeds = graph.inputs.map((input) => [input.name, filled(input, () => random.normal(), 1000)] as const)
  return { graph, feeds: Object.fromEntries(feeds) }
}

function tenCrops(): Case {
  const { graph, input, random } = small('caffenet', 'batch')
  const size = input + 9
  const scored = tenCropGraph(graph, {
    size: { height: input, width: input },
    picture: { height: size, width: size },
    fit: 'stretch',
    layout: 'NCHW',
    channels: 'BGR',
    mean: [104, 117, 123],
    scale: [1, 1, 1],
  })
  const data = Uint8Array.from({ length: BATCH * size * size * 3 }, () => random.integer(256))
  return { graph: scored, feeds: { pictures: { type: 'uint8', shape: [BATCH, size, size, 3], data } } }
}

/** A network of minimal size, with activations that keep their scale from layer to layer. */
function small(name: NetworkName, batch: number | string) {
  const { build, leastInput: input } = networks[name]
  const random = new Random(name)
  const graph = build({ input, classes: CLASSES, batch, width: 1 / 16, random })
  for (const [name, { shape, data }] of graph.initializers) {
    if (!/\.(weight|bias)$/.test(name)) continue
    const deviation = name.endsWith('.weight') ? Math.sqrt((2 * shape[0]!) / sizeOf(shape)) : 5
    data.forEach((_, k) => {
      data[k] = random.normal(0, deviation)
    })
  }
  return { graph, input, random }
}

/** A float32 tensor for an input; open dimensions get the given size. */
function filled({ shape }: ValueInfo, draw: () => number, open = BATCH): Tensor {
  const sizes = shape.map((d) => (typeof d === 'number' ? d : open * Number(d.split('*')[1] ?? 1)))
  return float32(
    sizes,
    Float32Array.from({ length: sizeOf(sizes) }, () => draw()),
  )
}
