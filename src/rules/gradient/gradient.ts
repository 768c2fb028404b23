/**
 * The gradient of a graph, as a graph.
 *
 * Reverse-mode differentiation: the walk of `walk.ts` with the derivative of each operator as its rule.
 */

import type { GraphBuilder, Value } from '../../graph/builder.ts'
import type { Operator } from '../../graph/operators.ts'
import type { Graph } from '../../graph/types.ts'
import type { Activation } from '../activations.ts'
import { passOn, passReshaped } from '../passOn.ts'
import { withPoolPositions } from '../pooling.ts'
import { type BackwardRule, type BackwardTable, noRule, walkBackward } from '../walk.ts'
import {
  clipGradient,
  eluGradient,
  hardSigmoidGradient,
  hardSwishGradient,
  leakyReluGradient,
  pReluGradient,
  reluGradient,
  sigmoidGradient,
  softplusGradient,
  tanhGradient,
} from './activations.ts'
import {
  divGradient,
  extremeGradient,
  mulGradient,
  powGradient,
  subGradient,
  sumGradient,
  whereGradient,
} from './arithmetic.ts'
import { averagePoolGradient } from './averagePool.ts'
import { batchNormalizationGradient } from './batchNormalization.ts'
import { convolutionGradient, transposedConvolutionGradient } from './convolution.ts'
import { deconvnetRule } from './deconvnet.ts'
import {
  absGradient,
  erfGradient,
  expGradient,
  logGradient,
  negGradient,
  reciprocalGradient,
  sqrtGradient,
} from './functions.ts'
import { guidedBackpropRule } from './guidedBackprop.ts'
import { innerProductGradient, matMulGradient } from './innerProduct.ts'
import { lrnGradient, withLrnScales } from './lrn.ts'
import { maxPoolGradient } from './maxPool.ts'
import {
  castGradient,
  concatGradient,
  expandGradient,
  gatherGradient,
  padGradient,
  sliceGradient,
  splitGradient,
  transposeGradient,
} from './moves.ts'
import {
  cumSumGradient,
  globalAveragePoolGradient,
  globalMaxPoolGradient,
  reduceMaxGradient,
  reduceMeanGradient,
  reduceSumGradient,
} from './reductions.ts'
import { resizeGradient } from './resize.ts'
import { logSoftmaxGradient, softmaxGradient } from './softmax.ts'
import { softmaxCrossEntropyGradient } from './softmaxCrossEntropy.ts'

const none = noRule('gradient')

/** The derivative of every operator. Operators without one give integers or truth values, or are a whole loop. */
const GRADIENT: BackwardTable = {
  Conv: convolutionGradient,
  ConvTranspose: transposedConvolutionGradient,
  Gemm: innerProductGradient,
  MatMul: matMulGradient,
  MaxPool: maxPoolGradient,
  AveragePool: averagePoolGradient,
  GlobalAveragePool: globalAveragePoolGradient,
  GlobalMaxPool: globalMaxPoolGradient,
  BatchNormalization: batchNormalizationGradient,
  LRN: lrnGradient(),
  Dropout: passOn,
  Softmax: softmaxGradient,
  LogSoftmax: logSoftmaxGradient,
  SoftmaxCrossEntropyLoss: softmaxCrossEntropyGradient,

  Relu: reluGradient,
  LeakyRelu: leakyReluGradient,
  PRelu: pReluGradient,
  Clip: clipGradient,
  Elu: eluGradient,
  Sigmoid: sigmoidGradient,
  HardSigmoid: hardSigmoidGradient,
  HardSwish: hardSwishGradient,
  Tanh: tanhGradient,
  Softplus: softplusGradient,
  Erf: erfGradient,

  Neg: negGradient,
  Abs: absGradient,
  Sqrt: sqrtGradient,
  Exp: expGradient,
  Log: logGradient,
  Reciprocal: reciprocalGradient,
  Add: sumGradient,
  Sub: subGradient,
  Mul: mulGradient,
  Div: divGradient,
  Pow: powGradient,
  Max: extremeGradient,
  Min: extremeGradient,
  Sum: sumGradient,
  Where: whereGradient,
  Cast: castGradient,
  ReduceSum: reduceSumGradient,
  ReduceMean: reduceMeanGradient,
  ReduceMax: reduceMaxGradient,
  CumSum: cumSumGradient,

  Identity: passOn,
  Flatten: passReshaped,
  Reshape: passReshaped,
  Transpose: transposeGradient,
  Squeeze: passReshaped,
  Unsqueeze: passReshaped,
  Slice: sliceGradient,
  Split: splitGradient,
  Pad: padGradient,
  Concat: concatGradient,
  Expand: expandGradient,
  Resize: resizeGradient,
  Gather: gatherGradient,

  ArgMax: none,
  ConstantOfShape: none,
  Equal: none,
  Greater: none,
  GreaterOrEqual: none,
  OneHot: none,
  Scan: none,
  ScatterElements: none,
  Shape: none,
}

