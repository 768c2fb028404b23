/**
 * The ONNX operators that regard knows, as one table: how many inputs and outputs each has, and its
 * attributes with their types and defaults (those of opset {@link OPSET}).
 *
 * The type of a node follows from the table, so a rule for `Conv` sees the attributes of `Conv`, and a table
 * of rules that forgets an operator does not compile. In memory, attributes that ONNX makes optional are always
 * present.
 */

import type { DataType, Graph, Tensor } from './types.ts'

/** The version of the standard operator set that graphs are held and written in. */
export const OPSET = 18

/** The type of an attribute's value, by the kind of attribute. */
interface AttributeTypes {
  int: number
  float: number
  string: string
  ints: readonly number[]
  floats: readonly number[]
  tensor: Tensor
  graph: Graph
  type: DataType
}

/** An attribute's kind and, where ONNX has one, its default. */
export interface AttributeSpec<K extends keyof AttributeTypes = keyof AttributeTypes> {
  readonly kind: K
  readonly default?: AttributeTypes[K]
}

interface OperatorSpec<A extends Record<string, AttributeSpec>> {
  /** The least and the most inputs; an input that is omitted before others has the empty name. */
  readonly inputs: readonly [least: number, most: number]
  readonly outputs: readonly [least: number, most: number]
  readonly attributes: A
}

const MANY = Number.POSITIVE_INFINITY

function int(value?: number): AttributeSpec<'int'> {
  return { kind: 'int', default: value }
}
function float(value?: number): AttributeSpec<'float'> {
  return { kind: 'float', default: value }
}
function ints(value?: readonly number[]): AttributeSpec<'ints'> {
  return { kind: 'ints', default: value }
}
function string(value?: string): AttributeSpec<'string'> {
  return { kind: 'string', default: value }
}

function operator<A extends Record<string, AttributeSpec>>(
  inputs: number | readonly [number, number],
  attributes: A,
  outputs: number | readonly [number, number] = 1,
): OperatorSpec<A> {
  return {
    inputs: typeof inputs === 'number' ? [inputs, inputs] : inputs,
    outputs: typeof outputs === 'number' ? [outputs, outputs] : outputs,
    attributes,
  }
}

const window = { kernel_shape: ints(), strides: ints([1, 1]), pads: ints([0, 0, 0, 0]) }

