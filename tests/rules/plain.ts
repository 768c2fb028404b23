/**
 * A slow, plain network in double precision, written from the papers' formulas and sharing no code with
 * `src/`: the independent judge of gradients and relevance. One picture at a time, loops only.
 */

import type { Graph } from '../../src/graph/types.ts'

/** A picture or a vector: [channels, height, width]; a vector has height and width 1. */
export interface Map3 {
  shape: [number, number, number]
  data: Float64Array
}

export function map3(shape: [number, number, number], data?: ArrayLike<number>): Map3 {
  return { shape, data: data ? Float64Array.from(data) : new Float64Array(shape[0] * shape[1] * shape[2]) }
}

export interface Layer {
  name: string
  kind: 'conv' | 'relu' | 'pool' | 'lrn' | 'dense' | 'pass'
  weights: Float64Array
  bias: Float64Array
  outputs: number
  kernel: number
  stride: number
  pad: number
}

/** AdienceNet's layers, from the publication's table, with the weights that a graph holds. */
export function plainAdienceNet(graph: Graph): Layer[] {
  const read = (name: string) => {
    const tensor = graph.initializers.get(name)!
    return { shape: tensor.shape, data: Float64Array.from(tensor.data as Float32Array) }
  }
  const layer = (name: string, kind: Layer['kind'], kernel = 1, stride = 1, pad = 0): Layer => {
    const weighted = kind === 'conv' || kind === 'dense'
    const weights = weighted ? read(`${name}.weight`) : { shape: [0], data: new Float64Array(0) }
    const bias = weighted ? read(`${name}.bias`).data : new Float64Array(0)
    return { name, kind, kernel, stride, pad, weights: weights.data, bias, outputs: weights.shape[0]! }
  }
  return [
    layer('conv1', 'conv', 7, 4),
    layer('relu1', 'relu'),
    layer('pool1', 'pool', 3, 2),
    layer('norm1', 'lrn'),
    layer('conv2', 'conv', 5, 1, 2),
    layer('relu2', 'relu'),
    layer('pool2', 'pool', 3, 2),
    layer('norm2', 'lrn'),
    layer('conv3', 'conv', 3, 1, 1),
    layer('relu3', 'relu'),
    layer('pool5', 'pool', 3, 2),
    layer('flatten', 'pass'),
    layer('fc6', 'dense'),
    layer('relu6', 'relu'),
    layer('drop6', 'pass'),
    layer('fc7', 'dense'),
    layer('relu7', 'relu'),
    layer('drop7', 'pass'),
    layer('fc8', 'dense'),
  ]
}

/** What enters each layer, and at the end the logits. */
function plainForward(layers: readonly Layer[], picture: Map3): Map3[] {
  const values = [picture]
  for (const layer of layers) values.push(forwardLayer(layer, values.at(-1)!))
  return values
}

function forwardLayer(layer: Layer, x: Map3): Map3 {
  switch (layer.kind) {
    case 'conv':
      return convolve(layer, x)
    case 'dense': {
      const y = map3([layer.outputs, 1, 1])
      for (let j = 0; j < layer.outputs; j++) {
        let sum = layer.bias[j]!
        for (let i = 0; i < x.data.length; i++) sum += layer.weights[j * x.data.length + i]! * x.data[i]!
        y.data[j] = sum
      }
      return y
    }
    case 'relu':
      return map3(
        x.shape,
        x.data.map((v) => Math.max(v, 0)),
      )
    case 'pool':
      return pool(layer, x).y
    case 'lrn':
      return normalise(x)
    case 'pass':
      return x
  }
}

function convolve({ weights, bias, outputs, kernel, stride, pad }: Layer, x: Map3): Map3 {
  const [channels, height, width] = x.shape
  const rows = Math.floor((height + 2 * pad - kernel) / stride) + 1
  const columns = Math.floor((width + 2 * pad - kernel) / stride) + 1
  const y = map3([outputs, rows, columns])
  for (let o = 0; o < outputs; o++)
    for (let r = 0; r < rows; r++)
      for (let c = 0; c < columns; c++) {
        let sum = bias[o]!
        for (let i = 0; i < channels; i++)
          for (let a = 0; a < kernel; a++)
            for (let b = 0; b < kernel; b++) {
              const [row, column] = [r * stride + a - pad, c * stride + b - pad]
              if (row < 0 || column < 0 || row >= height || column >= width) continue
              sum +=
                weights[((o * channels + i) * kernel + a) * kernel + b]! *
                x.data[(i * height + row) * width + column]!
            }
        y.data[(o * rows + r) * columns + c] = sum
      }
  return y
}

/** Caffe's max pooling: sizes rounded up, the last window cut off at the edge; the first maximum wins. */
function pool({ kernel, stride }: Layer, x: Map3): { y: Map3; from: number[] } {
  const [channels, height, width] = x.shape
  const rows = Math.ceil((height - kernel) / stride) + 1
  const columns = Math.ceil((width - kernel) / stride) + 1
  const y = map3([channels, rows, columns])
  const from: number[] = []
  for (let i = 0; i < channels; i++)
    for (let r = 0; r < rows; r++)
      for (let c = 0; c < columns; c++) {
        let best = -1
        for (let row = r * stride; row < Math.min(r * stride + kernel, height); row++)
          for (let column = c * stride; column < Math.min(c * stride + kernel, width); column++) {
            const at = (i * height + row) * width + column
            if (best < 0 || x.data[at]! > x.data[best]!) best = at
          }
        from.push(best)
        y.data[(i * rows + r) * columns + c] = x.data[best]!
      }
  return { y, from }
}

