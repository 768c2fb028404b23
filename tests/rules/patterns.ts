/**
 * Small versions of the patterns in today's classifiers, with random weights, biases and statistics, to
 * try every rule on. Each ends with a global average pooling and an inner product to three classes.
 */

import { Random } from '../../src/base/random.ts'
import { GraphBuilder, type Value } from '../../src/graph/builder.ts'
import { float32, type Graph, sizeOf } from '../../src/graph/types.ts'

/** A small network, and what its author knows about it. */
export interface Pattern {
  readonly graph: Graph
  /** Values that only let the other side of a product through. */
  readonly gates: readonly string[]
  /** Activations of several nodes. */
  readonly spelt: readonly Spelt[]
}

/** An activation of several nodes, by value names: its input, its output, and what lies between. */
export interface Spelt {
  readonly input: string
  readonly output: string
  readonly inner: readonly string[]
}

export const SIZE = 9
export const CLASSES = 3
/** The range of the pictures. */
export const RANGE = { low: [-2, -1, -1.5], high: [1.5, 2, 2.5] }

/** Random pictures in their range: [count, 3, SIZE, SIZE]. */
export function pictures(count: number, seed = 'pictures'): ReturnType<typeof float32> {
  const random = new Random(seed)
  const area = SIZE * SIZE
  return float32(
    [count, 3, SIZE, SIZE],
    Float32Array.from({ length: count * 3 * area }, (_, k) => {
      const channel = Math.floor(k / area) % 3
      return random.uniform(RANGE.low[channel], RANGE.high[channel])
    }),
  )
}

/** Layers with random weights, one per line. */
export class Layers {
  readonly g: GraphBuilder
  readonly gates: string[] = []
  readonly spelt: Spelt[] = []
  private readonly random: Random

  /** @param random source of its weights */
  constructor(name: string, random = new Random(name)) {
    this.g = new GraphBuilder(name)
    this.random = random
  }

  input(): Value {
    return this.g.input('images', 'float32', ['batch', 3, SIZE, SIZE])
  }

  normal(shape: readonly number[], deviation: number, name: string): Value {
    const data = Float32Array.from({ length: sizeOf(shape) }, () => this.random.normal(0, deviation))
    return this.g.constant(float32(shape, data), name)
  }

  uniform(shape: readonly number[], low: number, high: number, name: string): Value {
    const data = Float32Array.from({ length: sizeOf(shape) }, () => this.random.uniform(low, high))
    return this.g.constant(float32(shape, data), name)
  }

  /** A convolution that keeps the picture's size, except for its stride. */
  conv(
    name: string,
    x: Value,
    filters: number,
    kernel: number,
    { stride = 1, group = 1, bias = true, pad = Math.floor(kernel / 2) } = {},
  ): Value {
    const channels = Number(x.shape[1]) / group
    const deviation = Math.sqrt(2 / (channels * kernel * kernel))
    const weights = this.normal([filters, channels, kernel, kernel], deviation, `${name}.weight`)
    const biases = bias ? this.normal([filters], 0.3, `${name}.bias`) : undefined
    const attributes = { strides: [stride, stride], pads: Array(4).fill(pad), group }
    return this.g.op('Conv', [x, weights, biases], attributes, name)
  }

  batchNorm(name: string, x: Value): Value {
    const c = [Number(x.shape[1])]
    const parameters = [
      this.uniform(c, 0.5, 1.5, `${name}.scale`),
      this.normal(c, 0.3, `${name}.shift`),
      this.normal(c, 0.3, `${name}.mean`),
      this.uniform(c, 0.5, 2, `${name}.variance`),
    ]
    return this.g.op('BatchNormalization', [x, ...parameters], {}, name)
  }

  relu(name: string, x: Value): Value {
    return this.g.op('Relu', [x], {}, name)
  }

  relu6(name: string, x: Value): Value {
    return this.g.op('Clip', [x, this.g.scalar(0), this.g.scalar(6)], {}, name)
  }

  /** A product of which one side only lets the other through. */
  gated(name: string, x: Value, gate: Value): Value {
    this.gates.push(gate.name)
    return this.g.op('Mul', [x, gate], {}, name)
  }

