/** A differentiable piece of a graph for every operator that has a gradient. */

import type { Value } from '../../src/graph/builder.ts'
import type { Operator } from '../../src/graph/operators.ts'
import { type Building, type Case, elementwise, input, type Plain } from './differences.ts'

const B = 'batch'
const picture = input([B, 4, 5, 6])
const vector = input([B, 7])
const positive = input([B, 7], 0.1, 3)

/** One operator applied to the inputs. */
function op(name: Operator, attributes: object = {}): Case['build'] {
  return ({ g }, ...inputs) => g.op(name, inputs, attributes as never)
}

/** A function of one number, beside its expected formula. */
function unary(name: Operator, formula: (x: number) => number, given = vector, attributes = {}): Case {
  return { inputs: [given], build: op(name, attributes), judge: elementwise(formula) }
}

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x))
const clamp = (x: number, low: number, high: number) => Math.min(Math.max(x, low), high)

const activations: Record<string, Case> = {
  Relu: unary('Relu', (x) => Math.max(x, 0)),
  LeakyRelu: unary('LeakyRelu', (x) => (x > 0 ? x : 0.1 * x), vector, { alpha: 0.1 }),
  'PRelu, a slope a channel': {
    inputs: [picture, input([4, 1, 1])],
    build: op('PRelu'),
    judge: ([x, slope]) => x!.data.map((v, k) => (v > 0 ? v : v * slope!.data[Math.floor(k / 30) % 4]!)),
  },
  'PRelu, one slope': { inputs: [vector, input([1])], build: op('PRelu'), judge: leaky },
  'Clip to 0 and 6': {
    inputs: [input([B, 20], -10, 10)],
    build: ({ g, constant }, x) => g.op('Clip', [x, constant([], [0]), constant([], [6])]),
  },
  'Clip from above only': {
    inputs: [vector],
    build: ({ g, constant }, x) => g.op('Clip', [x, undefined, constant([], [0.5])]),
  },
  'Clip by its bounds': { inputs: [vector, input([], -1, 0), input([], 0, 1)], build: op('Clip') },
  Elu: unary('Elu', (x) => (x > 0 ? x : 0.7 * (Math.exp(x) - 1)), vector, { alpha: 0.7 }),
  Sigmoid: unary('Sigmoid', sigmoid),
  HardSigmoid: unary('HardSigmoid', (x) => clamp(0.4 * x + 0.5, 0, 1), vector, { alpha: 0.4 }),
  HardSwish: unary('HardSwish', (x) => x * clamp(x / 6 + 0.5, 0, 1), input([B, 30], -6, 6)),
  Tanh: unary('Tanh', Math.tanh),
  Softplus: unary('Softplus', (x) => Math.log1p(Math.exp(x))),
}

const functions: Record<string, Case> = {
  Neg: unary('Neg', (x) => -x),
  Abs: unary('Abs', Math.abs),
  Sqrt: unary('Sqrt', Math.sqrt, positive),
  Exp: unary('Exp', Math.exp),
  Log: unary('Log', Math.log, positive),
  Reciprocal: unary('Reciprocal', (x) => 1 / x, positive),
  Erf: unary('Erf', erf),
}

