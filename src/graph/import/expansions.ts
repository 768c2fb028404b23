/**
 * Operators that regard has not, spelt out in those that it has: one entry an operator, with its definition.
 * https://onnx.ai/onnx/operators/
 */

import { UserError } from '../../base/errors.ts'
import type { GraphBuilder, Value } from '../builder.ts'
import { axisOf, fixed } from '../dimensions.ts'
import type { Operator } from '../operators.ts'
import { float32 } from '../types.ts'
import { type Conversion, type FileNode, form, integersIn, numberIn, numbersIn, textIn } from './form.ts'

/** By the operator's name. */
export const EXPANSIONS: Readonly<Record<string, Conversion>> = {
  // x · Φ(x), with Φ the normal distribution, or tanh in its place.
  Gelu: (node, g) => {
    const x = node.inputs[0]!
    const inner =
      textIn(node, 'approximate', 'none') === 'tanh'
        ? g.op('Tanh', [
            g.mul(g.scalar(Math.sqrt(2 / Math.PI)), g.add(x, g.mul(g.scalar(0.044715), cube(g, x)))),
          ])
        : g.op('Erf', [g.mul(x, g.scalar(Math.SQRT1_2))])
    return form('Mul', [g.mul(x, g.scalar(0.5)), g.add(inner, g.scalar(1))])
  },
  // x · tanh(log(1 + eˣ))
  Mish: ({ inputs: [x] }, g) => form('Mul', [x, g.op('Tanh', [g.op('Softplus', [x!])])]),
  // x · σ(αx)
  Swish: (node, g) => {
    const x = node.inputs[0]!
    const alpha = numberIn(node, 'alpha', 1)
    return form('Mul', [x, g.op('Sigmoid', [alpha === 1 ? x : g.mul(x, g.scalar(alpha))])])
  },
  // γ · x for x > 0, else γ · α · (eˣ − 1)
  Selu: (node, g) => {
    const alpha = numberIn(node, 'alpha', 1.67326319217681884765625)
    const gamma = numberIn(node, 'gamma', 1.05070102214813232421875)
    return form('Mul', [g.op('Elu', [node.inputs[0]], { alpha }), g.scalar(gamma)])
  },
  // x for x > 0, else α · (e^(x/α) − 1)
  Celu: (node, g) => {
    const alpha = g.scalar(numberIn(node, 'alpha', 1))
    return form('Mul', [g.op('Elu', [g.div(node.inputs[0]!, alpha)]), alpha])
  },
  // x for x > α, else 0
  ThresholdedRelu: (node, g) => {
    const x = node.inputs[0]!
    return form('Where', [g.op('Greater', [x, g.scalar(numberIn(node, 'alpha', 1))]), x, g.scalar(0)])
  },
  // x / (1 + |x|)
  Softsign: ({ inputs: [x] }, g) => form('Div', [x, g.add(g.op('Abs', [x!]), g.scalar(1))]),

  Mean: ({ inputs }, g) => form('Div', [g.sum(inputs as Value[]), g.scalar(inputs.length)]),
  Less: ({ inputs: [a, b] }) => form('Greater', [b, a]),
  LessOrEqual: ({ inputs: [a, b] }) => form('GreaterOrEqual', [b, a]),
  CastLike: ({ inputs: [x, like] }) => form('Cast', [x], { to: like!.type }),
  ArgMin: (node, g) => ({
    op: 'ArgMax',
    inputs: [g.op('Neg', [node.inputs[0]])],
    attributes: node.attributes,
  }),

  ReduceMin: (node, g) => {
    const x = g.op('Neg', [node.inputs[0]])
    return form('Neg', [reduce(node, g, 'ReduceMax', x)])
  },
  ReduceL1: (node, g) => reduceForm(node, g, 'ReduceSum', g.op('Abs', [node.inputs[0]])),
  ReduceSumSquare: (node, g) => reduceForm(node, g, 'ReduceSum', square(g, node.inputs[0]!)),
  ReduceL2: (node, g) => form('Sqrt', [reduce(node, g, 'ReduceSum', square(g, node.inputs[0]!))]),
  ReduceLogSum: (node, g) => form('Log', [reduce(node, g, 'ReduceSum', node.inputs[0]!)]),
  ReduceLogSumExp: (node, g) => {
    // log Σ e^x = m + log Σ e^(x − m) for any m; the largest x keeps the exponentials finite.
    const x = node.inputs[0]!
    const largest = reduce({ ...node, attributes: { ...node.attributes, keepdims: 1 } }, g, 'ReduceMax', x)
    const sum = reduce(node, g, 'ReduceSum', g.op('Exp', [g.sub(x, largest)]))
    const kept = numberIn(node, 'keepdims', 1) !== 0
    return form('Add', [g.op('Log', [sum]), kept ? largest : reduce(node, g, 'ReduceMax', x)])
  },

  // (x − mean) / √(variance + ε) · scale + shift, over each channel of each picture.
  InstanceNormalization: (node, g) => {
    const [x, scale, shift] = node.inputs
    const rank = x!.shape.length
    const axes = Array.from({ length: rank - 2 }, (_, k) => k + 2)
    const normal = normalised(g, x!, axes, numberIn(node, 'epsilon', 1e-5))
    const perChannel = (value: Value) => g.reshape(value, [-1, ...axes.map(() => 1)])
    return form('Add', [g.mul(normal, perChannel(scale!)), perChannel(shift!)])
  },
  // The same over the last axes, with a scale for each of their elements.
  LayerNormalization: (node, g) => {
    const [x, scale, shift] = node.inputs
    if (node.outputs > 1) throw new UserError('its mean and deviation are read, which regard does not give')
    const rank = x!.shape.length
    const first = axisOf(numberIn(node, 'axis', -1), rank)
    const axes = Array.from({ length: rank - first }, (_, k) => first + k)
    const normal = normalised(g, x!, axes, numberIn(node, 'epsilon', 1e-5))
    return shift ? form('Add', [g.mul(normal, scale!), shift]) : form('Mul', [normal, scale])
  },
  // x divided by the sum of its absolute values (p = 1) or by its length (p = 2).
  LpNormalization: (node, g) => {
    const x = node.inputs[0]!
    const axis = [axisOf(numberIn(node, 'axis', -1), x.shape.length)]
    const sum = (value: Value) => g.reduceSum(value, axis, true)
    const norm = numberIn(node, 'p', 2) === 1 ? sum(g.op('Abs', [x])) : g.op('Sqrt', [sum(square(g, x))])
    return form('Div', [x, norm])
  },

  Tile: ({ inputs: [x, repeats] }, g) => {
    const times = integersIn(repeats, g, 'the repeats')!
    const tiled = times.reduce(
      (value, count, axis) =>
        g.concat(
          Array.from({ length: count }, () => value),
          axis,
        ),
      x!,
    )
    return form('Identity', [tiled])
  },
  // Channels spread over blocks of pixels, and gathered from them.
  DepthToSpace: (node, g) => {
    const x = node.inputs[0]!
    const [channels, height, width] = x.shape.slice(1).map(fixed) as [number, number, number]
    const block = numberIn(node, 'blocksize', 1)
    const rest = channels / block ** 2
    const across = textIn(node, 'mode', 'DCR') === 'DCR'
    const split = g.reshape(
      x,
      across ? [-1, block, block, rest, height, width] : [-1, rest, block, block, height, width],
    )
    const mixed = g.transpose(split, across ? [0, 3, 4, 1, 5, 2] : [0, 1, 4, 2, 5, 3])
    return form('Reshape', [mixed, g.integers([-1, rest, height * block, width * block])])
  },
  SpaceToDepth: (node, g) => {
    const x = node.inputs[0]!
    const [channels, height, width] = x.shape.slice(1).map(fixed) as [number, number, number]
    const block = numberIn(node, 'blocksize', 1)
    const split = g.reshape(x, [-1, channels, height / block, block, width / block, block])
    const mixed = g.transpose(split, [0, 3, 5, 1, 2, 4])
    return form('Reshape', [mixed, g.integers([-1, channels * block ** 2, height / block, width / block])])
  },
}