/** How activations pass on what arrives: by their derivative, or by one of two rules for pictures. */
export type ActivationRule = 'gradient' | 'guided-backprop' | 'deconvnet'

/**
 * The derivative of every operator, but with another rule for ReLU and the activations that replace it. Sigmoid, Tanh
 * and HardSigmoid keep their derivatives: they are gates as often as activations.
 *
 * @param spelt activations that are spelt out in several nodes: the rule treats each as one
 */
export function gradientTable(
  activation: ActivationRule = 'gradient',
  spelt: readonly Activation[] = [],
): BackwardTable {
  if (activation === 'gradient') return GRADIENT
  const changed =
    activation === 'deconvnet'
      ? () => deconvnetRule
      : <O extends Operator>(gradient: BackwardRule<O>) => guidedBackpropRule(gradient)
  const single: BackwardTable = {
    ...GRADIENT,
    Relu: changed(reluGradient),
    LeakyRelu: changed(leakyReluGradient),
    PRelu: changed(pReluGradient),
    Clip: changed(clipGradient),
    Elu: changed(eluGradient),
    HardSwish: changed(hardSwishGradient),
    Softplus: changed(softplusGradient),
  }
  if (spelt.length === 0) return single
  const lasts = new Set(spelt.map(({ last }) => last))
  const inner = new Set(spelt.flatMap((each) => [...each.inner]))
  const choosing = (op: Operator): BackwardRule<Operator> => {
    const [plain, alone] = [GRADIENT, single].map((table) => table[op] as BackwardRule<Operator>)
    const guided = guidedBackpropRule(plain!)
    return (visit, arrived) => {
      const { name } = visit.node
      return (lasts.has(name) ? guided : inner.has(name) ? plain! : alone!)(visit, arrived)
    }
  }
  const operators = Object.keys(GRADIENT) as Operator[]
  return Object.fromEntries(operators.map((op) => [op, choosing(op)])) as unknown as BackwardTable
}

/**
 * Differentiate a scalar output.
 *
 * @param graph the graph that computes it
 * @param output the name of an output of shape []
 * @param inputs names of the inputs or constants to differentiate with respect to
 * @returns a builder that holds the graph and its gradient, and the gradient for each name
 * @throws Error naming the node whose operator has no derivative here, or the input that the output does not
 *   depend on
 */
export function gradient(
  graph: Graph,
  output: string,
  inputs: readonly string[],
): { builder: GraphBuilder; gradients: Map<string, Value> } {
  const prepared = withPoolPositions(graph)
  const { builder, scales } = withLrnScales(prepared)
  if (builder.value(output).shape.length !== 0) throw new Error(`the output ${output} is not a single number`)
  const gradients = builder.scope('gradient', () =>
    walkBackward(
      builder,
      prepared,
      { ...GRADIENT, LRN: lrnGradient(scales) },
      new Map([[output, builder.scalar(1)]]),
      inputs,
    ),
  )
  for (const name of inputs) if (!gradients.has(name)) throw new Error(`${output} does not depend on ${name}`)
  return { builder, gradients }
}
