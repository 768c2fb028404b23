/**
 * Shape inference: from the shapes of a node's inputs to the types and shapes of its outputs.
 *
 * A dimension is a number or a name (`batch`). Names are carried along untouched, so a network is written
 * once for every batch size; two names are the same dimension only if they are the same name.
 */

import {
  axisOf,
  broadcast,
  equal,
  fixed,
  kept,
  outputSize,
  product,
  quotient,
  reshaped,
  same,
  sliced,
  span,
  sum,
} from './dimensions.ts'
import type { AttributesOf, Node, NodeOf, Operator } from './operators.ts'
import type { DataType, Dimension, Shape, Tensor, ValueInfo } from './types.ts'

/** What is known of an input: its type, its shape and, where it is a constant, its elements. */
export interface Known {
  readonly type: DataType
  readonly shape: Shape
  readonly constant?: Tensor
  /** The elements of integers that hold sizes, where they are known (constants, `Shape` nodes and what is made of them). */
  readonly dimensions?: Shape
}

/** What follows for an output. */
export type Inferred = Pick<Known, 'type' | 'shape' | 'dimensions'>

/**
 * The types and shapes of a node's outputs.
 *
 * @param inputs what is known of each input; undefined for an optional input that is left out
 * @throws Error that says which dimensions do not fit
 */
export function inferNode(node: Node, inputs: readonly (Known | undefined)[]): Inferred[] {
  const infer = RULES[node.op] as ShapeRule<Operator>
  return infer(inputs as Known[], node.attributes as never, node)
}

type ShapeRule<O extends Operator> = (
  inputs: readonly Known[],
  attributes: AttributesOf<O>,
  node: NodeOf<O>,
) => Inferred[]

