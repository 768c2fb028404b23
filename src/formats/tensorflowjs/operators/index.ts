/** The TensorFlow operators that are read, and how each one becomes nodes. */

import type { Rule } from '../importer.ts'
import { activation } from './activation.ts'
import {
  arithmetic,
  batchNormalization,
  bound,
  cast,
  clip,
  floorDivision,
  identity,
  inverseRoot,
  square,
  squaredDifference,
  unary,
} from './elementwise.ts'
import { convolution, depthwiseConvolution, innerProduct } from './linear.ts'
import { concat, pad, slice, split, splitV, stridedSlice } from './parts.ts'
import { argMax, product, reduction, softmax } from './reduce.ts'
import { resize } from './resize.ts'
import { expandDims, pack, reshape, shape, squeeze, transpose, unpack } from './shape.ts'
import { averagePool, maxPool } from './window.ts'

/** By the operator's name. `Const` and `Placeholder` are not among them: a graph begins with them. */
export const RULES: ReadonlyMap<string, Rule> = new Map(
  Object.entries({
    Conv2D: convolution,
    _FusedConv2D: convolution,
    FusedConv2D: convolution,
    DepthwiseConv2d: depthwiseConvolution,
    DepthwiseConv2dNative: depthwiseConvolution,
    FusedDepthwiseConv2dNative: depthwiseConvolution,
    MatMul: innerProduct,
    _FusedMatMul: innerProduct,
    FusedBatchNorm: batchNormalization,
    FusedBatchNormV2: batchNormalization,
    FusedBatchNormV3: batchNormalization,
    MaxPool: maxPool,
    AvgPool: averagePool,

    Relu: activation,
    Relu6: activation,
    LeakyRelu: activation,
    Elu: activation,
    Prelu: activation,
    Sigmoid: activation,
    Tanh: activation,
    Softplus: activation,
    Softmax: softmax('Softmax'),
    LogSoftmax: softmax('LogSoftmax'),

    BiasAdd: arithmetic('Add'),
    Add: arithmetic('Add'),
    AddV2: arithmetic('Add'),
    AddN: arithmetic('Sum'),
    Sub: arithmetic('Sub'),
    Mul: arithmetic('Mul'),
    RealDiv: arithmetic('Div'),
    Div: arithmetic('Div'),
    Pow: arithmetic('Pow'),
    FloorDiv: floorDivision,
    Maximum: bound('Max'),
    Minimum: bound('Min'),
    ClipByValue: clip,
    SquaredDifference: squaredDifference,
    Square: square,
    Sqrt: unary('Sqrt'),
    Rsqrt: inverseRoot,
    Reciprocal: unary('Reciprocal'),
    Neg: unary('Neg'),
    Abs: unary('Abs'),
    Exp: unary('Exp'),
    Log: unary('Log'),
    Erf: unary('Erf'),
    Cast: cast,

    Mean: reduction('ReduceMean'),
    Sum: reduction('ReduceSum'),
    Max: reduction('ReduceMax'),
    Prod: product,
    ArgMax: argMax,

    Identity: identity,
    StopGradient: identity,
    Snapshot: identity,
    PlaceholderWithDefault: identity,
    Shape: shape,
    Reshape: reshape,
    Squeeze: squeeze,
    ExpandDims: expandDims,
    Transpose: transpose,
    ConcatV2: concat,
    Split: split,
    SplitV: splitV,
    StridedSlice: stridedSlice,
    Slice: slice,
    Pack: pack,
    Unpack: unpack,
    Pad: pad,
    PadV2: pad,
    MirrorPad: pad,
    ResizeBilinear: resize('linear'),
    ResizeNearestNeighbor: resize('nearest'),
  }),
)
