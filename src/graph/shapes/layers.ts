/** The shapes of the layers that networks are made of: linear layers, pooling, normalisation and losses. */

import { axisOf, broadcast, fixed, outputSize, same, span } from '../dimensions.ts'
import type { AttributesOf } from '../operators.ts'
import type { Shape } from '../types.ts'
import { type Inferred, type Known, rank, type ShapeRules, unchanged } from './rule.ts'

export const layerShapes = {
  Conv: ([x, w], a) => {
    const [batch, channels, ...picture] = rank(x!, 4)
    const [filters, perGroup, ...kernel] = rank(w!, 4)
    same(channels!, fixed(perGroup!) * a.group, 'channels of the picture and of the weights')
    const size = picture.map((d, k) =>
      outputSize(
        fixed(d),
        span(fixed(kernel[k]!), a.dilations[k]!),
        a.strides[k]!,
        a.pads[k]! + a.pads[k + 2]!,
        0,
      ),
    )
    return [{ type: x!.type, shape: [batch!, filters!, ...size] }]
  },
  ConvTranspose: ([x, w], a) => {
    const [batch, channels, ...picture] = rank(x!, 4)
    const [inputs, perGroup, ...kernel] = rank(w!, 4)
    same(channels!, inputs!, 'channels of the picture and of the weights')
    const size = picture.map(
      (d, k) =>
        (fixed(d) - 1) * a.strides[k]! +
        span(fixed(kernel[k]!), a.dilations[k]!) -
        a.pads[k]! -
        a.pads[k + 2]! +
        a.output_padding[k]!,
    )
    return [{ type: x!.type, shape: [batch!, fixed(perGroup!) * a.group, ...size] }]
  },
  Gemm: ([a, b, c], { transA, transB }) => {
    const [m, k] = transA ? [...rank(a!, 2)].reverse() : rank(a!, 2)
    const [k2, n] = transB ? [...rank(b!, 2)].reverse() : rank(b!, 2)
    same(k!, k2!, 'inner dimensions')
    if (c) broadcast(c.shape, [m!, n!])
    return [{ type: a!.type, shape: [m!, n!] }]
  },
  MatMul: ([a, b]) => {
    if (a!.shape.length < 2 || b!.shape.length < 2)
      throw new Error('both sides must have at least two dimensions')
    same(a!.shape.at(-1)!, b!.shape.at(-2)!, 'inner dimensions')
    return [
      {
        type: a!.type,
        shape: [
          ...broadcast(a!.shape.slice(0, -2), b!.shape.slice(0, -2)),
          a!.shape.at(-2)!,
          b!.shape.at(-1)!,
        ],
      },
    ]
  },
  MaxPool: ([x], a, node) => {
    const shape = pooled(x!, a, a.dilations)
    const values = { type: x!.type, shape }
    return node.outputs.length > 1 ? [values, { type: 'int64', shape }] : [values]
  },
  AveragePool: ([x], a) => [{ type: x!.type, shape: pooled(x!, a, [1, 1]) }],
  GlobalAveragePool: pooledWhole,
  GlobalMaxPool: pooledWhole,
  BatchNormalization: ([x, ...parameters], { training_mode }) => {
    if (training_mode !== 0) throw new Error('only batch normalisation outside training is known')
    for (const { shape } of parameters) {
      if (shape.length !== 1) throw new Error('its parameters must have one number for each channel')
      same(x!.shape[1]!, shape[0]!, 'channels and parameters')
    }
    return [{ type: x!.type, shape: x!.shape }]
  },
  LRN: ([x]) => [{ type: x!.type, shape: rank(x!, 4) }],
  Dropout: ([x], _, node) => {
    const values = { type: x!.type, shape: x!.shape }
    return node.outputs.length > 1 ? [values, { type: 'bool', shape: x!.shape }] : [values]
  },
  Softmax: alongAxis,
  LogSoftmax: alongAxis,
  SoftmaxCrossEntropyLoss: ([scores, labels], a, node) => {
    same(scores!.shape[0]!, labels!.shape[0]!, 'rows of scores and labels')
    const loss: Inferred = { type: scores!.type, shape: a.reduction === 'none' ? labels!.shape : [] }
    return node.outputs.length > 1 ? [loss, { type: scores!.type, shape: scores!.shape }] : [loss]
  },
} satisfies Partial<ShapeRules>

function pooledWhole([x]: readonly Known[]): Inferred[] {
  return [{ type: x!.type, shape: x!.shape.map((d, k) => (k < 2 ? d : 1)) }]
}

type Window = Pick<AttributesOf<'MaxPool'>, 'kernel_shape' | 'strides' | 'pads' | 'ceil_mode'>

function pooled(x: Known, a: Window, dilations: readonly number[]): Shape {
  const [batch, channels, ...picture] = rank(x, 4)
  const size = picture.map((d, k) =>
    outputSize(
      fixed(d),
      span(a.kernel_shape[k]!, dilations[k]!),
      a.strides[k]!,
      a.pads[k]! + a.pads[k + 2]!,
      a.ceil_mode,
      a.pads[k]!,
    ),
  )
  return [batch!, channels!, ...size]
}

/** The shape of the input, which must have the axis. */
function alongAxis(inputs: readonly Known[], { axis }: { readonly axis: number }): Inferred[] {
  axisOf(axis, inputs[0]!.shape.length)
  return unchanged(inputs)
}