const RULES: { [O in Operator]: ShapeRule<O> } = {
  Conv: ([x, w], a) => {
    const [batch, channels, ...picture] = rank(x!, 4)
    const [filters, perGroup, ...kernel] = rank(w!, 4)
    same(channels!, fixed(perGroup!) * a.group, 'channels of the picture and of the weights')
    const size = picture.map((d, k) =>
      outputSize(
        fixed(d),
        span(fixed(kernel[k]!), a.dilations[k]!),
        a.strides[k]!,
        a.pads[k]! + a.pads[k + 2]!,
        0,
      ),
    )
    return [{ type: x!.type, shape: [batch!, filters!, ...size] }]
  },
  ConvTranspose: ([x, w], a) => {
    const [batch, channels, ...picture] = rank(x!, 4)
    const [inputs, perGroup, ...kernel] = rank(w!, 4)
    same(channels!, inputs!, 'channels of the picture and of the weights')
    const size = picture.map(
      (d, k) =>
        (fixed(d) - 1) * a.strides[k]! +
        span(fixed(kernel[k]!), a.dilations[k]!) -
        a.pads[k]! -
        a.pads[k + 2]! +
        a.output_padding[k]!,
    )
    return [{ type: x!.type, shape: [batch!, fixed(perGroup!) * a.group, ...size] }]
  },
  Gemm: ([a, b, c], { transA, transB }) => {
    const [m, k] = transA ? [...rank(a!, 2)].reverse() : rank(a!, 2)
    const [k2, n] = transB ? [...rank(b!, 2)].reverse() : rank(b!, 2)
    same(k!, k2!, 'inner dimensions')
    if (c) broadcast(c.shape, [m!, n!])
    return [{ type: a!.type, shape: [m!, n!] }]
  },
  MatMul: ([a, b]) => {
    if (a!.shape.length < 2 || b!.shape.length < 2)
      throw new Error('both sides must have two dimensions at least')
    same(a!.shape.at(-1)!, b!.shape.at(-2)!, 'inner dimensions')
    return [
      {
        type: a!.type,
        shape: [
          ...broadcast(a!.shape.slice(0, -2), b!.shape.slice(0, -2)),
          a!.shape.at(-2)!,
          b!.shape.at(-1)!,
        ],
      },
    ]
  },
  MaxPool: ([x], a, node) => {
    const shape = pooled(x!, a, a.dilations)
    const values = { type: x!.type, shape }
    return node.outputs.length > 1 ? [values, { type: 'int64', shape }] : [values]
  },
  AveragePool: ([x], a) => [{ type: x!.type, shape: pooled(x!, a, [1, 1]) }],
  GlobalAveragePool: pooledWhole,
  GlobalMaxPool: pooledWhole,
  BatchNormalization: ([x, ...parameters], { training_mode }) => {
    if (training_mode !== 0) throw new Error('only batch normalisation outside training is known')
    for (const { shape } of parameters) {
      if (shape.length !== 1) throw new Error('its parameters must have one number a channel')
      same(x!.shape[1]!, shape[0]!, 'channels and parameters')
    }
    return [{ type: x!.type, shape: x!.shape }]
  },
  LRN: ([x]) => [{ type: x!.type, shape: rank(x!, 4) }],
  Dropout: ([x], _, node) => {
    const values = { type: x!.type, shape: x!.shape }
    return node.outputs.length > 1 ? [values, { type: 'bool', shape: x!.shape }] : [values]
  },
  Softmax: unchanged,
  LogSoftmax: unchanged,
  SoftmaxCrossEntropyLoss: ([scores, labels], a, node) => {
    same(scores!.shape[0]!, labels!.shape[0]!, 'rows of scores and labels')
    const loss: Inferred = { type: scores!.type, shape: a.reduction === 'none' ? labels!.shape : [] }
    return node.outputs.length > 1 ? [loss, { type: scores!.type, shape: scores!.shape }] : [loss]
  },

  Relu: unchanged,
  LeakyRelu: unchanged,
  PRelu: ([x, slope]) => {
    sameType(x!, slope!)
    const shape = broadcast(x!.shape, slope!.shape)
    if (shape.join() !== x!.shape.join()) throw new Error('the slopes do not fit the input')
    return [{ type: x!.type, shape: x!.shape }]
  },
  Clip: unchanged,
  Elu: unchanged,
  Sigmoid: unchanged,
  HardSigmoid: unchanged,
  HardSwish: unchanged,
  Tanh: unchanged,
  Softplus: unchanged,
  Erf: unchanged,
  Neg: unchanged,
  Abs: unchanged,
  Sqrt: unchanged,
  Exp: unchanged,
  Log: unchanged,
  Reciprocal: unchanged,
  Add: (inputs) => arithmetic(inputs, sum),
  Sub: (inputs) => arithmetic(inputs, (a, b) => (typeof b === 'number' ? sum(a, -b) : undefined)),
  Mul: (inputs) => arithmetic(inputs, (a, b) => product([a, b])),
  Div: (inputs) => arithmetic(inputs, quotient),
  Pow: elementwise,
  Max: elementwise,
  Min: elementwise,
  Sum: elementwise,
  Equal: (inputs) => [{ ...compared(inputs)[0]!, dimensions: pairwise(inputs, equal) }],
  Greater: compared,
  GreaterOrEqual: compared,
  Where: ([condition, a, b]) => {
    sameType(a!, b!)
    const shape = broadcast(condition!.shape, broadcast(a!.shape, b!.shape))
    const known = [condition!, a!, b!].every((input) => input.dimensions?.length === shape[0])
    const dimensions = known
      ? condition!.dimensions!.map((d, k) => (d === 1 ? a : b)!.dimensions![k]!)
      : undefined
    return [{ type: a!.type, shape, dimensions }]
  },
  Cast: ([x], { to }) => [
    { type: to, shape: x!.shape, dimensions: to === 'int64' || to === 'int32' ? x!.dimensions : undefined },
  ],
  ReduceSum: reduced,
  ReduceMean: reduced,
  ReduceMax: reduced,
  ArgMax: ([x], { axis, keepdims }) => {
    const at = axisOf(axis, x!.shape.length)
    return [{ type: 'int64', shape: x!.shape.flatMap((d, k) => (k !== at ? [d] : keepdims ? [1] : [])) }]
  },

  Identity: ([x]) => [{ type: x!.type, shape: x!.shape, dimensions: x!.dimensions }],
  Flatten: ([x], { axis }) => {
    const at = axis < 0 ? axis + x!.shape.length : axis
    return [{ type: x!.type, shape: [product(x!.shape.slice(0, at)), product(x!.shape.slice(at))] }]
  },
  Reshape: ([x, target]) => [
    { type: x!.type, shape: reshaped(x!.shape, dimensionsOf(target!, 'the new shape')) },
  ],
  Transpose: ([x], { perm }) => {
    if (perm.length !== x!.shape.length)
      throw new Error(`perm has ${perm.length} axes, the input ${x!.shape.length}`)
    return [{ type: x!.type, shape: perm.map((k) => x!.shape[k]!) }]
  },
  Squeeze: ([x, axes]) => {
    const rank = x!.shape.length
    const gone = axes
      ? integers(axes, 'axes').map((axis) => axisOf(axis, rank))
      : x!.shape.flatMap((d, k) => (d === 1 ? [k] : []))
    for (const axis of gone) same(x!.shape[axis]!, 1, `dimension ${axis} and 1`)
    return [{ type: x!.type, shape: x!.shape.filter((_, k) => !gone.includes(k)), dimensions: x!.dimensions }]
  },
  Unsqueeze: ([x, axes]) => {
    const along = integers(axes!, 'axes')
    const rank = x!.shape.length + along.length
    const added = along.map((axis) => axisOf(axis, rank))
    const rest = [...x!.shape]
    const shape = Array.from({ length: rank }, (_, k) => (added.includes(k) ? 1 : rest.shift()!))
    return [{ type: x!.type, shape, dimensions: rank <= 1 ? x!.dimensions : undefined }]
  },
  Slice: ([x, starts, ends, axes, steps]) => {
    const shape = [...x!.shape]
    const count = integers(starts!, 'starts').length
    const along = axes ? integers(axes, 'axes') : Array.from({ length: count }, (_, k) => k)
    along.forEach((axis, k) => {
      const at = axisOf(axis, shape.length)
      const step = steps ? integers(steps, 'steps')[k]! : 1
      const [start, end] = [integers(starts!, 'starts')[k]!, integers(ends!, 'ends')[k]!]
      const whole = start === 0 && end >= 2 ** 31 - 1 && step === 1
      if (!whole) shape[at] = sliced(fixed(shape[at]!), start, end, step)
    })
    return [{ type: x!.type, shape, dimensions: slicedDimensions(x!, starts!, ends!, steps) }]
  },
  Split: ([x, sizes], { axis }, node) => {
    const at = axisOf(axis, x!.shape.length)
    const parts = integers(sizes!, 'sizes')
    same(parts.length, node.outputs.length, 'numbers of parts and of outputs')
    same(
      x!.shape[at]!,
      parts.reduce((sum, size) => sum + size, 0),
      'the dimension and the sum of the parts',
    )
    return parts.map((size) => ({ type: x!.type, shape: x!.shape.map((d, k) => (k === at ? size : d)) }))
  },
  Pad: ([x, pads]) => {
    const by = integers(pads!, 'pads')
    const shape = x!.shape.map((d, k) => {
      const added = by[k]! + by[k + x!.shape.length]!
      return added === 0 ? d : fixed(d) + added
    })
    return [{ type: x!.type, shape }]
  },
  Concat: (inputs, { axis }) => {
    const at = axisOf(axis, inputs[0]!.shape.length)
    const shape = inputs[0]!.shape.map((d, k) => {
      if (k === at)
        return inputs.length === 1 ? d : inputs.reduce((sum, input) => sum + fixed(input.shape[k]!), 0)
      for (const input of inputs) same(d, input.shape[k]!, `dimension ${k}`)
      return d
    })
    const known = inputs.every((input) => input.dimensions)
    return [
      {
        type: inputs[0]!.type,
        shape,
        dimensions: known ? inputs.flatMap((input) => [...input.dimensions!]) : undefined,
      },
    ]
  },
  Expand: ([x, target]) => [
    { type: x!.type, shape: broadcast(x!.shape, dimensionsOf(target!, 'the new shape')) },
  ],
  Shape: ([x], { start }) => {
    const dimensions = x!.shape.slice(start)
    return [{ type: 'int64', shape: [dimensions.length], dimensions }]
  },
  ConstantOfShape: ([target], { value }) => [{ type: value.type, shape: dimensionsOf(target!, 'the shape') }],
  CumSum: unchanged,
  OneHot: ([indices, depth, values], { axis }) => {
    const at = axis < 0 ? axis + indices!.shape.length + 1 : axis
    const shape = [...indices!.shape]
    shape.splice(at, 0, integers(depth!, 'depth')[0]!)
    return [{ type: values!.type, shape }]
  },
  Gather: ([x, indices], { axis }) => {
    const at = axisOf(axis, x!.shape.length)
    const shape = [...x!.shape.slice(0, at), ...indices!.shape, ...x!.shape.slice(at + 1)]
    const known = x!.dimensions && indices!.constant && shape.length <= 1
    const dimensions = known ? integers(indices!, 'indices').map((k) => x!.dimensions!.at(k)!) : undefined
    return [{ type: x!.type, shape, dimensions }]
  },
  Resize: ([x, , scales, sizes]) => {
    if (sizes)
      return [{ type: x!.type, shape: integers(sizes, 'sizes').map((d, k) => kept(d, x!.shape[k]!)) }]
    if (!scales?.constant) throw new Error('scales must be constant')
    const by = Array.from(scales.constant.data as ArrayLike<number>, Number)
    same(by.length, x!.shape.length, 'numbers of scales and of dimensions')
    return [
      { type: x!.type, shape: x!.shape.map((d, k) => (by[k] === 1 ? d : Math.floor(fixed(d) * by[k]!))) },
    ]
  },
  ScatterElements: ([x]) => [{ type: x!.type, shape: x!.shape }],

  Scan: (inputs, { body, num_scan_inputs }) => {
    const states = inputs.length - num_scan_inputs
    const steps = inputs[states]!.shape[0]!
    return body.outputs.map(({ type, shape }, k) =>
      k < states ? { type, shape } : { type, shape: [steps, ...shape] },
    )
  },
}