const arithmetic: Record<string, Case> = {
  Add: { inputs: [picture, picture], build: op('Add') },
  'Add, repeated in the middle and in front': {
    inputs: [picture, input([B, 1, 5, 1]), input([6])],
    build: ({ g }, a, b, c) => g.add(g.add(a!, b!), c!),
  },
  Sub: { inputs: [vector, input([B, 1])], build: op('Sub') },
  Mul: { inputs: [picture, input([4, 1, 1])], build: op('Mul') },
  'Mul by a gate of the picture itself': {
    inputs: [picture],
    build: ({ g }, x) => g.mul(x!, g.op('Sigmoid', [g.op('ReduceMean', [x, g.integers([2, 3])])])),
  },
  Div: { inputs: [vector, input([7], 0.5, 2)], build: op('Div') },
  'Div by its own norm': {
    inputs: [vector],
    build: ({ g }, x) => g.div(x!, g.op('Sqrt', [g.reduceSum(g.mul(x!, x!), [1], true)])),
  },
  'Pow 2': { inputs: [vector], build: ({ g, constant }, x) => g.op('Pow', [x, constant([], [2])]) },
  'Pow with several exponents, 0 among them': {
    inputs: [positive],
    build: ({ g, constant }, x) => g.op('Pow', [x, constant([7], [0, 1, 2, 3, -1, 0.5, -0.75])]),
  },
  Max: { inputs: [vector, input([7]), input([B, 1])], build: op('Max') },
  Min: { inputs: [vector, vector], build: op('Min') },
  Sum: { inputs: [vector, input([B, 1]), input([7])], build: op('Sum') },
  Where: {
    inputs: [vector, vector, input([7])],
    build: ({ g, constant }, x, a, b) => g.op('Where', [g.op('Greater', [x, constant([], [0])]), a, b]),
    by: [1, 2],
  },
  'Cast to double and back': {
    inputs: [vector],
    build: ({ g }, x) => g.op('Cast', [g.op('Cast', [x], { to: 'float64' })], { to: x!.type }),
  },
  'Softmax over the last axis': { inputs: [picture], build: op('Softmax') },
  'Softmax over channels': { inputs: [picture], build: op('Softmax', { axis: 1 }) },
  LogSoftmax: { inputs: [vector], build: op('LogSoftmax') },
}

const layers: Record<string, Case> = {
  'Conv, whole': {
    inputs: [picture, input([3, 4, 3, 2]), input([3])],
    build: op('Conv', { strides: [2, 1], pads: [1, 0, 1, 1], dilations: [1, 2] }),
    judge: 'linear',
  },
  'Conv in groups': {
    inputs: [picture, input([6, 2, 3, 3]), input([6])],
    build: op('Conv', { group: 2, pads: [1, 1, 0, 1], strides: [1, 2] }),
    judge: 'linear',
  },
  'Conv in groups of six filters': {
    inputs: [picture, input([12, 2, 3, 3]), input([12])],
    build: op('Conv', { group: 2, pads: [0, 1, 1, 0] }),
    judge: 'linear',
  },
  'Conv, depthwise with two filters a channel': {
    inputs: [picture, input([8, 1, 3, 3])],
    build: op('Conv', { group: 4, pads: [1, 1, 1, 1] }),
    judge: 'linear',
  },
  'Conv by pixels, padded below and right': {
    inputs: [picture, input([3, 4, 1, 1]), input([3])],
    build: op('Conv', { pads: [0, 0, 1, 2] }),
    judge: 'linear',
  },
  'Conv, depthwise': {
    inputs: [picture, input([4, 1, 3, 3])],
    build: op('Conv', { group: 4, pads: [1, 1, 1, 1], strides: [2, 2] }),
    judge: 'linear',
  },
  ConvTranspose: {
    inputs: [picture, input([4, 3, 3, 3]), input([6])],
    build: op('ConvTranspose', { strides: [2, 2], pads: [1, 0, 1, 1], output_padding: [1, 0], group: 2 }),
    judge: 'linear',
  },
  Gemm: { inputs: [vector, input([3, 7]), input([3])], build: op('Gemm', { transB: 1 }) },
  'Gemm, everything turned and scaled': {
    inputs: [input([7, 2]), input([3, 7]), input([2, 1])],
    build: op('Gemm', { transA: 1, transB: 1, alpha: 0.5, beta: 2 }),
  },
  'Gemm, the left side turned': {
    inputs: [input([7, 2]), input([7, 3]), input([1])],
    build: op('Gemm', { transA: 1, beta: 2 }),
  },
  'MatMul of matrices': { inputs: [vector, input([7, 3])], build: op('MatMul') },
  'MatMul of a stack and a matrix': { inputs: [input([B, 3, 4]), input([4, 5])], build: op('MatMul') },
  'MatMul of two stacks': { inputs: [input([B, 2, 3, 4]), input([B, 1, 4, 5])], build: op('MatMul') },
  'MatMul of a matrix and a stack': { inputs: [input([3, 4]), input([B, 4, 2])], build: op('MatMul') },
  'BatchNormalization of pictures': {
    inputs: [picture, input([4]), input([4]), input([4]), input([4], 0.5, 2)],
    build: op('BatchNormalization', { epsilon: 0.01 }),
    by: [0, 1, 2],
  },
  'BatchNormalization of vectors': {
    inputs: [vector, input([7]), input([7]), input([7]), input([7], 0.5, 2)],
    build: op('BatchNormalization'),
    by: [0, 1, 2],
  },
  LRN: { inputs: [input([B, 6, 2, 3], -20, 20)], build: op('LRN', { size: 5, alpha: 0.1 }), judge: lrn },
  MaxPool: {
    inputs: [picture],
    build: op('MaxPool', { kernel_shape: [3, 2], strides: [2, 2], pads: [1, 0, 0, 0], ceil_mode: 1 }),
  },
  'MaxPool that counts positions by columns': {
    inputs: [picture],
    build: ({ g }, x) => g.ops('MaxPool', 2, [x], { kernel_shape: [2, 2], storage_order: 1 })[0]!,
  },
  AveragePool: {
    inputs: [picture],
    build: op('AveragePool', { kernel_shape: [2, 3], strides: [1, 2] }),
    judge: 'linear',
  },
  GlobalAveragePool: { inputs: [picture], build: op('GlobalAveragePool'), judge: 'linear' },
  GlobalMaxPool: {
    inputs: [picture],
    build: op('GlobalMaxPool'),
    judge: ([x]) => Array.from({ length: 8 }, (_, k) => Math.max(...x!.data.slice(30 * k, 30 * (k + 1)))),
  },
  Dropout: { inputs: [vector], build: op('Dropout') },
  SoftmaxCrossEntropyLoss: { inputs: [input([2, 3])], build: loss([2], [2, 0]) },
  'SoftmaxCrossEntropyLoss at each place': {
    inputs: [input([2, 3, 4])],
    build: loss([2, 4], [2, 0, 1, 1, 0, 0, 2, 1]),
  },
}

