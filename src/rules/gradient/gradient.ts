/**
 * The gradient of a graph, as a graph.
 *
 * Reverse-mode differentiation: the walk of `walk.ts` with the derivative of each operator as its rule.
 */

import { GraphBuilder, type Value } from '../../graph/builder.ts'
import type { Graph } from '../../graph/types.ts'
import { passOn, passReshaped } from '../passOn.ts'
import { withPoolPositions } from '../pooling.ts'
import { type BackwardTable, noRule, walkBackward } from '../walk.ts'
import { addGradient, mulGradient } from './arithmetic.ts'
import { convolutionGradient } from './convolution.ts'
import { innerProductGradient } from './innerProduct.ts'
import { lrnGradient } from './lrn.ts'
import { maxPoolGradient } from './maxPool.ts'
import { reluGradient } from './relu.ts'
import { softmaxCrossEntropyGradient } from './softmaxCrossEntropy.ts'

const none = noRule('gradient')

/** The derivative of every operator. */
const GRADIENT: BackwardTable = {
  Conv: convolutionGradient,
  Gemm: innerProductGradient,
  Relu: reluGradient,
  MaxPool: maxPoolGradient,
  LRN: lrnGradient,
  Dropout: passOn,
  Identity: passOn,
  Flatten: passReshaped,
  Reshape: passReshaped,
  SoftmaxCrossEntropyLoss: softmaxCrossEntropyGradient,
  Add: addGradient,
  Mul: mulGradient,

  ArgMax: none,
  AveragePool: none,
  Cast: none,
  Concat: none,
  ConstantOfShape: none,
  ConvTranspose: none,
  CumSum: none,
  Div: none,
  Equal: none,
  Exp: none,
  Expand: none,
  Gather: none,
  Greater: none,
  GreaterOrEqual: none,
  MatMul: none,
  Max: none,
  Min: none,
  Neg: none,
  OneHot: none,
  Pad: none,
  Pow: none,
  ReduceMean: none,
  ReduceSum: none,
  Scan: none,
  ScatterElements: none,
  Shape: none,
  Slice: none,
  Softmax: none,
  Sqrt: none,
  Sub: none,
  Sum: none,
  Transpose: none,
  Where: none,
  GlobalAveragePool: none,
  GlobalMaxPool: none,
  BatchNormalization: none,
  LogSoftmax: none,
  LeakyRelu: none,
  PRelu: none,
  Clip: none,
  Elu: none,
  Sigmoid: none,
  HardSigmoid: none,
  HardSwish: none,
  Tanh: none,
  Softplus: none,
  Erf: none,
  Abs: none,
  Log: none,
  Reciprocal: none,
  ReduceMax: none,
  Squeeze: none,
  Unsqueeze: none,
  Split: none,
  Resize: none,
}

/**
 * Differentiate a scalar output.
 *
 * @param graph the graph that computes it
 * @param output the name of an output of shape []
 * @param inputs names of the inputs or constants to differentiate by
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
  const builder = GraphBuilder.from(prepared)
  if (builder.value(output).shape.length !== 0) throw new Error(`the output ${output} is not a single number`)
  const gradients = builder.scope('gradient', () =>
    walkBackward(builder, prepared, GRADIENT, new Map([[output, builder.scalar(1)]]), inputs),
  )
  for (const name of inputs) if (!gradients.has(name)) throw new Error(`${output} does not depend on ${name}`)
  return { builder, gradients }
}

export function gradientTable(
  activation: 'gradient' | 'guided-backprop' | 'deconvnet' = 'gradient',
): BackwardTable {
  void activation
  return GRADIENT
}