function unchanged([x]: readonly Known[]): Inferred[] {
  return [{ type: x!.type, shape: x!.shape }]
}

function pooledWhole([x]: readonly Known[]): Inferred[] {
  return [{ type: x!.type, shape: x!.shape.map((d, k) => (k < 2 ? d : 1)) }]
}

/** Elementwise, and carried out where it is done on the sizes that a graph reads off a shape. */
function arithmetic(
  inputs: readonly Known[],
  apply: (a: Dimension, b: Dimension) => Dimension | undefined,
): Inferred[] {
  const [result] = elementwise(inputs)
  return [{ ...result!, dimensions: pairwise(inputs, apply) }]
}

/** What follows for known integers, one by one; undefined where it does not follow for one of them. */
function pairwise(
  [a, b]: readonly Known[],
  apply: (a: Dimension, b: Dimension) => Dimension | undefined,
): Shape | undefined {
  if (!a?.dimensions || !b?.dimensions) return undefined
  const [p, q] = [a.dimensions, b.dimensions]
  const results = Array.from({ length: Math.max(p.length, q.length) }, (_, k) =>
    apply(p[p.length === 1 ? 0 : k]!, q[q.length === 1 ? 0 : k]!),
  )
  return results.every((d) => d !== undefined) ? (results as Shape) : undefined
}

