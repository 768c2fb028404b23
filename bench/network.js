import { Random } from '../dist/base/random.js'
import { withoutUnread } from '../dist/graph/fold.js'
import { float32, sizeOf } from '../dist/graph/types.js'
import { verify } from '../dist/graph/verify.js'
import { networks } from '../dist/networks/index.js'
import { trainableWeights } from '../dist/training/trainableWeights.js'

/** A network of the paper at its published size, with random weights and without auxiliary heads. */
export function network(name, batch, classes = 1000) {
  const { build, input } = networks[name]
  const graph = build({ input, classes, batch, width: 1, random: new Random('bench') })
  return withoutUnread({ ...graph, outputs: graph.outputs.slice(0, 1) })
}

/**
 * Billions of operations that convolutions and inner products take for one picture: two for each product of a weight
 * with a number. A training step takes them once forwards, once for the gradients of the weights and once for those of
 * the inputs, which the first layer does not need.
 */
export function operations(name) {
  const graph = network(name, 1, 8)
  const values = verify(graph)
  const layers = graph.nodes.filter(({ op }) => op === 'Conv' || op === 'Gemm')
  const counts = layers.map(({ op, inputs, outputs }) => {
    const weights = values.get(inputs[1]).shape
    const places = op === 'Conv' ? sizeOf(values.get(outputs[0]).shape.slice(2)) : 1
    return (2 * sizeOf(weights) * places) / 1e9
  })
  const forward = counts.reduce((sum, count) => sum + count, 0)
  return { forward, step: 3 * forward - counts[0] }
}

/** Weights like He et al. 2015, and a hundredth of them for classifiers, so that no softmax saturates. */
export function lively(network, random) {
  return new Map(
    [...trainableWeights(network)].map(([name, { shape }]) => {
      const tensor = float32(shape)
      const inputs = sizeOf(shape.slice(1))
      const isClassifier = /^(fc8|loss\d\/classifier)\./.test(name)
      const deviation = name.endsWith('.bias') ? 0.1 : Math.sqrt(2 / inputs) * (isClassifier ? 0.01 : 1)
      for (let k = 0; k < tensor.data.length; k++) tensor.data[k] = random.normal(0, deviation)
      return [name, tensor]
    }),
  )
}

/** The same with weights on which the answers depend; and these weights by name. */
export function livelyNetwork(name, batch, classes) {
  const plain = network(name, batch, classes)
  const weights = lively(plain, new Random(name))
  return { network: { ...plain, initializers: new Map([...plain.initializers, ...weights]) }, weights }
}
