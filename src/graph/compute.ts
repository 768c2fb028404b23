/**
 * What operators compute, in TypeScript, for constants: the arithmetic that exporters leave in a graph to work
 * out shapes, indices and tables. Everything that depends on an input is ONNX Runtime's.
 */

import { axisOf, broadcast, reshaped, sliced } from './dimensions.ts'
import { isOperator, type Operator } from './operators.ts'
import { type DataType, type ElementArrays, sizeOf, type Tensor } from './types.ts'

/** A node's attributes, with ONNX's defaults where it leaves them out. */
type Attributes = Readonly<Record<string, unknown>>
type Computation = (inputs: readonly (Tensor | undefined)[], attributes: Attributes) => Tensor

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
  return Object.hasOwn(IN_FILES, op) ? IN_FILES[op]! : 'runtime'
}

/** What computes each operator of a graph, or that it is left to the runtime. */
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
  Clip: 'runtime',
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
const IN_FILES: Readonly<Record<string, Computation>> = {
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
    return stored(start!.type, [length], (k) => from + k * by)
  },
}

/** Apply a function to the elements of up to three inputs that are broadcast against each other. */
function each(apply: (a: number, b: number, c: number) => number, type?: DataType): Computation {
  return (inputs) => {
    const shape = inputs
      .map((x) => x!.shape)
      .reduce<readonly number[]>((a, b) => broadcast(a, b) as number[], [])
    const [a, b = a, c = b] = inputs.map((x) => numbersIn(expanded(x!, shape)))
    return stored(type ?? inputs[0]!.type, shape, (k) => apply(a![k]!, b![k]!, c![k]!))
  }
}

/**
 * A computation of one float32 tensor, or of one and a number, with a loop of its own: ten times as fast as calling a
 * function for each element. The rules of relevance ask for it of all weights of a network.
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
 * The numbers of one sign, and 0 in place of the others, by their bits: of weights every other one is negative, and
 * the processor would guess wrong at half of the branches.
 */
function keepSign(x: Float32Array, sign: 1 | -1, y: Float32Array): void {
  const bits = new Int32Array(x.buffer, x.byteOffset, x.length)
  const kept = new Int32Array(y.buffer, y.byteOffset, y.length)
  const turn = sign > 0 ? -1 : 0
  // Of a negative number all bits of `>> 31` are 1.
  for (let k = 0; k < x.length; k++) kept[k] = bits[k]! & ((bits[k]! >> 31) ^ turn)
}

/** A computation of two inputs, for any number of them: of the first two, of that and the third, and so on. */
function inPairs(computation: Computation): Computation {
  return ([first, ...others], attributes) =>
    others.reduce((x, next) => computation([x, next], attributes), first)!
}

/** Reduce along axes, which newer opsets have as an input and older ones as an attribute. */
function reduced(apply: (values: readonly number[]) => number): Computation {
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
    return stored(x!.type, shape, (k) => apply(values.slice(k * count, (k + 1) * count)))
  }
}

function isInteger(type: DataType): boolean {
  return type !== 'float32' && type !== 'float64'
}

function numbersOf({ data }: Tensor): number[] {
  return Array.from<number | bigint, number>(data, Number)
}

/** The elements of a tensor as numbers, to be read only. */
function numbersIn({ data }: Tensor): ArrayLike<number> {
  return data instanceof BigInt64Array ? Array.from(data, Number) : data
}

/** The tensor whose k-th element is `elementAt(k)`. */
function stored(type: DataType, shape: readonly number[], elementAt: (k: number) => number): Tensor {
  const data = arrayOf(type, sizeOf(shape))
  if (data instanceof BigInt64Array) {
    for (let k = 0; k < data.length; k++) data[k] = BigInt.asIntN(64, toBigInt(elementAt(k)))
  } else if (type === 'bool') {
    for (let k = 0; k < data.length; k++) data[k] = Number(elementAt(k) !== 0)
  } else {
    for (let k = 0; k < data.length; k++) data[k] = elementAt(k)
  }
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
  // Axes of one element would only cut the runs short: those of a kernel of one pixel, for one.
  const axes = shape.flatMap((size, axis) => (size === 1 ? [] : [{ size, stride: strides[axis]! }]))
  const [rows, columns] = axes
  if (axes.length === 2 && rows!.stride === 1 && columns!.stride > 1) {
    transpose(source, offset, rows!.size, columns!.size, columns!.stride, target)
    return { type: x.type, shape, data } as Tensor
  }
  const { size: run, stride: step } = axes.pop() ?? { size: 1, stride: 0 }
  const index = axes.map(() => 0)
  let from = offset
  for (let to = 0; to < target.length; to += run) {
    for (let k = 0; k < run; k++) target[to + k] = source[from + k * step]!
    for (let axis = axes.length - 1; axis >= 0; axis--) {
      const { size, stride } = axes[axis]!
      from += stride
      if (++index[axis]! < size) break
      from -= size * stride
      index[axis] = 0
    }
  }
  return { type: x.type, shape, data } as Tensor
}

/** Transpose a matrix in tiles, which the processor's cache holds: several times faster than row by row. */
function transpose(
  source: Float32Array,
  offset: number,
  rows: number,
  columns: number,
  stride: number,
  target: Float32Array,
): void {
  const side = 32
  for (let top = 0; top < rows; top += side) {
    const bottom = Math.min(top + side, rows)
    for (let left = 0; left < columns; left += side) {
      const right = Math.min(left + side, columns)
      for (let row = top; row < bottom; row++) {
        for (let column = left; column < right; column++) {
          target[row * columns + column] = source[offset + row + column * stride]!
        }
      }
    }
  }
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
