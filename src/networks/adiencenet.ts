import type { Graph } from '../graph/types.ts'
import { Layers, type Start } from './layers.ts'
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
export function adienceNet(options: NetworkOptions): Graph {
  if (options.input < ADIENCENET_LEAST_INPUT) {
    throw new Error(
      `AdienceNet needs pictures of ${ADIENCENET_LEAST_INPUT} pixels at least, not ${options.input}`,
    )
  }
  const l = new Layers('adiencenet', options)
  // The published deviations belong to the published numbers of inputs: where a narrower network or a smaller
  // picture leaves fewer to sum, larger weights keep the activations at the published size. Otherwise the first
  // thousand iterations go by before anything is learned.
  const start = (inputs: number, published: { inputs: number; deviation: number; bias: number }): Start => ({
    filler: { gaussian: published.deviation * Math.sqrt(published.inputs / inputs) },
    bias: published.bias,
  })
  const pool = { kernel: 3, stride: 2 }

  let x = l.images
  x = l.conv(
    'conv1',
    x,
    l.channels(96),
    { kernel: 7, stride: 4 },
    start(3 * 49, { inputs: 147, deviation: 0.01, bias: 0 }),
  )
  x = l.lrn('norm1', l.maxPool('pool1', l.relu('relu1', x), pool))
  x = l.conv(
    'conv2',
    x,
    l.channels(256),
    { kernel: 5, pad: 2 },
    start(25 * l.channels(96), { inputs: 2400, deviation: 0.01, bias: 1 }),
  )
  x = l.lrn('norm2', l.maxPool('pool2', l.relu('relu2', x), pool))
  x = l.conv(
    'conv3',
    x,
    l.channels(384),
    { kernel: 3, pad: 1 },
    start(9 * l.channels(256), { inputs: 2304, deviation: 0.01, bias: 0 }),
  )
  x = l.flatten('flatten', l.maxPool('pool5', l.relu('relu3', x), pool))
  const [flat, units] = [Number(x.shape[1]), l.channels(512)]
  x = l.innerProduct('fc6', x, units, start(flat, { inputs: 18816, deviation: 0.005, bias: 1 }))
  x = l.dropout('drop6', l.relu('relu6', x), 0.5)
  x = l.innerProduct('fc7', x, units, start(units, { inputs: 512, deviation: 0.005, bias: 1 }))
  x = l.dropout('drop7', l.relu('relu7', x), 0.5)
  l.g.output(
    'logits',
    l.innerProduct('fc8', x, options.classes, start(units, { inputs: 512, deviation: 0.01, bias: 0 })),
  )
  return l.g.graph()
}