function square(g: GraphBuilder, x: Value): Value {
  return g.mul(x, x)
}

function cube(g: GraphBuilder, x: Value): Value {
  return g.mul(x, square(g, x))
}

function normalised(g: GraphBuilder, x: Value, axes: readonly number[], epsilon: number): Value {
  const mean = (value: Value) => g.op('ReduceMean', [value, g.integers(axes)])
  const centred = g.sub(x, mean(x))
  const variance = mean(square(g, centred))
  return g.div(centred, g.op('Sqrt', [g.add(variance, g.constant(float32([], [epsilon]), 'epsilon'))]))
}

type Reduction = Operator & ('ReduceSum' | 'ReduceMax')

/** A reduction of another value with the axes of the node. */
function reduceForm(node: FileNode, g: GraphBuilder, op: Reduction, x: Value) {
  const axes = numbersIn(node, 'axes')
  return form(op, [x, axes ? g.integers(axes) : node.inputs[1]], {
    keepdims: numberIn(node, 'keepdims', 1),
    noop_with_empty_axes: numberIn(node, 'noop_with_empty_axes', 0),
  })
}

function reduce(node: FileNode, g: GraphBuilder, op: Reduction, x: Value): Value {
  const { inputs, attributes } = reduceForm(node, g, op, x)
  return g.op(op, inputs, attributes)
}