const along =
  (name: 'ReduceSum' | 'ReduceMean' | 'ReduceMax', axes: number[], keepdims: number) =>
  ({ g }: Building, x?: Value) =>
    g.op(name, [x, g.integers(axes)], { keepdims })

const reductions: Record<string, Case> = {
  'ReduceSum, axes kept': { inputs: [picture], build: along('ReduceSum', [1, 3], 1) },
  'ReduceSum, axes dropped': { inputs: [picture], build: along('ReduceSum', [-1, 1], 0) },
  'ReduceSum of everything, an open batch too': {
    inputs: [picture],
    build: op('ReduceSum', { keepdims: 0 }),
  },
  'ReduceMean of the picture': { inputs: [picture], build: along('ReduceMean', [2, 3], 0) },
  'ReduceMean over channels': { inputs: [picture], build: along('ReduceMean', [1], 1) },
  CumSum: {
    inputs: [picture],
    build: ({ g }, x) => g.op('CumSum', [x, g.constant(indices([], [2]))], { exclusive: 1 }),
  },
  'CumSum backwards': {
    inputs: [picture],
    build: ({ g }, x) => g.op('CumSum', [x, g.constant(indices([], [-1]))], { reverse: 1 }),
  },
  'ReduceMax of the picture': { inputs: [picture], build: along('ReduceMax', [2, 3], 0) },
  'ReduceMax of everything': {
    inputs: [input([3, 4])],
    build: op('ReduceMax', { keepdims: 0 }),
  },
  'ReduceMax over channels': { inputs: [picture], build: along('ReduceMax', [1], 1) },
}