/** Every operator that regard knows. Layers come first, then arithmetic, then operators that only move elements. */
export const OPERATORS = {
  // The kernel's shape is that of the weights: the attribute that repeats it is dropped on reading.
  Conv: operator([2, 3], {
    strides: ints([1, 1]),
    pads: ints([0, 0, 0, 0]),
    dilations: ints([1, 1]),
    group: int(1),
  }),
  ConvTranspose: operator([2, 3], {
    strides: ints([1, 1]),
    pads: ints([0, 0, 0, 0]),
    dilations: ints([1, 1]),
    group: int(1),
    output_padding: ints([0, 0]),
  }),
  Gemm: operator([2, 3], { alpha: float(1), beta: float(1), transA: int(0), transB: int(0) }),
  MatMul: operator(2, {}),
  MaxPool: operator(
    1,
    { ...window, ceil_mode: int(0), dilations: ints([1, 1]), storage_order: int(0) },
    [1, 2],
  ),
  AveragePool: operator(1, { ...window, ceil_mode: int(0), count_include_pad: int(0) }),
  GlobalAveragePool: operator(1, {}),
  GlobalMaxPool: operator(1, {}),
  // Inference only: x, scale, shift, mean, variance.
  BatchNormalization: operator(5, { epsilon: float(1e-5), momentum: float(0.9), training_mode: int(0) }),
  LRN: operator(1, { size: int(), alpha: float(0.0001), beta: float(0.75), bias: float(1) }),
  Dropout: operator([1, 3], { seed: int(0) }, [1, 2]),
  Softmax: operator(1, { axis: int(-1) }),
  LogSoftmax: operator(1, { axis: int(-1) }),
  SoftmaxCrossEntropyLoss: operator([2, 3], { reduction: string('mean') }, [1, 2]),

  Relu: operator(1, {}),
  LeakyRelu: operator(1, { alpha: float(0.01) }),
  PRelu: operator(2, {}),
  Clip: operator([1, 3], {}),
  Elu: operator(1, { alpha: float(1) }),
  Sigmoid: operator(1, {}),
  HardSigmoid: operator(1, { alpha: float(0.2), beta: float(0.5) }),
  HardSwish: operator(1, {}),
  Tanh: operator(1, {}),
  Softplus: operator(1, {}),
  Erf: operator(1, {}),

  Neg: operator(1, {}),
  Abs: operator(1, {}),
  Sqrt: operator(1, {}),
  Exp: operator(1, {}),
  Log: operator(1, {}),
  Reciprocal: operator(1, {}),
  Add: operator(2, {}),
  Sub: operator(2, {}),
  Mul: operator(2, {}),
  Div: operator(2, {}),
  Pow: operator(2, {}),
  Max: operator([1, MANY], {}),
  Min: operator([1, MANY], {}),
  Sum: operator([1, MANY], {}),
  Equal: operator(2, {}),
  Greater: operator(2, {}),
  GreaterOrEqual: operator(2, {}),
  Where: operator(3, {}),
  Cast: operator(1, { to: { kind: 'type' } as AttributeSpec<'type'> }),
  ReduceSum: operator([1, 2], { keepdims: int(1), noop_with_empty_axes: int(0) }),
  ReduceMean: operator([1, 2], { keepdims: int(1), noop_with_empty_axes: int(0) }),
  ReduceMax: operator([1, 2], { keepdims: int(1), noop_with_empty_axes: int(0) }),
  ArgMax: operator(1, { axis: int(0), keepdims: int(1), select_last_index: int(0) }),

  Identity: operator(1, {}),
  Flatten: operator(1, { axis: int(1) }),
  Reshape: operator(2, { allowzero: int(0) }),
  Transpose: operator(1, { perm: ints() }),
  Squeeze: operator([1, 2], {}),
  Unsqueeze: operator(2, {}),
  Slice: operator([3, 5], {}),
  // The sizes of the parts are always given.
  Split: operator(2, { axis: int(0) }, [1, MANY]),
  Pad: operator([2, 4], { mode: string('constant') }),
  Concat: operator([1, MANY], { axis: int() }),
  Expand: operator(2, {}),
  Resize: operator([3, 4], {
    antialias: int(0),
    coordinate_transformation_mode: string('half_pixel'),
    cubic_coeff_a: float(-0.75),
    exclude_outside: int(0),
    extrapolation_value: float(0),
    keep_aspect_ratio_policy: string('stretch'),
    mode: string('nearest'),
    nearest_mode: string('round_prefer_floor'),
  }),
  Shape: operator(1, { start: int(0) }),
  ConstantOfShape: operator(1, { value: { kind: 'tensor' } as AttributeSpec<'tensor'> }),
  CumSum: operator(2, { exclusive: int(0), reverse: int(0) }),
  OneHot: operator(3, { axis: int(-1) }),
  Gather: operator(2, { axis: int(0) }),
  ScatterElements: operator(3, { axis: int(0), reduction: string('none') }),

  // Runs `body` once for each slice of its scanned inputs; the other inputs are the state it carries along.
  Scan: operator([1, MANY], { body: { kind: 'graph' } as AttributeSpec<'graph'>, num_scan_inputs: int() }, [
    1,
    MANY,
  ]),
} as const

/** The name of an operator that regard knows. */
export type Operator = keyof typeof OPERATORS

/** The attributes of an operator, all present. */
export type AttributesOf<O extends Operator> = {
  readonly [A in keyof (typeof OPERATORS)[O]['attributes']]: (typeof OPERATORS)[O]['attributes'][A] extends AttributeSpec<
    infer K
  >
    ? AttributeTypes[K]
    : never
}

/** A node of one operator. */
export interface NodeOf<O extends Operator> {
  readonly op: O
  readonly name: string
  /** Names of the values it reads; the empty name stands for an omitted optional input. */
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly attributes: AttributesOf<O>
}

/** A node: one operator applied to named values. */
export type Node = { [O in Operator]: NodeOf<O> }[Operator]

/** Whether regard knows an operator of this name. */
export function isOperator(name: string): name is Operator {
  return Object.hasOwn(OPERATORS, name)
}
