/**
 * What operators compute, in TypeScript, for constants: the arithmetic that exporters leave in a graph to work
 * out shapes, indices and tables. Everything that depends on an input is ONNX Runtime's.
 */

import { axisOf, broadcast, reshaped, sliced } from './dimensions.ts'
import { isOperator, type Operator } from './operators.ts'
import { type DataType, type ElementArrays, sizeOf, type Tensor } from './types.ts'

/** A node's attributes, with ONNX's defaults where it leaves them out. */
type Attributes = Readonly<Record<string, unknown>>
type Evaluation = (inputs: readonly (Tensor | undefined)[], attributes: Attributes) => Tensor

/** Whether the operator of this name can be computed here. */
export function isEvaluated(op: string): boolean {
  return evaluationOf(op) !== 'runtime'
}

/**
 * The result of an operator with one output.
 *
 * @param op one that {@link isEvaluated}
 * @throws Error when the inputs do not fit
 */
export function evaluate(
  op: string,
  inputs: readonly (Tensor | undefined)[],
  attributes: Attributes,
): Tensor {
  const evaluation = evaluationOf(op)
  if (evaluation === 'runtime') throw new Error(`the operator ${op} is not computed here`)
  return evaluation(inputs, attributes)
}

function evaluationOf(op: string): Evaluation | 'runtime' {
  if (isOperator(op)) return EVALUATIONS[op]
  return Object.hasOwn(IN_FILES, op) ? IN_FILES[op]! : 'runtime'
}

/** What computes each operator of a graph, or that it is left to the runtime. */
const EVALUATIONS: { readonly [O in Operator]: Evaluation | 'runtime' } = {
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

  Relu: 'runtime',
  LeakyRelu: 'runtime',
  PRelu: 'runtime',
  Clip: 'runtime',
  Elu: 'runtime',
  Sigmoid: 'runtime',
  HardSigmoid: 'runtime',
  HardSwish: 'runtime',
  Tanh: 'runtime',
  Softplus: 'runtime',
  Erf: 'runtime',

  Neg: each((a) => -a),
  Abs: each(Math.abs),
  Sqrt: each(Math.sqrt),
  Exp: each(Math.exp),
  Log: each(Math.log),
  Reciprocal: each((a) => 1 / a),
  Add: each((a, b) => a + b),
  Sub: each((a, b) => a - b),
  Mul: each((a, b) => a * b),
  Div: (inputs, attributes) =>
    each(isInteger(inputs[0]!.type) ? (a, b) => Math.trunc(a / b) : (a, b) => a / b)(inputs, attributes),
  Pow: each((a, b) => a ** b),
  Max: each((...values) => Math.max(...values)),
  Min: each((...values) => Math.min(...values)),
  Sum: each((...values) => values.reduce((sum, value) => sum + value, 0)),
  Equal: each((a, b) => (a === b ? 1 : 0), 'bool'),
  Greater: each((a, b) => (a > b ? 1 : 0), 'bool'),
  GreaterOrEqual: each((a, b) => (a >= b ? 1 : 0), 'bool'),
  Where: ([condition, a, b]) => each((c, p, q) => (c ? p : q), a!.type)([condition, a, b], {}),
  Cast: ([x], { to }) => stored(to as DataType, x!.shape, numbersOf(x!)),
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
  CumSum: 'runtime',
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
  ScatterElements: 'runtime',

  Scan: 'runtime',
}

/** Operators that files have and graphs lack: computed where all they read is constant. */
const IN_FILES: Readonly<Record<string, Evaluation>> = {
  Floor: each(Math.floor),
  Ceil: each(Math.ceil),
  Not: each((a) => (a ? 0 : 1)),
  // The remainder has the divisor's sign, or with fmod the dividend's.
  Mod: (inputs, attributes) =>
    each(attributes.fmod ? (a, b) => a % b : (a, b) => a - b * Math.floor(a / b))(inputs, attributes),
  And: each((a, b) => (a && b ? 1 : 0)),
  Or: each((a, b) => (a || b ? 1 : 0)),
  Less: each((a, b) => (a < b ? 1 : 0), 'bool'),
  LessOrEqual: each((a, b) => (a <= b ? 1 : 0), 'bool'),
  ReduceMin: reduced((values) => values.reduce((a, b) => Math.min(a, b))),
  ReduceProd: reduced((values) => values.reduce((product, value) => product * value, 1)),
  Range: ([start, limit, delta]) => {
    const [from, to, by] = [start, limit, delta].map((x) => numbersOf(x!)[0]!) as [number, number, number]
    const length = Math.max(0, Math.ceil((to - from) / by))
    return stored(
      start!.type,
      [length],
      Array.from({ length }, (_, k) => from + k * by),
    )
  },
}

/** Apply a function to the elements of inputs that are broadcast against each other. */
function each(apply: (...values: number[]) => number, type?: DataType): Evaluation {
  return (inputs) => {
    const shape = inputs
      .map((x) => x!.shape)
      .reduce<readonly number[]>((a, b) => broadcast(a, b) as number[], [])
    const columns = inputs.map((x) => numbersOf(expanded(x!, shape)))
    const results = Array.from({ length: sizeOf(shape) }, (_, k) =>
      apply(...columns.map((column) => column[k]!)),
    )
    return stored(type ?? inputs[0]!.type, shape, results)
  }
}

