import type { Graph } from '../graph/types.ts'
import { type LayerStart, Layers } from './layers.ts'
import type { NetworkOptions } from './network.ts'

/** The smallest input that all layers allow, in pixels. */
export const VGG16_LEAST_INPUT = 17

/** Filters of the convolutions of each block; a pooling ends each. */
const BLOCKS = [
  [64, 64],
  [128, 128],
  [256, 256, 256],
  [512, 512, 512],
  [512, 512, 512],
]

/**
 * VGG-16: thirteen convolutions of 3 × 3 and three inner products.
 *
 * Simonyan and Zisserman 2014, *Very Deep Convolutional Networks for Large-Scale Image Recognition*, configuration D.
 * The published training starts from trained weights; random ones are drawn as in He et al. 2015, without which a
 * network this deep does not learn, and those of its last layer as in the `train_val.prototxt` of its fine-tuning.
 *
 * @throws Error for pictures of fewer than `VGG16_LEAST_INPUT` pixels
 */
export function vgg16(options: NetworkOptions): Graph {
  const l = new Layers('vgg16', options, VGG16_LEAST_INPUT)
  const start: LayerStart = { filler: 'msra', bias: 0 }
  let x = l.images
  BLOCKS.forEach((filters, block) => {
    filters.forEach((published, k) => {
      const at = `${block + 1}_${k + 1}`
      x = l.conv(`conv${at}`, x, l.channels(published), { kernel: 3, pad: 1 }, start)
      x = l.relu(`relu${at}`, x)
    })
    x = l.maxPool(`pool${block + 1}`, x, { kernel: 2, stride: 2 })
  })
  const units = l.channels(4096)
  x = l.dropout('drop6', l.relu('relu6', l.innerProduct('fc6', x, units, start)), 0.5)
  x = l.dropout('drop7', l.relu('relu7', l.innerProduct('fc7', x, units, start)), 0.5)
  const last: LayerStart = { filler: { gaussian: 0.01, inputs: 4096 }, bias: 0 }
  l.g.output('logits', l.innerProduct('fc8', x, options.classes, last))
  return l.g.graph()
}
