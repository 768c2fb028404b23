import type { Value } from '../graph/builder.ts'
import type { Graph } from '../graph/types.ts'
import { type LayerStart, Layers } from './layers.ts'
import type { NetworkOptions } from './network.ts'

/** The smallest input that all layers allow, in pixels: the heads need 5 × 5 where they leave the trunk. */
export const GOOGLENET_LEAST_INPUT = 79

/** Filters of an inception module: 1×1, 3×3 reduce, 3×3, 5×5 reduce, 5×5, 1×1 after the pooling. */
type Filters = readonly [number, number, number, number, number, number]

/** The modules in order, with whether an auxiliary head or a pooling follows. */
const MODULES: readonly { name: string; filters: Filters; head?: string; pool?: string }[] = [
  { name: '3a', filters: [64, 96, 128, 16, 32, 32] },
  { name: '3b', filters: [128, 128, 192, 32, 96, 64], pool: 'pool3/3x3_s2' },
  { name: '4a', filters: [192, 96, 208, 16, 48, 64], head: 'loss1' },
  { name: '4b', filters: [160, 112, 224, 24, 64, 64] },
  { name: '4c', filters: [128, 128, 256, 24, 64, 64] },
  { name: '4d', filters: [112, 144, 288, 32, 64, 64], head: 'loss2' },
  { name: '4e', filters: [256, 160, 320, 32, 128, 128], pool: 'pool4/3x3_s2' },
  { name: '5a', filters: [256, 160, 320, 32, 128, 128] },
  { name: '5b', filters: [384, 192, 384, 48, 128, 128] },
]

/** How all layers except the classifiers start. */
const START: LayerStart = { filler: 'xavier', bias: 0.2 }
const CLASSIFIER: LayerStart = { filler: 'xavier', bias: 0 }

/** The weight of each output's loss in training. */
export const GOOGLENET_LOSSES = { logits: 1, 'loss1/logits': 0.3, 'loss2/logits': 0.3 }

/**
 * GoogLeNet: nine inception modules, and two auxiliary heads that help it learn. Its outputs are `logits`, and from the
 * heads, in order of depth, `loss1/logits` and `loss2/logits`; `GOOGLENET_LOSSES` has their weights.
 *
 * Szegedy et al. 2014, *Going Deeper with Convolutions*; sizes and starting weights as in
 * its published `train_val.prototxt`.
 *
 * @throws Error for pictures of fewer than `GOOGLENET_LEAST_INPUT` pixels
 */
export function googLeNet(options: NetworkOptions): Graph {
  const l = new Layers('googlenet', options, GOOGLENET_LEAST_INPUT)
  const pool = { kernel: 3, stride: 2 }
  const conv = (name: string, relu: string, x: Value, published: number, kernel: number, stride = 1) => {
    const window = { kernel, stride, pad: Math.floor(kernel / 2) }
    return l.relu(relu, l.conv(name, x, l.channels(published), window, START))
  }
  let x = conv('conv1/7x7_s2', 'conv1/relu_7x7', l.images, 64, 7, 2)
  x = l.lrn('pool1/norm1', l.maxPool('pool1/3x3_s2', x, pool))
  x = conv('conv2/3x3_reduce', 'conv2/relu_3x3_reduce', x, 64, 1)
  x = l.lrn('conv2/norm2', conv('conv2/3x3', 'conv2/relu_3x3', x, 192, 3))
  x = l.maxPool('pool2/3x3_s2', x, pool)

  const heads = new Map<string, Value>()
  for (const { name, filters, head, pool: pooled } of MODULES) {
    x = inception(`inception_${name}`, x, filters)
    if (head) heads.set(head, auxiliary(head, x))
    if (pooled) x = l.maxPool(pooled, x, pool)
  }
  // Over the whole picture, which is 7 × 7 here at the published size.
  x = l.averagePool('pool5/7x7_s1', x, { kernel: Number(x.shape[2]) })
  x = l.dropout('pool5/drop_7x7_s1', x, 0.4)
  l.g.output('logits', l.innerProduct('loss3/classifier', x, options.classes, CLASSIFIER))
  for (const [head, logits] of heads) l.g.output(`${head}/logits`, logits)
  return l.g.graph()

  function inception(name: string, from: Value, filters: Filters): Value {
    const [one, reduce3, three, reduce5, five, projection] = filters
    const branch = (kind: string, value: Value, published: number, kernel: number) =>
      conv(`${name}/${kind}`, `${name}/relu_${kind}`, value, published, kernel)
    const pooled = l.maxPool(`${name}/pool`, from, { kernel: 3, pad: 1 })
    return l.concat(`${name}/output`, [
      branch('1x1', from, one, 1),
      branch('3x3', branch('3x3_reduce', from, reduce3, 1), three, 3),
      branch('5x5', branch('5x5_reduce', from, reduce5, 1), five, 5),
      branch('pool_proj', pooled, projection, 1),
    ])
  }

  function auxiliary(name: string, from: Value): Value {
    let y = l.averagePool(`${name}/ave_pool`, from, { kernel: 5, stride: 3 })
    y = l.relu(`${name}/relu_conv`, l.conv(`${name}/conv`, y, l.channels(128), { kernel: 1 }, START))
    y = l.innerProduct(`${name}/fc`, y, l.channels(1024), START)
    y = l.dropout(`${name}/drop_fc`, l.relu(`${name}/relu_fc`, y), 0.7)
    return l.innerProduct(`${name}/classifier`, y, options.classes, CLASSIFIER)
  }
}