/** Reduce along axes, which newer opsets have as an input and older ones as an attribute. */
function reduced(apply: (values: readonly number[]) => number): Evaluation {
  return ([x, axesInput], { axes, keepdims, noop_with_empty_axes }) => {
    const rank = x!.shape.length
    const given = axesInput ? numbersOf(axesInput) : ((axes as readonly number[] | undefined) ?? [])
    if (given.length === 0 && noop_with_empty_axes) return x!
    const along = given.length > 0 ? given.map((axis) => axisOf(axis, rank)) : x!.shape.map((_, k) => k)
    const others = x!.shape.map((_, k) => k).filter((k) => !along.includes(k))
    const strides = stridesOf(x!.shape)
    const order = [...others, ...along]
    const values = numbersOf(
      picked(
        x!,
        order.map((k) => x!.shape[k]!),
        order.map((k) => strides[k]!),
      ),
    )
    const count = sizeOf(along.map((k) => x!.shape[k]!))
    const shape = x!.shape.flatMap((d, k) => (!along.includes(k) ? [d] : keepdims === 0 ? [] : [1]))
    const results = Array.from({ length: sizeOf(shape) }, (_, k) =>
      apply(values.slice(k * count, (k + 1) * count)),
    )
    return stored(x!.type, shape, results)
  }
}

function isInteger(type: DataType): boolean {
  return type !== 'float32' && type !== 'float64'
}

function numbersOf({ data }: Tensor): number[] {
  return Array.from<number | bigint, number>(data, Number)
}

function stored(type: DataType, shape: readonly number[], values: readonly number[]): Tensor {
  const data = arrayOf(type, values.length)
  values.forEach((value, k) => {
    if (data instanceof BigInt64Array) data[k] = BigInt.asIntN(64, toBigInt(value))
    else data[k] = type === 'bool' ? Number(value !== 0) : value
  })
  return { type, shape, data } as Tensor
}

// The largest 64-bit integer stands for "to the end"; as a number it is one too many.
function toBigInt(value: number): bigint {
  const whole = BigInt(Math.trunc(value))
  return whole > 0x7fffffffffffffffn ? 0x7fffffffffffffffn : whole
}

function arrayOf(type: DataType, length: number): ElementArrays[DataType] {
  switch (type) {
    case 'float32':
      return new Float32Array(length)
    case 'float64':
      return new Float64Array(length)
    case 'int64':
      return new BigInt64Array(length)
    case 'int32':
      return new Int32Array(length)
    case 'int8':
      return new Int8Array(length)
    case 'float16':
      return new Uint16Array(length)
    case 'uint8':
    case 'bool':
      return new Uint8Array(length)
  }
}

/** The same elements under another shape. */
function shaped(x: Tensor, shape: readonly number[]): Tensor {
  return { ...x, shape }
}

function stridesOf(shape: readonly number[]): number[] {
  return shape.map((_, k) => sizeOf(shape.slice(k + 1)))
}

function expanded(x: Tensor, shape: readonly number[]): Tensor {
  if (x.shape.join() === shape.join()) return x
  const own = stridesOf(x.shape)
  const missing = shape.length - x.shape.length
  const strides = shape.map((_, k) => (k < missing || x.shape[k - missing] === 1 ? 0 : own[k - missing]!))
  return picked(x, shape, strides)
}

/** The elements at `offset` + index · strides, for every index of a shape. */
function picked(x: Tensor, shape: readonly number[], strides: readonly number[], offset = 0): Tensor {
  const data = arrayOf(x.type, sizeOf(shape))
  const source = x.data as Float32Array
  const target = data as Float32Array
  const last = shape.length - 1
  const [run, step] = last < 0 ? [1, 0] : [shape[last]!, strides[last]!]
  const index = shape.map(() => 0)
  let from = offset
  for (let to = 0; to < target.length; to += run) {
    for (let k = 0; k < run; k++) target[to + k] = source[from + k * step]!
    for (let axis = last - 1; axis >= 0; axis--) {
      from += strides[axis]!
      if (++index[axis]! < shape[axis]!) break
      from -= shape[axis]! * strides[axis]!
      index[axis] = 0
    }
  }
  return { type: x.type, shape, data } as Tensor
}

/** Tensors put together along an axis; `like` has their type and, apart from the axis, their shape. */
function joined(parts: readonly Tensor[], axis: number, like: Tensor): Tensor {
  const at = axisOf(axis, like.shape.length)
  const size = parts.reduce((sum, part) => sum + part.shape[at]!, 0)
  const shape = like.shape.map((d, k) => (k === at ? size : d))
  const data = arrayOf(like.type, sizeOf(shape)) as Float32Array
  const rows = sizeOf(shape.slice(0, at))
  let to = 0
  for (let row = 0; row < rows; row++) {
    for (const part of parts) {
      const run = part.data.length / rows
      data.set((part.data as Float32Array).subarray(row * run, (row + 1) * run), to)
      to += run
    }
  }
  return { type: like.type, shape, data } as unknown as Tensor
}
