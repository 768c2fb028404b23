/**
 * An ONNX graph in memory.
 *
 * Everything that regard computes is such a graph: a network, its gradient, its relevance map, a training step. The
 * types here say what a graph is made of; `operators.ts` says which operators there are and what each one does to
 * shapes; `verify.ts` says when a graph is well formed.
 */

import type { Node } from './operators.ts'

/** The typed array that holds the elements of each element type. float16 is held as its raw bits. */
export interface ElementArrays {
  float32: Float32Array
  float64: Float64Array
  float16: Uint16Array
  int64: BigInt64Array
  int32: Int32Array
  int8: Int8Array
  uint8: Uint8Array
  bool: Uint8Array
}

/** An element type, by ONNX's name for it. */
export type DataType = keyof ElementArrays

/** A dimension: a size, or the name of a size that is known only when the graph runs (`batch`). */
export type Dimension = number | string

/** The shape of a value in a graph, outermost dimension first. */
export type Shape = readonly Dimension[]

/** A tensor with its elements, row-major. Its shape has numbers only. */
export type Tensor = { [T in DataType]: TensorOf<T> }[DataType]

/** A tensor of one element type. */
export interface TensorOf<T extends DataType> {
  readonly type: T
  readonly shape: readonly number[]
  readonly data: ElementArrays[T]
}

/** What is known about a value before the graph runs. */
export interface ValueInfo {
  readonly name: string
  readonly type: DataType
  readonly shape: Shape
}

/**
 * A graph: nodes in an order in which each comes after the ones it reads from. It never changes: a derived graph is a
 * new one, which may share parts with it.
 */
export interface Graph {
  readonly name: string
  /** The version of ONNX's standard operator set that the nodes are written in. */
  readonly opset: number
  readonly inputs: readonly ValueInfo[]
  readonly outputs: readonly ValueInfo[]
  /** Constant tensors by name: the weights of a trained network, shapes, indices. */
  readonly initializers: ReadonlyMap<string, Tensor>
  readonly nodes: readonly Node[]
  /**
   * Initializers that the caller may replace when it runs the graph: a file declares them as optional inputs too. ONNX
   * Runtime does not treat them as constants, so it makes no packed copies of them for products.
   */
  readonly replaceable?: ReadonlySet<string>
  /** What was changed or left out when the file was read; only on the graph as it was read. */
  readonly reading?: Reading
}

/** What the user of a model should know about how its file was read. */
interface Reading {
  /** Sentences without their full stop: what was read differently from how it is written. */
  readonly notes: readonly string[]
  /** Outputs of the file that the graph lacks, and why they could not be read. */
  readonly refused: ReadonlyMap<string, string>
}

/** The number of elements of a shape whose dimensions are all known. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, dimension) => product * dimension, 1)
}

/** A float32 tensor; by default filled with zeros. */
export function float32(
  shape: readonly number[],
  data?: Float32Array | readonly number[],
): TensorOf<'float32'> {
  return {
    type: 'float32',
    shape,
    data: data ? checked(shape, Float32Array.from(data)) : new Float32Array(sizeOf(shape)),
  }
}

/** An int64 tensor from ordinary integers. */
export function int64(shape: readonly number[], data: readonly number[]): TensorOf<'int64'> {
  return { type: 'int64', shape, data: checked(shape, BigInt64Array.from(data, BigInt)) }
}

function checked<A extends { length: number }>(shape: readonly number[], data: A): A {
  if (data.length !== sizeOf(shape)) {
    throw new Error(
      `a tensor of shape [${shape.join(', ')}] has ${sizeOf(shape)} elements, not ${data.length}`,
    )
  }
  return data
}
