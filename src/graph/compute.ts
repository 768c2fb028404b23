/**
 * What operators compute, in TypeScript, for constants: the arithmetic that exporters leave in a graph to compute
 * shapes, indices and tables. Everything that depends on an input is left to ONNX Runtime.
 */

import { axisOf, broadcast, reshaped, sliced } from './dimensions.ts'
import {
  type Attributes,
  type Computation,
  each,
  expanded,
  isInteger,
  joined,
  numbersOf,
  picked,
  reduced,
  shaped,
  stored,
  stridesOf,
} from './elements.ts'
import { ON_CONSTANTS, scatterElements } from './onConstants.ts'
import { isOperator, type Operator } from './operators.ts'
import { type DataType, sizeOf, type Tensor } from './types.ts'

/** Whether the operator of this name can be computed here. */
export function isComputed(op: string): boolean {
  return computationOf(op) !== 'runtime'
}

/**
 * The result of an operator with one output.
 *
 * @param op one that {@link isComputed}
 * @throws Error when the inputs do not fit
 */
export function compute(op: string, inputs: readonly (Tensor | undefined)[], attributes: Attributes): Tensor {
  const computation = computationOf(op)
  if (computation === 'runtime') throw new Error(`the operator ${op} is not computed here`)
  return computation(inputs, attributes)
}

function computationOf(op: string): Computation | 'runtime' {
  if (isOperator(op)) return COMPUTATIONS[op]
  return Object.hasOwn(ON_CONSTANTS, op) ? ON_CONSTANTS[op]! : 'runtime'
}

/** The computation of each operator, or `runtime` where it is left to ONNX Runtime. */
const COMPUTATIONS: { readonly [O in Operator]: Computation | 'runtime' } = {
  Conv: 'runtime',
  ConvTranspose: 'runtime',
  Gemm: 'runtime',
  MatMul: 'runtime',
  MaxPool: 'runtime',
  AveragePool: 'runtime',
  GlobalAveragePool: 'runtime',
  GlobalMaxPool: 'runtime',
  BatchNormalization: 'runtime',
  LRN: 'runtime',
  Dropout: 'runtime',
  Softmax: 'runtime',
  LogSoftmax: 'runtime',
  SoftmaxCrossEntropyLoss: 'runtime',

  Relu: quick(
    each((a) => Math.max(a, 0)),
    (x, _, y) => keepSign(x, 1, y),
  ),
  LeakyRelu: 'runtime',
  PRelu: 'runtime',
  Clip: ([x, low, high]) => {
    const bound = (value: Tensor | undefined, otherwise: number) => (value ? numbersOf(value)[0]! : otherwise)
    const [least, most] = [bound(low, Number.NEGATIVE_INFINITY), bound(high, Number.POSITIVE_INFINITY)]
    return each((a) => Math.min(Math.max(a, least), most))([x], {})
  },
  Elu: 'runtime',
  Sigmoid: 'runtime',
  HardSigmoid: 'runtime',
  HardSwish: 'runtime',
  Tanh: 'runtime',
  Softplus: 'runtime',
  Erf: 'runtime',

  Neg: quick(
    each((a) => -a),
    (x, _, y) => {
      for (let k = 0; k < x.length; k++) y[k] = -x[k]!
    },
  ),
  Abs: each(Math.abs),
  Sqrt: each(Math.sqrt),
  Exp: each(Math.exp),
  Log: each(Math.log),
  Reciprocal: each((a) => 1 / a),
  Add: each((a, b) => a + b),
  Sub: each((a, b) => a - b),
  Mul: quick(
    each((a, b) => a * b),
    (x, by, y) => {
      for (let k = 0; k < x.length; k++) y[k] = x[k]! * by
    },
  ),
  Div: (inputs, attributes) =>
    each(isInteger(inputs[0]!.type) ? (a, b) => Math.trunc(a / b) : (a, b) => a / b)(inputs, attributes),
  Pow: each((a, b) => a ** b),
  Max: inPairs(each(Math.max)),
  Min: quick(inPairs(each(Math.min)), (x, most, y) => {
    if (most === 0) keepSign(x, -1, y)
    else for (let k = 0; k < x.length; k++) y[k] = Math.min(x[k]!, most)
  }),
  Sum: inPairs(each((a, b) => a + b)),
  Equal: each((a, b) => (a === b ? 1 : 0), 'bool'),
  Greater: each((a, b) => (a > b ? 1 : 0), 'bool'),
  GreaterOrEqual: each((a, b) => (a >= b ? 1 : 0), 'bool'),
  Where: ([condition, a, b]) => each((c, p, q) => (c ? p : q), a!.type)([condition, a, b], {}),
  Cast: ([x], { to }) => each((a) => a, to as DataType)([x], {}),
  ReduceSum: reduced((values) => values.reduce((sum, value) => sum + value, 0)),
  ReduceMean: reduced((values) => values.reduce((sum, value) => sum + value, 0) / values.length),
  ReduceMax: reduced((values) => values.reduce((a, b) => Math.max(a, b))),
  ArgMax: 'runtime',

  Identity: ([x]) => x!,
  Flatten: ([x], { axis }) => {
    const at = (axis as number) < 0 ? (axis as number) + x!.shape.length : (axis as number)
    return shaped(x!, [sizeOf(x!.shape.slice(0, at)), sizeOf(x!.shape.slice(at))])
  },
  Reshape: ([x, target]) => shaped(x!, reshaped(x!.shape, numbersOf(target!)) as number[]),
  Transpose: ([x], { perm }) => {
    const axes = perm as readonly number[]
    const strides = stridesOf(x!.shape)
    return picked(
      x!,
      axes.map((axis) => x!.shape[axis]!),
      axes.map((axis) => strides[axis]!),
    )
  },
  Squeeze: ([x, axes]) => {
    const gone = axes && numbersOf(axes).map((axis) => axisOf(axis, x!.shape.length))
    return shaped(
      x!,
      x!.shape.filter((d, k) => (gone ? !gone.includes(k) : d !== 1)),
    )
  },
  Unsqueeze: ([x, axes]) => {
    const rank = x!.shape.length + axes!.data.length
    const added = numbersOf(axes!).map((axis) => axisOf(axis, rank))
    const rest = [...x!.shape]
    return shaped(
      x!,
      Array.from({ length: rank }, (_, k) => (added.includes(k) ? 1 : rest.shift()!)),
    )
  },
  Slice: ([x, starts, ends, axes, steps]) => {
    const shape = [...x!.shape]
    const strides = stridesOf(shape)
    let offset = 0
    const along = axes ? numbersOf(axes) : numbersOf(starts!).map((_, k) => k)
    along.forEach((axis, k) => {
      const at = axisOf(axis, shape.length)
      const size = x!.shape[at]!
      const step = steps ? numbersOf(steps)[k]! : 1
      const start = numbersOf(starts!)[k]!
      const from = start < 0 ? start + size : start
      offset += Math.min(Math.max(from, 0), step > 0 ? size : size - 1) * strides[at]!
      shape[at] = sliced(size, start, numbersOf(ends!)[k]!, step)
      strides[at]! *= step
    })
    return picked(x!, shape, strides, offset)
  },
  Split: 'runtime',
  Pad: 'runtime',
  Concat: (inputs, { axis }) => joined(inputs as Tensor[], axis as number, inputs[0]!),
  Expand: ([x, target]) => expanded(x!, broadcast(x!.shape, numbersOf(target!)) as number[]),
  Resize: 'runtime',
  Shape: 'runtime',
  ConstantOfShape: ([target], { value }) =>
    expanded(shaped(value as Tensor, []), target ? numbersOf(target) : []),
  CumSum: ([x, axis], { exclusive, reverse }) => {
    const at = axisOf(numbersOf(axis!)[0]!, x!.shape.length)
    const [size, stride] = [x!.shape[at]!, stridesOf(x!.shape)[at]!]
    const sums = numbersOf(x!)
    // The first sum of each line is its first element; an exclusive sum then subtracts each element itself.
    for (let k = 0; k < sums.length; k++) {
      const place = reverse ? sums.length - 1 - k : k
      const before = reverse ? place + stride : place - stride
      const isFirst = Math.floor(place / stride) % size === (reverse ? size - 1 : 0)
      if (!isFirst) sums[place]! += sums[before]!
    }
    const own = numbersOf(x!)
    return stored(x!.type, x!.shape, (k) => (exclusive ? sums[k]! - own[k]! : sums[k]!))
  },
  OneHot: 'runtime',
  Gather: ([x, indices], { axis }) => {
    const at = axisOf(axis as number, x!.shape.length)
    const size = x!.shape[at]!
    const parts = numbersOf(indices!).map((index) => {
      if (index < -size || index >= size) throw new Error(`index ${index} is outside an axis of ${size}`)
      const strides = stridesOf(x!.shape)
      const shape = x!.shape.map((d, k) => (k === at ? 1 : d))
      return picked(x!, shape, strides, (index < 0 ? index + size : index) * strides[at]!)
    })
    const shape = [...x!.shape.slice(0, at), ...indices!.shape, ...x!.shape.slice(at + 1)]
    return shaped(joined(parts, at, x!), shape)
  },
  ScatterElements: scatterElements,

  Scan: 'runtime',
}

