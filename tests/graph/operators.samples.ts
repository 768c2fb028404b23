/** A node for each operator, to show what regard does with it. */

import { float32, int64, type Shape, type Tensor } from '../../src/graph/types.ts'
import { f, type Model, node, numbers } from './import/model.ts'

type Attributes = Parameters<typeof node>[3]

/** A model of one operator, which makes y from x. */
export interface Sample {
  readonly model: Model
  /** Whether y has a derivative at x, so that differences find it. */
  readonly smooth: boolean
}

const picture: Shape = [2, 4, 6, 6]
const tokens: Shape = [2, 5, 8]
const positive = (...shape: number[]) => {
  const { data } = numbers(...shape)
  return float32(
    shape,
    data.map((value) => 0.5 + Math.abs(value)),
  )
}
const bool = (...values: number[]): Tensor => ({
  type: 'bool',
  shape: [values.length],
  data: Uint8Array.from(values),
})

interface Init {
  readonly x?: Shape
  readonly opset?: number
  readonly attributes?: Attributes
  readonly constants?: Record<string, Tensor>
  /** The node's inputs; by default x first. */
  readonly inputs?: readonly string[]
  /** Nodes before and after it. */
  readonly before?: Model['nodes']
  readonly smooth?: boolean
  readonly domain?: string
}

function sample(operator: string, given: Init = {}): Sample {
  const {
    x = picture,
    opset = 18,
    attributes,
    constants = {},
    before = [],
    smooth = true,
    domain = '',
  } = given
  const inputs = given.inputs ?? ['x', ...Object.keys(constants)]
  const own = { ...node(operator, [...inputs], ['y'], attributes), domain }
  return { model: { opset, x, nodes: [...before, own], constants }, smooth }
}

const axes = { axes: int64([2], [2, 3]) }
const condition = [node('Greater', ['x', 'zero'], ['c'])]
const zero = { zero: float32([], [0]) }
const logical: Init = { inputs: ['c', 'd'], before: [...condition, node('Less', ['x', 'one'], ['d'])] }
const norm = { scale: numbers(8), shift: numbers(8) }
const reduction: Init = { constants: axes }

