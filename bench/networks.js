/** The paper's networks with random weights, for measuring: each function returns a graph. */

import { GraphBuilder } from '../dist/graph/builder.js'
import { float32 } from '../dist/graph/types.js'

/** Layers with weights like He et al. 2015, so that activations stay in range through any depth. */
function layersOf(name, size, batch, random) {
  const g = new GraphBuilder(name)
  const normal = (shape, inputs) => {
    const count = shape.reduce((a, b) => a * b, 1)
    const deviation = Math.sqrt(2 / inputs)
    return float32(
      shape,
      Float32Array.from({ length: count }, () => random.normal(0, deviation)),
    )
  }
  const weights = (layer, shape) => {
    const inputs = shape.slice(1).reduce((a, b) => a * b, 1)
    const bias = Float32Array.from({ length: shape[0] }, () => random.normal(0, 0.1))
    return [
      g.constant(normal(shape, inputs), `${layer}.weight`),
      g.constant(float32([shape[0]], bias), `${layer}.bias`),
    ]
  }
  return {
    g,
    x: g.input('data', 'float32', [batch, 3, size, size]),
    conv(layer, x, filters, kernel, { stride = 1, pad = 0, group = 1 } = {}) {
      const shape = [filters, x.shape[1] / group, kernel, kernel]
      const attributes = { strides: [stride, stride], pads: [pad, pad, pad, pad], group }
      return g.op('Relu', [g.op('Conv', [x, ...weights(layer, shape)], attributes, layer)])
    },
    pool: (x, kernel, stride, pad = 0) =>
      g.op('MaxPool', [x], {
        kernel_shape: [kernel, kernel],
        strides: [stride, stride],
        pads: [pad, pad, pad, pad],
        ceil_mode: 1,
      }),
    lrn: (x) => g.op('LRN', [x], { size: 5, alpha: 0.0001, beta: 0.75 }),
    fc(layer, x, units) {
      const flat = x.shape.length > 2 ? g.op('Flatten', [x]) : x
      return g.op('Gemm', [flat, ...weights(layer, [units, flat.shape[1]])], { transB: 1 }, layer)
    },
    relu: (x) => g.op('Relu', [x]),
    done(x) {
      g.output('prob', g.op('Softmax', [x]))
      return g.graph()
    },
  }
}

export function vgg16(batch, random) {
  const n = layersOf('vgg16', 224, batch, random)
  let { x } = n
  for (const [block, [filters, count]] of [
    [64, 2],
    [128, 2],
    [256, 3],
    [512, 3],
    [512, 3],
  ].entries()) {
    for (let k = 1; k <= count; k++) x = n.conv(`conv${block + 1}_${k}`, x, filters, 3, { pad: 1 })
    x = n.pool(x, 2, 2)
  }
  x = n.relu(n.fc('fc7', n.relu(n.fc('fc6', x, 4096)), 4096))
  return n.done(n.fc('fc8', x, 1000))
}

export function caffeNet(batch, random) {
  const n = layersOf('caffenet', 227, batch, random)
  let x = n.lrn(n.pool(n.conv('conv1', n.x, 96, 11, { stride: 4 }), 3, 2))
  x = n.lrn(n.pool(n.conv('conv2', x, 256, 5, { pad: 2, group: 2 }), 3, 2))
  x = n.conv('conv4', n.conv('conv3', x, 384, 3, { pad: 1 }), 384, 3, { pad: 1, group: 2 })
  x = n.pool(n.conv('conv5', x, 256, 3, { pad: 1, group: 2 }), 3, 2)
  x = n.relu(n.fc('fc7', n.relu(n.fc('fc6', x, 4096)), 4096))
  return n.done(n.fc('fc8', x, 1000))
}

export function googLeNet(batch, random) {
  const n = layersOf('googlenet', 224, batch, random)
  const inception = (name, x, [one, reduce3, three, reduce5, five, projection]) =>
    n.g.concat(
      [
        n.conv(`${name}/1x1`, x, one, 1),
        n.conv(`${name}/3x3`, n.conv(`${name}/3x3_reduce`, x, reduce3, 1), three, 3, { pad: 1 }),
        n.conv(`${name}/5x5`, n.conv(`${name}/5x5_reduce`, x, reduce5, 1), five, 5, { pad: 2 }),
        n.conv(`${name}/pool_proj`, n.pool(x, 3, 1, 1), projection, 1),
      ],
      1,
    )
  let x = n.lrn(n.pool(n.conv('conv1/7x7_s2', n.x, 64, 7, { stride: 2, pad: 3 }), 3, 2))
  x = n.conv('conv2/3x3', n.conv('conv2/3x3_reduce', x, 64, 1), 192, 3, { pad: 1 })
  x = n.pool(n.lrn(x), 3, 2)
  x = inception('3a', x, [64, 96, 128, 16, 32, 32])
  x = n.pool(inception('3b', x, [128, 128, 192, 32, 96, 64]), 3, 2)
  x = inception('4a', x, [192, 96, 208, 16, 48, 64])
  x = inception('4b', x, [160, 112, 224, 24, 64, 64])
  x = inception('4c', x, [128, 128, 256, 24, 64, 64])
  x = inception('4d', x, [112, 144, 288, 32, 64, 64])
  x = n.pool(inception('4e', x, [256, 160, 320, 32, 128, 128]), 3, 2)
  x = inception('5a', x, [256, 160, 320, 32, 128, 128])
  x = inception('5b', x, [384, 192, 384, 48, 128, 128])
  x = n.g.op('AveragePool', [x], { kernel_shape: [7, 7] })
  return n.done(n.fc('classifier', x, 1000))
}
