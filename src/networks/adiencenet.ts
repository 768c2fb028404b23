import { GraphBuilder, type Value } from '../graph/builder.ts'
import type { Graph } from '../graph/types.ts'
import { constant, gaussian } from './fillers.ts'
import type { NetworkOptions } from './network.ts'

/** The smallest picture that every layer still fits. */
export const ADIENCENET_LEAST_INPUT = 51

/**
 * AdienceNet: three convolutions and three inner products.
 *
 * Levi and Hassner, *Age and Gender Classification using Convolutional Neural Networks*, CVPR Workshops 2015;
 * sizes, starting weights and Caffe's upward-rounding pooling as in its published `train_val.prototxt`.
 *
 * @throws Error for pictures of fewer than {@link ADIENCENET_LEAST_INPUT} pixels
 */
export function adienceNet({ input, classes, batch, width, random }: NetworkOptions): Graph {
  if (input < ADIENCENET_LEAST_INPUT) {
    throw new Error(`AdienceNet needs pictures of ${ADIENCENET_LEAST_INPUT} pixels at least, not ${input}`)
  }
  const channels = (published: number) => Math.max(1, Math.round(published * width))
  // The published deviations belong to the published numbers of inputs: where a narrower network or a smaller
  // picture leaves fewer to sum, larger weights keep the activations at the published size. Otherwise the first
  // thousand iterations go by before anything is learned.
  const weights = (shape: number[], published: Start) => {
    const inputs = shape.slice(1).reduce((product, size) => product * size, 1)
    return gaussian(shape, published.deviation * Math.sqrt(published.inputs / inputs), random)
  }
  const g = new GraphBuilder('adiencenet')

  const convolution = (name: string, x: Value, c: Convolution) => {
    const shape = [channels(c.filters), Number(x.shape[1]), c.kernel, c.kernel]
    const weight = g.constant(weights(shape, c), `${name}.weight`)
    const bias = g.constant(constant([shape[0]!], c.bias), `${name}.bias`)
    const [strides, pads] = [Array(2).fill(c.stride), Array(4).fill(c.pad)]
    return g.op('Conv', [x, weight, bias], { strides, pads }, name)
  }
  const innerProduct = (name: string, x: Value, p: InnerProduct) => {
    const weight = g.constant(weights([p.units, Number(x.shape[1])], p), `${name}.weight`)
    const bias = g.constant(constant([p.units], p.bias), `${name}.bias`)
    return g.op('Gemm', [x, weight, bias], { transB: 1 }, name)
  }
  const relu = (name: string, x: Value) => g.op('Relu', [x], {}, name)
  const pool = (name: string, x: Value) =>
    g.op('MaxPool', [x], { kernel_shape: [3, 3], strides: [2, 2], ceil_mode: 1 }, name)
  // Caffe and ONNX both divide alpha by the number of channels summed.
  const normalise = (name: string, x: Value) => g.op('LRN', [x], { size: 5, alpha: 0.0001, beta: 0.75 }, name)
  const dropout = (name: string, x: Value) => g.op('Dropout', [x], {}, name)

  let x = g.input('images', 'float32', [batch, 3, input, input])
  x = convolution('conv1', x, {
    filters: 96,
    kernel: 7,
    stride: 4,
    pad: 0,
    inputs: 147,
    deviation: 0.01,
    bias: 0,
  })
  x = normalise('norm1', pool('pool1', relu('relu1', x)))
  x = convolution('conv2', x, {
    filters: 256,
    kernel: 5,
    stride: 1,
    pad: 2,
    inputs: 2400,
    deviation: 0.01,
    bias: 1,
  })
  x = normalise('norm2', pool('pool2', relu('relu2', x)))
  x = convolution('conv3', x, {
    filters: 384,
    kernel: 3,
    stride: 1,
    pad: 1,
    inputs: 2304,
    deviation: 0.01,
    bias: 0,
  })
  x = g.op('Flatten', [pool('pool5', relu('relu3', x))], {}, 'flatten')
  x = innerProduct('fc6', x, { units: channels(512), inputs: 18816, deviation: 0.005, bias: 1 })
  x = dropout('drop6', relu('relu6', x))
  x = innerProduct('fc7', x, { units: channels(512), inputs: 512, deviation: 0.005, bias: 1 })
  x = dropout('drop7', relu('relu7', x))
  g.output('logits', innerProduct('fc8', x, { units: classes, inputs: 512, deviation: 0.01, bias: 0 }))
  return g.graph()
}

/** How a layer starts: normal weights of this deviation for this many inputs to each output, and the bias. */
interface Start {
  inputs: number
  deviation: number
  bias: number
}

interface Convolution extends Start {
  filters: number
  kernel: number
  stride: number
  pad: number
}

interface InnerProduct extends Start {
  units: number
}
