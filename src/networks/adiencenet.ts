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
  // A narrower network sums fewer products: larger weights keep its activations at the published size.
  const wider = 1 / Math.sqrt(width)
  const g = new GraphBuilder('adiencenet')

  const convolution = (name: string, x: Value, c: Convolution) => {
    const shape = [channels(c.filters), Number(x.shape[1]), c.kernel, c.kernel]
    const weight = g.constant(gaussian(shape, c.deviation, random), `${name}.weight`)
    const bias = g.constant(constant([shape[0]!], c.bias), `${name}.bias`)
    const [strides, pads] = [Array(2).fill(c.stride), Array(4).fill(c.pad)]
    return g.op('Conv', [x, weight, bias], { strides, pads }, name)
  }
  const innerProduct = (name: string, x: Value, { units, deviation, bias }: InnerProduct) => {
    const weight = g.constant(gaussian([units, Number(x.shape[1])], deviation, random), `${name}.weight`)
    const offset = g.constant(constant([units], bias), `${name}.bias`)
    return g.op('Gemm', [x, weight, offset], { transB: 1 }, name)
  }
  const relu = (name: string, x: Value) => g.op('Relu', [x], {}, name)
  const pool = (name: string, x: Value) =>
    g.op('MaxPool', [x], { kernel_shape: [3, 3], strides: [2, 2], ceil_mode: 1 }, name)
  // Caffe and ONNX both divide alpha by the number of channels summed.
  const normalise = (name: string, x: Value) => g.op('LRN', [x], { size: 5, alpha: 0.0001, beta: 0.75 }, name)
  const dropout = (name: string, x: Value) => g.op('Dropout', [x], {}, name)

  let x = g.input('images', 'float32', [batch, 3, input, input])
  x = convolution('conv1', x, { filters: 96, kernel: 7, stride: 4, pad: 0, deviation: 0.01, bias: 0 })
  x = normalise('norm1', pool('pool1', relu('relu1', x)))
  x = convolution('conv2', x, {
    filters: 256,
    kernel: 5,
    stride: 1,
    pad: 2,
    deviation: 0.01 * wider,
    bias: 1,
  })
  x = normalise('norm2', pool('pool2', relu('relu2', x)))
  x = convolution('conv3', x, {
    filters: 384,
    kernel: 3,
    stride: 1,
    pad: 1,
    deviation: 0.01 * wider,
    bias: 0,
  })
  x = g.op('Flatten', [pool('pool5', relu('relu3', x))], {}, 'flatten')
  x = innerProduct('fc6', x, { units: channels(512), deviation: 0.005 * wider, bias: 1 })
  x = dropout('drop6', relu('relu6', x))
  x = innerProduct('fc7', x, { units: channels(512), deviation: 0.005 * wider, bias: 1 })
  x = dropout('drop7', relu('relu7', x))
  g.output('logits', innerProduct('fc8', x, { units: classes, deviation: 0.01 * wider, bias: 0 }))
  return g.graph()
}

interface Convolution {
  filters: number
  kernel: number
  stride: number
  pad: number
  /** Of the starting weights. */
  deviation: number
  /** At the start. */
  bias: number
}

type InnerProduct = { units: number } & Pick<Convolution, 'deviation' | 'bias'>
