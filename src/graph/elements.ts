/** Tensors as arrays: the building blocks for computing constants. */

import { axisOf, broadcast } from './dimensions.ts'
import { type DataType, type ElementArrays, sizeOf, type Tensor } from './types.ts'

/** A node's attributes, with ONNX's defaults where it omits them. */
export type Attributes = Readonly<Record<string, unknown>>

/** Computes an operator with one output from constants; an omitted input is undefined. */
export type Computation = (inputs: readonly (Tensor | undefined)[], attributes: Attributes) => Tensor

/** Apply a function to the elements of up to three inputs that are broadcast against each other. */
export function each(apply: (a: number, b: number, c: number) => number, type?: DataType): Computation {
  return (inputs) => {
    const shape = inputs
      .map((x) => x!.shape)
      .reduce<readonly number[]>((a, b) => broadcast(a, b) as number[], [])
    const [a, b = a, c = b] = inputs.map((x) => numbersIn(expanded(x!, shape)))
    return stored(type ?? inputs[0]!.type, shape, (k) => apply(a![k]!, b![k]!, c![k]!))
  }
}

/** Reduce along axes, which are an input in newer opsets and an attribute in older ones. */
export function reduced(apply: (values: readonly number[]) => number): Computation {
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

export function isInteger(type: DataType): boolean {
  return type !== 'float32' && type !== 'float64'
}

export function numbersOf({ data }: Tensor): number[] {
  return Array.from<number | bigint, number>(data, Number)
}

/** The elements of a tensor as numbers, read-only. */
export function numbersIn({ data }: Tensor): ArrayLike<number> {
  return data instanceof BigInt64Array ? Array.from(data, Number) : data
}

/** The tensor whose k-th element is `elementAt(k)`. */
export function stored(type: DataType, shape: readonly number[], elementAt: (k: number) => number): Tensor {
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

// The largest 64-bit integer stands for "to the end"; as a number it is rounded up by one.
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
export function shaped(x: Tensor, shape: readonly number[]): Tensor {
  return { ...x, shape }
}

export function stridesOf(shape: readonly number[]): number[] {
  const strides = shape.map(() => 1)
  for (let k = shape.length - 2; k >= 0; k--) strides[k] = strides[k + 1]! * shape[k + 1]!
  return strides
}

export function expanded(x: Tensor, shape: readonly number[]): Tensor {
  if (x.shape.join() === shape.join()) return x
  const own = stridesOf(x.shape)
  const missing = shape.length - x.shape.length
  const strides = shape.map((_, k) => (k < missing || x.shape[k - missing] === 1 ? 0 : own[k - missing]!))
  return picked(x, shape, strides)
}

/** The elements at `offset` + index · strides, for every index of a shape. */
export function picked(x: Tensor, shape: readonly number[], strides: readonly number[], offset = 0): Tensor {
  const data = arrayOf(x.type, sizeOf(shape))
  const source = x.data as Float32Array
  const target = data as Float32Array
  // Axes of one element would only break up the contiguous runs, such as those of a one-pixel kernel.
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

/** Transpose a matrix in tiles that fit into the processor's cache: several times faster than row by row. */
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

/** Tensors concatenated along an axis; `like` has their type and, apart from the axis, their shape. */
export function joined(parts: readonly Tensor[], axis: number, like: Tensor): Tensor {
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
