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
  const g = new GraphBuilder('adiencenet')

  const convolution = (
    name: string,
    x: Value,
    filters: number,
    kernel: number,
    stride: number,
    pad: number,
    bias: number,
  ) => {
    const weight = g.constant(
      gaussian([filters, Number(x.shape[1]), kernel, kernel], 0.01, random),
      `${name}.weight`,
    )
    const offset = g.constant(constant([filters], bias), `${name}.bias`)
    return g.op('Conv', [x, weight, offset], { strides: [stride, stride], pads: [pad, pad, pad, pad] }, name)
  }
  const innerProduct = (name: string, x: Value, units: number, deviation: number, bias: number) => {
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
  x = normalise('norm1', pool('pool1', relu('relu1', convolution('conv1', x, channels(96), 7, 4, 0, 0))))
  x = normalise('norm2', pool('pool2', relu('relu2', convolution('conv2', x, channels(256), 5, 1, 2, 1))))
  x = pool('pool5', relu('relu3', convolution('conv3', x, channels(384), 3, 1, 1, 0)))
  x = g.op('Flatten', [x], {}, 'flatten')
  x = dropout('drop6', relu('relu6', innerProduct('fc6', x, channels(512), 0.005, 1)))
  x = dropout('drop7', relu('relu7', innerProduct('fc7', x, channels(512), 0.005, 1)))
  g.output('logits', innerProduct('fc8', x, classes, 0.01, 0))
  return g.graph()
}