const moves: Record<string, Case> = {
  Identity: { inputs: [vector], build: op('Identity') },
  Flatten: { inputs: [picture], build: op('Flatten') },
  Reshape: { inputs: [picture], build: ({ g }, x) => g.reshape(x!, [0, 2, -1, 5]) },
  'Reshape to a size read off a shape': {
    inputs: [picture],
    build: ({ g }, x) => {
      const batch = g.slice(g.op('Shape', [x]), { 0: [0, 1] })
      return g.op('Reshape', [x, g.concat([batch, g.integers([-1])], 0)])
    },
  },
  Transpose: { inputs: [picture], build: op('Transpose', { perm: [0, 2, 3, 1] }) },
  'Transpose that moves the batch': {
    inputs: [input([3, B, 4])],
    build: op('Transpose', { perm: [1, 2, 0] }),
  },
  'Squeeze and Unsqueeze': {
    inputs: [input([B, 1, 5, 1])],
    build: ({ g }, x) => g.op('Unsqueeze', [g.op('Squeeze', [x, g.integers([1, 3])]), g.integers([2])]),
  },
  Slice: { inputs: [picture], build: ({ g }, x) => g.slice(x!, { 1: [1, 3], 3: [-3, 100] }) },
  'Slice with steps': { inputs: [picture], build: ({ g }, x) => g.slice(x!, { 2: [1, 5, 3], 3: [0, 6, 2] }) },
  'Slice backwards': {
    inputs: [picture],
    build: ({ g }, x) => g.slice(x!, { 1: [-1, -100, -1], 3: [4, 0, -2] }),
  },
  Split: {
    inputs: [picture],
    build: ({ g }, x) => g.ops('Split', 3, [x, g.integers([1, 2, 3])], { axis: 3 }),
  },
  'Split of which a part is not used': {
    inputs: [picture],
    build: ({ g }, x) => g.ops('Split', 3, [x, g.integers([2, 1, 1])], { axis: 1 }).slice(1),
  },
  'Pad with zeros, and with borders cut off': {
    inputs: [picture],
    build: ({ g }, x) => g.pad(x!, [0, 0, 1, -2], [0, 1, 2, 1]),
  },
  'Pad with the edge': {
    inputs: [picture],
    build: ({ g }, x) => g.op('Pad', [x, g.integers([0, 0, 2, 1, 0, 0, 0, 3])], { mode: 'edge' }),
  },
  'Pad with a mirror': {
    inputs: [picture],
    build: ({ g }, x) => g.op('Pad', [x, g.integers([0, 1, 2, 3, 0, 2, 1, 3])], { mode: 'reflect' }),
  },
  Concat: { inputs: [picture, input([B, 2, 5, 6])], build: ({ g }, a, b) => g.concat([a!, b!, a!], 1) },
  Expand: {
    inputs: [input([B, 1, 4])],
    build: ({ g }, x) => g.op('Expand', [x, g.integers([1, 3, 4])]),
  },
  'Gather of one index': {
    inputs: [picture],
    build: ({ g }, x) => g.op('Gather', [x, g.constant(indices([], [-2]))], { axis: 1 }),
  },
  'Gather from a line': {
    inputs: [input([5])],
    build: ({ g }, x) => g.op('Gather', [x, g.integers([4, 0, -1])]),
  },
  'Gather that shuffles channels and takes one twice': {
    inputs: [picture],
    build: ({ g }, x) => g.op('Gather', [x, g.constant(indices([2, 3], [3, 1, 0, 2, 1, 1]))], { axis: 1 }),
  },
}

export const groups: Readonly<Record<string, Record<string, Case>>> = {
  activations,
  functions,
  arithmetic,
  layers,
  reductions,
  moves,
}

/** The loss for some labels, and the logarithms beside it. */
function loss(shape: number[], labels: number[]): Case['build'] {
  return ({ g }, x) => g.ops('SoftmaxCrossEntropyLoss', 2, [x, g.constant(indices(shape, labels))])
}

function leaky([x, slope]: Plain[]): Float64Array {
  return x!.data.map((v) => (v > 0 ? v : v * slope!.data[0]!))
}

/** The error function by its series, which converges fast for small numbers. */
function erf(x: number): number {
  let [term, sum] = [x, x]
  for (let n = 1; n < 60; n++) {
    term *= (-x * x) / n
    sum += term / (2 * n + 1)
  }
  return (2 / Math.sqrt(Math.PI)) * sum
}

/** LRN over 5 channels, α = 0.1, β = 0.75. */
function lrn([x]: Plain[]): Float64Array {
  const [, channels, height, width] = x!.shape as [number, number, number, number]
  const area = height * width
  return x!.data.map((v, k) => {
    const channel = Math.floor(k / area) % channels
    let squares = 0
    for (let c = Math.max(0, channel - 2); c <= Math.min(channels - 1, channel + 2); c++)
      squares += x!.data[k + (c - channel) * area]! ** 2
    return v / (1 + (0.1 / 5) * squares) ** 0.75
  })
}

function indices(shape: number[], values: number[]) {
  return { type: 'int64', shape, data: BigInt64Array.from(values, BigInt) } as const
}
