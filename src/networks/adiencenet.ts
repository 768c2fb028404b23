import type { Graph } from '../graph/types.ts'
import { type LayerStart, Layers } from './layers.ts'
import type { NetworkOptions } from './network.ts'

/** The smallest input that all layers allow, in pixels. */
export const ADIENCENET_LEAST_INPUT = 51

/**
 * AdienceNet: three convolutions and three inner products.
 *
 * Levi and Hassner, *Age and Gender Classification using Convolutional Neural Networks*, CVPR Workshops 2015;
 * sizes, starting weights and Caffe's upward-rounding pooling as in its published `train_val.prototxt`.
 *
 * @throws Error for pictures of fewer than `ADIENCENET_LEAST_INPUT` pixels
 */
export function adienceNet(options: NetworkOptions): Graph {
  const l = new Layers('adiencenet', options, ADIENCENET_LEAST_INPUT)
  const start = (gaussian: number, inputs: number, bias: number): LayerStart => ({
    filler: { gaussian, inputs },
    bias,
  })
  const pool = { kernel: 3, stride: 2 }
  const units = l.channels(512)

  let x = l.conv('conv1', l.images, l.channels(96), { kernel: 7, stride: 4 }, start(0.01, 147, 0))
  x = l.lrn('norm1', l.maxPool('pool1', l.relu('relu1', x), pool))
  x = l.conv('conv2', x, l.channels(256), { kernel: 5, pad: 2 }, start(0.01, 2400, 1))
  x = l.lrn('norm2', l.maxPool('pool2', l.relu('relu2', x), pool))
  x = l.conv('conv3', x, l.channels(384), { kernel: 3, pad: 1 }, start(0.01, 2304, 0))
  x = l.maxPool('pool5', l.relu('relu3', x), pool)
  x = l.innerProduct('fc6', x, units, start(0.005, 18816, 1))
  x = l.dropout('drop6', l.relu('relu6', x), 0.5)
  x = l.innerProduct('fc7', x, units, start(0.005, 512, 1))
  x = l.dropout('drop7', l.relu('relu7', x), 0.5)
  l.g.output('logits', l.innerProduct('fc8', x, options.classes, start(0.01, 512, 0)))
  return l.g.graph()
}