/** A part of a shape that a graph reads off: the only slice of known integers that graphs make. */
function slicedDimensions(x: Known, starts: Known, ends: Known, steps?: Known): Shape | undefined {
  if (!x.dimensions || x.shape.length !== 1) return undefined
  if (steps && integers(steps, 'steps')[0] !== 1) return undefined
  return x.dimensions.slice(integers(starts, 'starts')[0]!, integers(ends, 'ends')[0]!)
}

function elementwise(inputs: readonly Known[]): Inferred[] {
  for (const input of inputs) sameType(inputs[0]!, input)
  return [{ type: inputs[0]!.type, shape: inputs.map((input) => input.shape).reduce(broadcast) }]
}

function compared([a, b]: readonly Known[]): Inferred[] {
  sameType(a!, b!)
  return [{ type: 'bool', shape: broadcast(a!.shape, b!.shape) }]
}

function reduced([x, axes]: readonly Known[], { keepdims }: AttributesOf<'ReduceSum'>): Inferred[] {
  const along = axes
    ? integers(axes, 'axes').map((axis) => axisOf(axis, x!.shape.length))
    : x!.shape.map((_, k) => k)
  return [
    { type: x!.type, shape: x!.shape.flatMap((d, k) => (!along.includes(k) ? [d] : keepdims ? [1] : [])) },
  ]
}

type Window = Pick<AttributesOf<'MaxPool'>, 'kernel_shape' | 'strides' | 'pads' | 'ceil_mode'>

function pooled(x: Known, a: Window, dilations: readonly number[]): Shape {
  const [batch, channels, ...picture] = rank(x, 4)
  const size = picture.map((d, k) =>
    outputSize(
      fixed(d),
      span(a.kernel_shape[k]!, dilations[k]!),
      a.strides[k]!,
      a.pads[k]! + a.pads[k + 2]!,
      a.ceil_mode,
      a.pads[k]!,
    ),
  )
  return [batch!, channels!, ...size]
}

function rank(x: Known, length: number): Shape {
  if (x.shape.length !== length) throw new Error(`needs ${length} dimensions and got [${x.shape.join(', ')}]`)
  return x.shape
}

function sameType(a: Known, b: Known): void {
  if (a.type !== b.type) throw new Error(`element types differ: ${a.type} and ${b.type}`)
}

function integers(x: Known, what: string): number[] {
  if (!x.constant) throw new Error(`${what} must be constant`)
  return Array.from(x.constant.data as ArrayLike<number | bigint>, Number)
}

function dimensionsOf(x: Known, what: string): Shape {
  if (x.dimensions) return x.dimensions
  return integers(x, what)
}

/** What is known of a value from its declaration and, where it has them, its constant elements. */
export function known(info: Pick<ValueInfo, 'type' | 'shape'>, constant?: Tensor): Known {
  const dimensions =
    (constant?.type === 'int64' || constant?.type === 'int32') && constant.shape.length <= 1
      ? Array.from<number | bigint, number>(constant.data, Number)
      : undefined
  return { type: info.type, shape: info.shape, constant, dimensions }
}
