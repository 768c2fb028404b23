/** What regard does with each operator, found by reading one and propagating back through it. */

import { GraphBuilder } from '../../src/graph/builder.ts'
import { readGraph } from '../../src/graph/file.ts'
import { FUSED } from '../../src/graph/import/fused.ts'
import { ON_CONSTANTS } from '../../src/graph/onConstants.ts'
import type { Graph } from '../../src/graph/types.ts'
import type { Composite } from '../../src/rules/composites/composite.ts'
import { composites } from '../../src/rules/composites/presets.ts'
import { relevance } from '../../src/rules/relevance/relevance.ts'
import { bytesOf } from './import/model.ts'
import { fusedSampleOf, type Sample, sampleOf } from './operators.samples.ts'

/** Every operator of the standard up to opset 26. */
export const STANDARD: readonly string[] = `
  Abs Acos Acosh Add AffineGrid And ArgMax ArgMin Asin Asinh Atan Atanh Attention AveragePool BatchNormalization
  Bernoulli BitCast BitShift BitwiseAnd BitwiseNot BitwiseOr BitwiseXor BlackmanWindow Cast CastLike Ceil Celu
  CenterCropPad Clip Col2Im Compress Concat ConcatFromSequence Constant ConstantOfShape Conv ConvInteger ConvTranspose
  Cos Cosh CumProd CumSum DFT DeformConv DepthToSpace DequantizeLinear Det Div Dropout DynamicQuantizeLinear Einsum
  Elu Equal Erf Exp Expand EyeLike Flatten Floor GRU Gather GatherElements GatherND Gelu Gemm GlobalAveragePool
  GlobalLpPool GlobalMaxPool Greater GreaterOrEqual GridSample GroupNormalization HammingWindow HannWindow HardSigmoid
  HardSwish Hardmax Identity If ImageDecoder InstanceNormalization IsInf IsNaN LRN LSTM LayerNormalization LeakyRelu
  Less LessOrEqual Log LogSoftmax Loop LpNormalization LpPool MatMul MatMulInteger Max MaxPool MaxRoiPool MaxUnpool
  Mean MeanVarianceNormalization MelWeightMatrix Min Mish Mod Mul Multinomial Neg NegativeLogLikelihoodLoss
  NonMaxSuppression NonZero Not OneHot Optional OptionalGetElement OptionalHasElement Or PRelu Pad Pow QLinearConv
  QLinearMatMul QuantizeLinear RMSNormalization RNN RandomNormal RandomNormalLike RandomUniform RandomUniformLike
  Range Reciprocal ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum
  ReduceSumSquare RegexFullMatch Relu Reshape Resize ReverseSequence RoiAlign RotaryEmbedding Round STFT Scan Scatter
  ScatterElements ScatterND Selu SequenceAt SequenceConstruct SequenceEmpty SequenceErase SequenceInsert
  SequenceLength SequenceMap Shape Shrink Sigmoid Sign Sin Sinh Size Slice Softmax SoftmaxCrossEntropyLoss Softplus
  Softsign SpaceToDepth Split SplitToSequence Sqrt Squeeze StringConcat StringNormalizer StringSplit Sub Sum Swish Tan
  Tanh TensorScatter TfIdfVectorizer ThresholdedRelu Tile TopK Transpose Trilu Unique Unsqueeze Upsample Where Xor
`
  .trim()
  .split(/\s+/)

/** How well an operator is supported, from most to least. */
export type Support = 'relevance' | 'gradient' | 'read' | 'constants' | 'refused'

/** What regard does with an operator of the standard. */
export function supportOf(operator: string): Support {
  const found = supportIn(sampleOf(operator))
  if (found !== 'refused') return found
  // These two lack a variable input: a constant, and a condition that chooses a branch.
  const isFixed = operator === 'Constant' || operator === 'If'
  return isFixed || Object.hasOwn(ON_CONSTANTS, operator) ? 'constants' : 'refused'
}

/** What regard does with each operator that ONNX Runtime's optimiser writes, and that it reads. */
export function fusedSupport(): [operator: string, Support][] {
  return Object.keys(FUSED)
    .sort()
    .map((operator) => [operator, supportIn(fusedSampleOf(operator))])
}

function supportIn({ model }: Sample): Support {
  let graph: Graph
  try {
    graph = readGraph(bytesOf(model), 'sample.onnx')
  } catch {
    return 'refused'
  }
  if (!canWalk(graph, composites.gradient)) return 'read'
  return canWalk(graph, composites.epsilon) ? 'relevance' : 'gradient'
}

/** A graph with its output as a list of scores, since explanations need one. */
export function withScores(graph: Graph): Graph {
  const g = GraphBuilder.from({ ...graph, outputs: [] })
  const y = g.value('y')
  g.output('scores', y.shape.length > 1 ? g.op('Flatten', [y]) : g.reshape(y, [1, -1]))
  return g.graph()
}

function canWalk(graph: Graph, composite: Composite): boolean {
  try {
    relevance(withScores(graph), composite)
    return true
  } catch {
    return false
  }
}

/** A table in the documentation's format. */
export function tableOf(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, k) =>
    Math.max(...[title, ...rows.map((row) => row[k]!)].map((s) => s.length)),
  )
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, k) => cell.padEnd(widths[k]!)).join(' | ')} |`
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n')
}
