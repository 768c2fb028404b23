/**
 * Operators into which ONNX Runtime's optimiser fuses several standard ones (domain com.microsoft), taken apart again:
 * one entry for each operator. https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md
 */

import { UserError } from '../../base/errors.ts'
import type { GraphBuilder, Value } from '../builder.ts'
import { gelu, swish, tanhGelu } from './activations.ts'
import { fusedAttention, multiHeadAttention } from './attention.ts'
import { type Conversion, type FileNode, type Form, form, numberIn, numbersIn, textIn } from './form.ts'
import { layerNormalised, rootMeanSquare } from './normalisation.ts'
import { gemm } from './opsets.ts'
import { windowed } from './windows.ts'

/** By the operator's name. */
export const FUSED: Readonly<Record<string, Conversion>> = {
  Gelu: ({ inputs: [x] }, g) => gelu(g, x!),
  BiasGelu: ({ inputs: [x, bias] }, g) => gelu(g, g.add(x!, bias!)),
  FastGelu: ({ inputs: [x, bias] }, g) => tanhGelu(g, bias ? g.add(x!, bias) : x!),
  QuickGelu: (node, g) => swish(g, node.inputs[0]!, numberIn(node, 'alpha', 1.702)),

  // α · A · B, each transposed first where an attribute says so.
  FusedMatMul: (node, g) => {
    const [a, b] = (['A', 'B'] as const).map((side, k) => {
      const own = node.inputs[k]!
      const x = numberIn(node, `transBatch${side}`, 0) === 0 ? own : rowsInside(g, own)
      return numberIn(node, `trans${side}`, 0) === 0 ? x : turned(g, x)
    }) as [Value, Value]
    const alpha = numberIn(node, 'alpha', 1)
    if (alpha === 1) return form('MatMul', [a, b])
    if (g.isConstant(b)) return form('MatMul', [a, g.mul(b, g.scalar(alpha))])
    return form('Mul', [g.matmul(a, b), g.scalar(alpha)])
  },

  // The sum of two branches and a bias, normalised over its last dimension; the fourth output is the sum itself.
  SkipLayerNormalization: (node, g) => {
    const [x, skip, scale, shift, bias] = node.inputs
    const sum = skipped(g, x!, skip!, bias)
    const last = { ...node, attributes: { epsilon: 1e-12, ...node.attributes, axis: -1 } }
    return [layerNormalised(last, g, sum, scale!, shift), ...withSum(node, sum)]
  },
  SkipSimplifiedLayerNormalization: (node, g) => {
    const [x, skip, scale, bias] = node.inputs
    const sum = skipped(g, x!, skip!, bias)
    return [rootMeanSquare(node, g, sum, scale!), ...withSum(node, sum)]
  },

  FusedConv: (node, g) => {
    const { activation, activation_params, ...attributes } = node.attributes
    const [x, weights, bias, added] = node.inputs
    const y = outputOf(g, windowed('Conv')({ ...node, attributes, inputs: [x, weights, bias] }, g))
    const parameters = numbersIn(node, 'activation_params') ?? []
    return activated(node, g, added ? g.add(y, added) : y, parameters)
  },
  FusedGemm: (node, g) => {
    const { activation, activation_alpha, activation_beta, activation_gamma, ...attributes } = node.attributes
    const parameters = [numberIn(node, 'activation_alpha', 0), numberIn(node, 'activation_beta', 0)]
    return activated(node, g, outputOf(g, gemm({ ...node, attributes }, g)), parameters)
  },
  // Channels last, in the picture and in the kernels.
  NhwcConv: (node, g) => {
    const [x, weights, bias] = node.inputs
    const channelsFirst = (value: Value) => g.transpose(value, [0, 3, 1, 2])
    const inputs = [channelsFirst(x!), channelsFirst(weights!), bias]
    const y = outputOf(g, windowed('Conv')({ ...node, inputs }, g))
    return form('Transpose', [y], { perm: [0, 2, 3, 1] })
  },

  Attention: fusedAttention,
  MultiHeadAttention: multiHeadAttention,
}

/** A value whose rows are dimension 0, before those of the stack, as a stack of matrices. */
function rowsInside(g: GraphBuilder, x: Value): Value {
  const axes = x.shape.map((_, axis) => axis)
  return g.transpose(x, [...axes.slice(1, -1), 0, axes.length - 1])
}

function turned(g: GraphBuilder, x: Value): Value {
  const axes = x.shape.map((_, k) => k)
  return g.transpose(x, [...axes.slice(0, -2), ...axes.slice(-2).reverse()])
}

function skipped(g: GraphBuilder, x: Value, skip: Value, bias: Value | undefined): Value {
  const sum = g.add(x, skip)
  return bias ? g.add(sum, bias) : sum
}

/** Outputs 2 to 4: mean and deviation, which are not read, and the sum where it is. */
function withSum({ outputs }: FileNode, sum: Value): (Form | undefined)[] {
  return outputs < 4 ? [] : [undefined, undefined, form('Identity', [sum])]
}

/** The single output of a converted node, as a value. */
function outputOf(g: GraphBuilder, converted: ReturnType<Conversion>): Value {
  const [first] = [converted].flat() as Form[]
  return g.op(first!.op, first!.inputs, first!.attributes as never)
}

function activated(node: FileNode, g: GraphBuilder, y: Value, [a = 0, b = 0]: readonly number[]): Form {
  const activation = textIn(node, 'activation', '')
  switch (activation) {
    case '':
      return form('Identity', [y])
    case 'Relu':
    case 'Tanh':
    case 'Sigmoid':
    case 'HardSwish':
      return form(activation, [y])
    case 'LeakyRelu':
      return form('LeakyRelu', [y], { alpha: a })
    case 'HardSigmoid':
      return form('HardSigmoid', [y], { alpha: a, beta: b })
    case 'Clip':
      return form('Clip', [y, g.scalar(a), g.scalar(b)])
    default:
      throw new UserError(`it ends in the activation ${activation}, which regard does not read there`)
  }
}