function normalise(x: Map3): Map3 {
  const [channels, height, width] = x.shape
  const area = height * width
  const y = map3(x.shape)
  for (let i = 0; i < channels; i++)
    for (let p = 0; p < area; p++) {
      let squares = 0
      for (let k = Math.max(0, i - 2); k <= Math.min(channels - 1, i + 2); k++)
        squares += x.data[k * area + p]! ** 2
      y.data[i * area + p] = x.data[i * area + p]! / (1 + (0.0001 / 5) * squares) ** 0.75
    }
  return y
}

/** Mean over a batch of −log softmax(logits)[label]. */
export function plainLoss(
  layers: readonly Layer[],
  pictures: readonly Map3[],
  labels: readonly number[],
): number {
  let loss = 0
  pictures.forEach((picture, n) => {
    const logits = plainForward(layers, picture).at(-1)!.data
    const largest = Math.max(...logits)
    const sum = logits.reduce((total, v) => total + Math.exp(v - largest), 0)
    loss -= logits[labels[n]!]! - largest - Math.log(sum)
  })
  return loss / pictures.length
}

/** A rule of the paper's composite. */
type PlainRule = { flat: true } | { alpha: number; beta: number } | { epsilon: number }

/** The paper's rule for each of AdienceNet's linear layers. */
function paperRule(name: string): PlainRule {
  if (name === 'conv1') return { flat: true }
  return name.startsWith('conv') ? { alpha: 2, beta: -1 } : { epsilon: 0.01 }
}

/**
 * Relevance of what enters each layer (and, last, of the logits), from the definition: every message from an
 * output to an input is computed and added by itself.
 */
export function plainRelevance(layers: readonly Layer[], picture: Map3, target: number): Map3[] {
  const values = plainForward(layers, picture)
  const logits = values.at(-1)!
  const start = map3(logits.shape)
  start.data[target] = logits.data[target]!
  const relevance = [start]
  for (let k = layers.length - 1; k >= 0; k--) {
    relevance.unshift(backLayer(layers[k]!, values[k]!, relevance[0]!))
  }
  return relevance
}

function backLayer(layer: Layer, x: Map3, arrived: Map3): Map3 {
  switch (layer.kind) {
    case 'relu':
    case 'lrn':
      return arrived
    case 'pass':
      return map3(x.shape, arrived.data)
    case 'pool': {
      const result = map3(x.shape)
      pool(layer, x).from.forEach((at, k) => {
        result.data[at]! += arrived.data[k]!
      })
      return result
    }
    default:
      return backLinear(layer, x, arrived, paperRule(layer.name))
  }
}

/** For each output, the list of its inputs and weights; then the rule's formula, message by message. */
function backLinear(layer: Layer, x: Map3, arrived: Map3, rule: PlainRule): Map3 {
  const result = map3(x.shape)
  for (let j = 0; j < arrived.data.length; j++) {
    const { inputs, weights, bias } = fieldOf(layer, x, arrived.shape, j)
    const z = inputs.map((i, k) => x.data[i]! * weights[k]!)
    const r = arrived.data[j]!
    if ('flat' in rule) {
      for (const i of inputs) result.data[i]! += r / inputs.length
    } else if ('epsilon' in rule) {
      const sum = z.reduce((a, b) => a + b, bias)
      const denominator = sum + (sum >= 0 ? rule.epsilon : -rule.epsilon)
      inputs.forEach((i, k) => {
        result.data[i]! += (z[k]! / denominator) * r
      })
    } else {
      const positive = z.reduce((a, b) => a + Math.max(b, 0), Math.max(bias, 0))
      const negative = z.reduce((a, b) => a + Math.min(b, 0), Math.min(bias, 0))
      inputs.forEach((i, k) => {
        if (z[k]! > 0) result.data[i]! += ((rule.alpha * z[k]!) / positive) * r
        if (z[k]! < 0) result.data[i]! += ((rule.beta * z[k]!) / negative) * r
      })
    }
  }
  return result
}

function fieldOf(layer: Layer, x: Map3, outputs: [number, number, number], j: number) {
  if (layer.kind === 'dense') {
    const inputs = Array.from(x.data, (_, i) => i)
    return { inputs, weights: inputs.map((i) => layer.weights[j * inputs.length + i]!), bias: layer.bias[j]! }
  }
  const [channels, height, width] = x.shape
  const [, rows, columns] = outputs
  const { kernel, stride, pad } = layer
  const o = Math.floor(j / (rows * columns))
  const r = Math.floor(j / columns) % rows
  const c = j % columns
  const inputs: number[] = []
  const weights: number[] = []
  for (let i = 0; i < channels; i++)
    for (let a = 0; a < kernel; a++)
      for (let b = 0; b < kernel; b++) {
        const [row, column] = [r * stride + a - pad, c * stride + b - pad]
        if (row < 0 || column < 0 || row >= height || column >= width) continue
        inputs.push((i * height + row) * width + column)
        weights.push(layer.weights[((o * channels + i) * kernel + a) * kernel + b]!)
      }
  return { inputs, weights, bias: layer.bias[o]! }
}