const SAMPLES: Readonly<Record<string, Init>> = {
  Add: { constants: { c: numbers(4, 1, 1) } },
  And: { ...logical, constants: { ...zero, one: float32([], [1]) } },
  ArgMax: { attributes: { axis: 1 } },
  ArgMin: { attributes: { axis: 1 } },
  Attention: {
    opset: 23,
    x: tokens,
    inputs: ['x', 'x', 'x'],
    attributes: { q_num_heads: 2, kv_num_heads: 2 },
  },
  AveragePool: { attributes: { kernel_shape: [2, 2] } },
  BatchNormalization: {
    constants: { scale: numbers(4), shift: numbers(4), mean: numbers(4), variance: positive(4) },
  },
  Cast: { attributes: { to: 1 } },
  CastLike: { constants: { like: float32([]) } },
  Clip: { constants: { low: float32([], [-1]), high: float32([], [1]) } },
  Concat: { constants: { c: numbers(2, 3, 6, 6) }, attributes: { axis: 1 } },
  Conv: { constants: { w: numbers(3, 4, 3, 3), b: numbers(3) } },
  ConvTranspose: { constants: { w: numbers(4, 3, 3, 3), b: numbers(3) }, attributes: { strides: [2, 2] } },
  ConstantOfShape: { before: [node('Shape', ['x'], ['s'])], inputs: ['s'] },
  CumSum: { constants: { axis: int64([], [2]) } },
  DepthToSpace: { attributes: { blocksize: 2 } },
  Div: { constants: { c: positive(4, 1, 1) } },
  Einsum: { x: tokens, constants: { w: numbers(8, 3) }, attributes: { equation: 'btc,cd->btd' } },
  Equal: { constants: zero },
  Expand: { x: [2, 4, 1, 1], constants: { shape: int64([4], [2, 4, 3, 3]) } },
  Gather: { constants: { k: int64([2], [3, 1]) }, attributes: { axis: 1 } },
  GatherND: { constants: { k: int64([2, 2], [0, 3, 1, -1]) } },
  Gelu: { opset: 20 },
  Gemm: { x: [2, 6], constants: { w: numbers(6, 3), b: numbers(3) } },
  Greater: { constants: zero },
  GreaterOrEqual: { constants: zero },
  GroupNormalization: {
    opset: 21,
    constants: { scale: numbers(4), shift: numbers(4) },
    attributes: { num_groups: 2 },
  },
  InstanceNormalization: { constants: { scale: numbers(4), shift: numbers(4) } },
  LRN: { attributes: { size: 3 } },
  LayerNormalization: { x: tokens, constants: norm },
  Less: { constants: zero },
  LessOrEqual: { constants: zero },
  Log: { before: [node('Exp', ['x'], ['p'])], inputs: ['p'] },
  LpNormalization: { attributes: { axis: 1, p: 2 } },
  MatMul: { x: tokens, constants: { w: numbers(8, 3) } },
  Max: { constants: { c: numbers(4, 1, 1) } },
  MaxPool: { attributes: { kernel_shape: [2, 2] } },
  Min: { constants: { c: numbers(4, 1, 1) } },
  Mul: { constants: { c: numbers(4, 1, 1) } },
  Not: { before: condition, inputs: ['c'], constants: zero },
  OneHot: {
    inputs: ['k', 'depth', 'values'],
    before: [node('ArgMax', ['x'], ['k'], { axis: 1, keepdims: 0 })],
    constants: { depth: int64([], [4]), values: float32([2], [0, 1]) },
  },
  Or: { ...logical, constants: { ...zero, one: float32([], [1]) } },
  PRelu: { constants: { slope: numbers(4, 1, 1) } },
  Pad: { constants: { pads: int64([8], [0, 0, 1, 1, 0, 0, 1, 1]) } },
  Pow: { constants: { two: float32([], [2]) } },
  RMSNormalization: { opset: 23, x: tokens, constants: { scale: numbers(8) } },
  ReduceL1: reduction,
  ReduceL2: reduction,
  ReduceLogSum: { before: [node('Exp', ['x'], ['p'])], inputs: ['p', 'axes'], constants: axes },
  ReduceLogSumExp: reduction,
  ReduceMax: reduction,
  ReduceMean: reduction,
  ReduceMin: reduction,
  ReduceProd: { before: [node('Shape', ['x'], ['s'])], inputs: ['s'] },
  ReduceSum: reduction,
  ReduceSumSquare: reduction,
  Reciprocal: { before: [node('Exp', ['x'], ['p'])], inputs: ['p'] },
  Reshape: { constants: { shape: int64([2], [2, -1]) } },
  Resize: { inputs: ['x', '', 'scales'], constants: { scales: float32([4], [1, 1, 2, 2]) } },
  RotaryEmbedding: {
    opset: 23,
    x: tokens,
    constants: { cos: numbers(2, 5, 2), sin: numbers(2, 5, 2) },
    attributes: { num_heads: 2 },
  },
  ScatterElements: {
    constants: { k: int64([1, 1, 1, 1], [0]), updates: float32([1, 1, 1, 1], [3]) },
    attributes: { axis: 1 },
  },
  Scatter: {
    opset: 10,
    constants: { k: int64([1, 1, 1, 1], [0]), updates: float32([1, 1, 1, 1], [3]) },
    attributes: { axis: 1 },
  },
  Slice: { constants: { starts: int64([1], [1]), ends: int64([1], [3]), axes: int64([1], [1]) } },
  SoftmaxCrossEntropyLoss: { x: [2, 6], constants: { labels: int64([2], [3, 1]) } },
  SpaceToDepth: { attributes: { blocksize: 2 } },
  Sqrt: { before: [node('Exp', ['x'], ['p'])], inputs: ['p'] },
  Squeeze: { x: [2, 4, 1, 1] },
  Sub: { constants: { c: numbers(4, 1, 1) } },
  Swish: { opset: 24 },
  Tile: { constants: { times: int64([4], [1, 1, 2, 1]) } },
  Transpose: { attributes: { perm: [0, 2, 3, 1] } },
  Unsqueeze: { constants: { axes: int64([1], [1]) } },
  Upsample: { opset: 9, constants: { scales: float32([4], [1, 1, 2, 2]) } },
  Where: { inputs: ['c', 'x', 'zero'], constants: { c: bool(1, 0, 1, 1, 0, 1), ...zero } },
  Xor: { ...logical, constants: { ...zero, one: float32([], [1]) } },
}

const FUSED_SAMPLES: Readonly<Record<string, Init>> = {
  Attention: { x: tokens, constants: { w: numbers(8, 24), b: numbers(24) }, attributes: { num_heads: 2 } },
  BiasGelu: { x: tokens, constants: { b: numbers(8) } },
  FusedConv: { constants: { w: numbers(3, 4, 3, 3) }, attributes: { activation: 'Tanh' } },
  FusedGemm: {
    x: [2, 6],
    constants: { w: numbers(6, 3), b: numbers(3) },
    attributes: { activation: 'Tanh' },
  },
  FusedMatMul: { x: tokens, constants: { w: numbers(8, 3) }, attributes: { alpha: f(0.5) } },
  MultiHeadAttention: { x: tokens, inputs: ['x', 'x', 'x'], attributes: { num_heads: 2 } },
  NhwcConv: { x: [2, 6, 6, 4], constants: { w: numbers(3, 3, 3, 4) } },
  SkipLayerNormalization: { x: tokens, constants: { skip: numbers(2, 5, 8), ...norm } },
  SkipSimplifiedLayerNormalization: { x: tokens, constants: { skip: numbers(2, 5, 8), scale: numbers(8) } },
}

/** A sample of an operator of the standard: by default one input, without attributes. */
export function sampleOf(operator: string): Sample {
  return sample(operator, Object.hasOwn(SAMPLES, operator) ? SAMPLES[operator] : {})
}

/** A sample of an operator of ONNX Runtime's. */
export function fusedSampleOf(operator: string): Sample {
  const given = Object.hasOwn(FUSED_SAMPLES, operator) ? FUSED_SAMPLES[operator] : {}
  return sample(operator, { ...given, domain: 'com.microsoft' })
}