  /** Global average pooling, an inner product, and the finished pattern. */
  finished(x: Value): Pattern {
    const vector = this.g.op('Flatten', [this.g.op('GlobalAveragePool', [x], {}, 'pool')], {}, 'flatten')
    const weights = this.normal([CLASSES, Number(x.shape[1])], 0.8, 'classifier.weight')
    const bias = this.normal([CLASSES], 0.3, 'classifier.bias')
    this.g.output('logits', this.g.op('Gemm', [vector, weights, bias], { transB: 1 }, 'classifier'))
    return { graph: this.g.graph(), gates: this.gates, spelt: this.spelt }
  }
}

/** ResNet: Conv-BN-ReLU-Conv-BN beside Conv-BN, added, ReLU; then a block whose skip is the input itself. */
function residual(): Pattern {
  const l = new Layers('residual')
  const block = (name: string, x: Value, filters: number, stride: number) => {
    const first = l.conv(`${name}.conv1`, x, filters, 3, { stride, bias: false })
    const middle = l.relu(`${name}.relu1`, l.batchNorm(`${name}.bn1`, first))
    const second = l.batchNorm(`${name}.bn2`, l.conv(`${name}.conv2`, middle, filters, 3, { bias: false }))
    const down = () => l.conv(`${name}.down`, x, filters, 1, { stride, bias: false })
    const skip = stride === 1 ? x : l.batchNorm(`${name}.bn3`, down())
    return l.relu(`${name}.relu2`, l.g.op('Add', [second, skip], {}, `${name}.add`))
  }
  let x = l.conv('conv1', l.input(), 4, 3, { bias: false })
  x = l.relu('relu1', l.batchNorm('bn1', x))
  x = l.g.op('MaxPool', [x], { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] }, 'maxpool')
  return l.finished(block('block2', block('block1', x, 6, 2), 6, 1))
}

/** DenseNet: BN-ReLU-Conv on everything so far; the first BN of each has nothing to merge into. */
function dense(): Pattern {
  const l = new Layers('dense')
  let x = l.conv('conv1', l.input(), 4, 3, { stride: 2 })
  for (const name of ['layer1', 'layer2']) {
    const narrow = l.relu(`${name}.relu1`, l.batchNorm(`${name}.bn1`, x))
    const wide = l.batchNorm(`${name}.bn2`, l.conv(`${name}.conv1`, narrow, 5, 1, { bias: false }))
    const added = l.conv(`${name}.conv2`, l.relu(`${name}.relu2`, wide), 3, 3, { bias: false })
    x = l.g.op('Concat', [x, added], { axis: 1 }, `${name}.concat`)
  }
  const transition = l.conv('transition', l.relu('relu', l.batchNorm('bn', x)), 5, 1)
  x = l.g.op('AveragePool', [transition], { kernel_shape: [2, 2], strides: [2, 2] }, 'average')
  return l.finished(l.relu('last', l.batchNorm('bnLast', x)))
}

/** MobileNetV2: widened, filtered channel by channel, narrowed without an activation, and added. */
function depthwise(): Pattern {
  const l = new Layers('depthwise')
  const block = (name: string, x: Value, stride: number, filters: number) => {
    const wide = Number(x.shape[1]) * 2
    const expanded = l.batchNorm(`${name}.bn1`, l.conv(`${name}.expand`, x, wide, 1, { bias: false }))
    const each = l.conv(`${name}.depthwise`, l.relu6(`${name}.clip1`, expanded), wide, 3, {
      stride,
      group: wide,
      bias: false,
    })
    const filtered = l.relu6(`${name}.clip2`, l.batchNorm(`${name}.bn2`, each))
    const narrow = l.batchNorm(
      `${name}.bn3`,
      l.conv(`${name}.project`, filtered, filters, 1, { bias: false }),
    )
    return filters === Number(x.shape[1]) && stride === 1
      ? l.g.op('Add', [x, narrow], {}, `${name}.add`)
      : narrow
  }
  const first = l.batchNorm('bn1', l.conv('conv1', l.input(), 4, 3, { stride: 2, bias: false }))
  const x = block('block2', block('block1', l.relu6('clip1', first), 1, 4), 2, 6)
  return l.finished(l.relu6('last', l.batchNorm('bnLast', l.conv('convLast', x, 8, 1, { bias: false }))))
}

