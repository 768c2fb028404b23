import type { Graph } from '../graph/types.ts'
import { Layers, type Start } from './layers.ts'
import type { NetworkOptions } from './network.ts'

/**
 * CaffeNet: AlexNet with pooling before normalisation, five convolutions (three of them in two groups) and three
 * inner products.
 *
 * Krizhevsky et al. 2012, *ImageNet Classification with Deep Convolutional Neural Networks*; Jia et al. 2014, *Caffe*;
 * sizes and starting weights as in `bvlc_reference_caffenet/train_val.prototxt`.
 *
 * @throws Error for pictures that a layer does not fit
 */
export function caffeNet(options: NetworkOptions): Graph {
  const l = new Layers('caffenet', options)
  const start = (deviation: number, bias: number): Start => ({ filler: { gaussian: deviation }, bias })
  const pool = { kernel: 3, stride: 2 }
  // Both groups have as many channels.
  const grouped = (published: number) => 2 * Math.max(1, Math.round(l.channels(published) / 2))

  let x = l.conv('conv1', l.images, grouped(96), { kernel: 11, stride: 4 }, start(0.01, 0))
  x = l.lrn('norm1', l.maxPool('pool1', l.relu('relu1', x), pool))
  x = l.conv('conv2', x, grouped(256), { kernel: 5, pad: 2, group: 2 }, start(0.01, 1))
  x = l.lrn('norm2', l.maxPool('pool2', l.relu('relu2', x), pool))
  x = l.relu('relu3', l.conv('conv3', x, grouped(384), { kernel: 3, pad: 1 }, start(0.01, 0)))
  x = l.relu('relu4', l.conv('conv4', x, grouped(384), { kernel: 3, pad: 1, group: 2 }, start(0.01, 1)))
  x = l.relu('relu5', l.conv('conv5', x, grouped(256), { kernel: 3, pad: 1, group: 2 }, start(0.01, 1)))
  x = l.flatten('flatten', l.maxPool('pool5', x, pool))
  x = l.dropout('drop6', l.relu('relu6', l.innerProduct('fc6', x, l.channels(4096), start(0.005, 1))), 0.5)
  x = l.dropout('drop7', l.relu('relu7', l.innerProduct('fc7', x, l.channels(4096), start(0.005, 1))), 0.5)
  l.g.output('logits', l.innerProduct('fc8', x, options.classes, start(0.01, 0)))
  return l.g.graph()
}
