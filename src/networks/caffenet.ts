import type { Graph } from '../graph/types.ts'
import { type LayerStart, Layers } from './layers.ts'
import type { NetworkOptions } from './network.ts'

/** The smallest input that all layers allow, in pixels. */
export const CAFFENET_LEAST_INPUT = 55

/**
 * CaffeNet: AlexNet with pooling before normalisation; five convolutions, three of them in two groups, and three
 * inner products.
 *
 * Krizhevsky et al. 2012, *ImageNet Classification with Deep Convolutional Neural Networks*; Jia et al. 2014, *Caffe*;
 * sizes and starting weights as in its published `train_val.prototxt`.
 *
 * @throws Error for pictures of fewer than `CAFFENET_LEAST_INPUT` pixels
 */
export function caffeNet(options: NetworkOptions): Graph {
  const l = new Layers('caffenet', options, CAFFENET_LEAST_INPUT)
  const start = (gaussian: number, inputs: number, bias: number): LayerStart => ({
    filler: { gaussian, inputs },
    bias,
  })
  const pool = { kernel: 3, stride: 2 }
  const group = 2
  const filters = (published: number) => l.channels(published, group)
  const units = l.channels(4096)

  let x = l.conv('conv1', l.images, filters(96), { kernel: 11, stride: 4 }, start(0.01, 363, 0))
  x = l.lrn('norm1', l.maxPool('pool1', l.relu('relu1', x), pool))
  x = l.conv('conv2', x, filters(256), { kernel: 5, pad: 2, group }, start(0.01, 1200, 1))
  x = l.lrn('norm2', l.maxPool('pool2', l.relu('relu2', x), pool))
  x = l.relu('relu3', l.conv('conv3', x, filters(384), { kernel: 3, pad: 1 }, start(0.01, 2304, 0)))
  x = l.relu('relu4', l.conv('conv4', x, filters(384), { kernel: 3, pad: 1, group }, start(0.01, 1728, 1)))
  x = l.relu('relu5', l.conv('conv5', x, filters(256), { kernel: 3, pad: 1, group }, start(0.01, 1728, 1)))
  x = l.maxPool('pool5', x, pool)
  x = l.dropout('drop6', l.relu('relu6', l.innerProduct('fc6', x, units, start(0.005, 9216, 1))), 0.5)
  x = l.dropout('drop7', l.relu('relu7', l.innerProduct('fc7', x, units, start(0.005, 4096, 1))), 0.5)
  l.g.output('logits', l.innerProduct('fc8', x, options.classes, start(0.01, 4096, 0)))
  return l.g.graph()
}