/**
 * A computation of one float32 tensor, or of one and a number, with a loop of its own: ten times as fast as calling a
 * function for each element. The relevance rules apply it to all weights of a network.
 */
function quick(
  computation: Computation,
  loop: (x: Float32Array, number: number, y: Float32Array) => void,
): Computation {
  return (inputs, attributes) => {
    const [x, number] = inputs
    const isNumber = !number || (number.data.length === 1 && number.shape.length <= x!.shape.length)
    if (x!.type !== 'float32' || inputs.length > 2 || !isNumber) return computation(inputs, attributes)
    const y = new Float32Array(x!.data.length)
    loop(x!.data, Number(number?.data[0]), y)
    return { type: 'float32', shape: x!.shape, data: y }
  }
}

/**
 * The numbers of one sign, and 0 instead of the others, by their bits: about half of all weights are negative, so the
 * processor would mispredict half of the branches.
 */
function keepSign(x: Float32Array, sign: 1 | -1, y: Float32Array): void {
  const bits = new Int32Array(x.buffer, x.byteOffset, x.length)
  const kept = new Int32Array(y.buffer, y.byteOffset, y.length)
  const turn = sign > 0 ? -1 : 0
  // For a negative number all bits of `>> 31` are 1.
  for (let k = 0; k < x.length; k++) kept[k] = bits[k]! & ((bits[k]! >> 31) ^ turn)
}

/**
 * A computation of two inputs, for any number of them: of the first two, then of the result and the third, and so on.
 */
function inPairs(computation: Computation): Computation {
  return ([first, ...others], attributes) =>
    others.reduce((x, next) => computation([x, next], attributes), first)!
}