/** EfficientNet and MobileNetV3: gates per channel (squeeze and excitation), SiLU, HardSwish. */
function squeezeExcitation(): Pattern {
  const l = new Layers('squeeze')
  const silu = (name: string, x: Value) => {
    l.spelt.push({ input: x.name, output: name, inner: [`${name}.sigmoid`] })
    return l.gated(name, x, l.g.op('Sigmoid', [x], {}, `${name}.sigmoid`))
  }
  const squeeze = (name: string, x: Value, gate: 'Sigmoid' | 'HardSigmoid') => {
    const channels = Number(x.shape[1])
    const pooled = l.g.op('GlobalAveragePool', [x], {}, `${name}.squeeze`)
    const few = l.relu(`${name}.relu`, l.conv(`${name}.reduce`, pooled, 2, 1))
    const open = l.g.op(gate, [l.conv(`${name}.expand`, few, channels, 1)], {}, `${name}.gate`)
    return l.gated(`${name}.scale`, x, open)
  }
  let x = silu('silu1', l.batchNorm('bn1', l.conv('conv1', l.input(), 5, 3, { stride: 2, bias: false })))
  x = squeeze('se1', x, 'Sigmoid')
  x = l.batchNorm('bn2', l.conv('conv2', x, 6, 3, { bias: false }))
  x = squeeze('se2', l.g.op('HardSwish', [x], {}, 'hardswish2'), 'HardSigmoid')
  // HardSwish as other programs write it.
  x = l.conv('conv3', x, 6, 1)
  const shifted = l.g.op('Add', [x, l.g.scalar(3)], {}, 'hardswish3.add')
  const clipped = l.relu6('hardswish3.clip', shifted)
  const gate = l.g.op('Div', [clipped, l.g.scalar(6)], {}, 'hardswish3.gate')
  l.spelt.push({ input: x.name, output: 'hardswish3', inner: [shifted.name, clipped.name, gate.name] })
  return l.finished(l.gated('hardswish3', x, gate))
}

/** GoogLeNet: pooling that rounds up, LRN, and branches side by side, one with overlapping windows of stride 1. */
function inception(): Pattern {
  const l = new Layers('inception')
  const normalise = (name: string, x: Value) => l.g.op('LRN', [x], { size: 3, alpha: 0.2, beta: 0.75 }, name)
  const block = (name: string, x: Value) => {
    const one = l.relu(`${name}.relu1`, l.conv(`${name}.1x1`, x, 3, 1))
    const reduced = l.relu(`${name}.relu2`, l.conv(`${name}.reduce`, x, 2, 1))
    const three = l.relu(`${name}.relu3`, l.conv(`${name}.3x3`, reduced, 3, 3))
    const pool = { kernel_shape: [3, 3], strides: [1, 1], pads: [1, 1, 1, 1] }
    const pooled = l.g.op('MaxPool', [x], pool, `${name}.pool`)
    const projected = l.relu(`${name}.relu4`, l.conv(`${name}.project`, pooled, 2, 1))
    return l.g.op('Concat', [one, three, projected], { axis: 1 }, `${name}.output`)
  }
  let x = l.relu('relu1', l.conv('conv1', l.input(), 5, 3))
  x = l.g.op('MaxPool', [x], { kernel_shape: [3, 3], strides: [2, 2], ceil_mode: 1 }, 'pool1')
  x = normalise('norm1', x)
  x = normalise('norm2', l.relu('relu2', l.conv('conv2', x, 5, 3)))
  x = block('inception2', block('inception1', x))
  return l.finished(l.g.op('Dropout', [x], {}, 'dropout'))
}

export const patterns: Readonly<Record<string, () => Pattern>> = {
  residual,
  dense,
  depthwise,
  squeezeExcitation,
  inception,
}
