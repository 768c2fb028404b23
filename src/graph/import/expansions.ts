/**
 * Operators that regard lacks, spelt out in those that it has: one entry for each operator, with its definition.
 * https://onnx.ai/onnx/operators/
 */

import { UserError } from '../../base/errors.ts'
import type { GraphBuilder, Value } from '../builder.ts'
import { fixed, product, reshapeTarget } from '../dimensions.ts'
import type { Operator } from '../operators.ts'
import { int64 } from '../types.ts'
import { ACTIVATIONS } from './activations.ts'
import { attention } from './attention.ts'
import { einsum } from './einsum.ts'
import {
  type Conversion,
  type FileNode,
  type Form,
  form,
  integersIn,
  numberIn,
  numbersIn,
  textIn,
} from './form.ts'
import { NORMALISATIONS } from './normalisation.ts'
import { rotaryEmbedding } from './rotary.ts'

/** By the operator's name. */
export const EXPANSIONS: Readonly<Record<string, Conversion>> = {
  ...ACTIVATIONS,
  ...NORMALISATIONS,
  Attention: attention,
  Einsum: einsum,
  RotaryEmbedding: rotaryEmbedding,

  Mean: ({ inputs }, g) => form('Div', [g.sum(inputs as Value[]), g.scalar(inputs.length)]),
  CastLike: ({ inputs: [x, like] }) => form('Cast', [x], { to: like!.type }),
  ArgMin: (node, g) => ({
    op: 'ArgMax',
    inputs: [g.op('Neg', [node.inputs[0]])],
    attributes: node.attributes,
  }),

  Less: ({ inputs: [a, b] }) => form('Greater', [b, a]),
  LessOrEqual: ({ inputs: [a, b] }) => form('GreaterOrEqual', [b, a]),
  Not: ({ inputs: [a] }, g) => form('Equal', [a, wrong(g)]),
  And: ({ inputs: [a, b] }, g) => form('Greater', [g.mul(asNumber(g, a!), asNumber(g, b!)), g.scalar(0)]),
  Or: ({ inputs: [a, b] }, g) => form('Greater', [g.add(asNumber(g, a!), asNumber(g, b!)), g.scalar(0)]),
  Xor: ({ inputs: [a, b] }, g) => form('Equal', [g.op('Equal', [a, b]), wrong(g)]),

  // NaN is not equal to itself.
  IsNaN: ({ inputs: [x] }, g) => form('Equal', [g.op('Equal', [x, x!]), wrong(g)]),
  IsInf: (node, g) => {
    const [below, above] = ['detect_negative', 'detect_positive'].map((sign) => numberIn(node, sign, 1) !== 0)
    const x = below ? (above ? g.op('Abs', node.inputs) : g.op('Neg', node.inputs)) : node.inputs[0]
    const bound = below || above ? Number.POSITIVE_INFINITY : Number.NaN
    return form('Equal', [x, g.scalar(bound)])
  },

  ReduceMin: (node, g) => {
    const x = g.op('Neg', [node.inputs[0]])
    return form('Neg', [reduced(node, g, 'ReduceMax', x)])
  },
  // For a list, such as the sizes of a picture: one factor after another.
  ReduceProd: (node, g) => {
    const x = node.inputs[0]!
    if (x.shape.length !== 1) throw new UserError('it multiplies numbers that the network computes')
    const factor = (k: number) => g.slice(x, { 0: [k, k + 1] })
    const whole = Array.from({ length: fixed(x.shape[0]!) }, (_, k) => factor(k)).reduce((a, b) =>
      g.mul(a, b),
    )
    return numberIn(node, 'keepdims', 1) ? form('Identity', [whole]) : form('Squeeze', [whole])
  },
  ReduceL1: (node, g) => reduction(node, g, 'ReduceSum', g.op('Abs', [node.inputs[0]])),
  ReduceSumSquare: (node, g) => reduction(node, g, 'ReduceSum', square(g, node.inputs[0]!)),
  ReduceL2: (node, g) => form('Sqrt', [reduced(node, g, 'ReduceSum', square(g, node.inputs[0]!))]),
  ReduceLogSum: (node, g) => form('Log', [reduced(node, g, 'ReduceSum', node.inputs[0]!)]),
  ReduceLogSumExp: (node, g) => {
    // log Σ e^x = m + log Σ e^(x − m) for any m; the largest x keeps the exponentials finite.
    const x = node.inputs[0]!
    const largest = reduced({ ...node, attributes: { ...node.attributes, keepdims: 1 } }, g, 'ReduceMax', x)
    const sum = reduced(node, g, 'ReduceSum', g.op('Exp', [g.sub(x, largest)]))
    const kept = numberIn(node, 'keepdims', 1) !== 0
    return form('Add', [g.op('Log', [sum]), kept ? largest : reduced(node, g, 'ReduceMax', x)])
  },

  // The number of elements, where it depends on the batch; otherwise it is a constant.
  Size: ({ inputs: [x] }, g) => {
    const count = product(x!.shape)
    if (typeof count === 'number') return form('Identity', [g.constant(int64([], [count]))])
    const sizes = g.op('Shape', [x])
    const size = (k: number) => g.op('Gather', [sizes, g.constant(int64([], [k]))])
    return form('Identity', [x!.shape.map((_, k) => size(k)).reduce((a, b) => g.mul(a, b))])
  },
  // The elements on and above a diagonal, or on and below it; zeros elsewhere.
  Trilu: (node, g) => {
    const [x, diagonal] = node.inputs
    const [rows, columns] = x!.shape.slice(-2).map(fixed) as [number, number]
    const offset = integersIn(diagonal, g, 'the diagonal')?.[0] ?? 0
    const upper = numberIn(node, 'upper', 1) !== 0
    const kept = Uint8Array.from({ length: rows * columns }, (_, k) => {
      const beyond = (k % columns) - Math.floor(k / columns) - offset
      return Number(upper ? beyond >= 0 : beyond <= 0)
    })
    const mask = g.constant({ type: 'bool', shape: [rows, columns], data: kept }, 'triangle')
    return form('Where', [mask, x, g.op('Cast', [g.scalar(0)], { to: x!.type })])
  },
  // Constant rows of indices select along the first dimensions, which are merged into one.
  GatherND: (node, g) => {
    const [x, indices] = node.inputs as [Value, Value]
    const rows = g.constantOf(indices)
    const length = fixed(indices.shape.at(-1)!)
    if (!rows || numberIn(node, 'batch_dims', 0) !== 0)
      throw new UserError('its indices depend on what the graph is fed, or differ from picture to picture')
    const sizes = x.shape.slice(0, length).map(fixed)
    const numbers = Array.from<number | bigint, number>(rows.data, Number)
    const places = Array.from({ length: numbers.length / length }, (_, row) =>
      sizes.reduce((place, size, k) => {
        const index = numbers[row * length + k]!
        return place * size + (index < 0 ? index + size : index)
      }, 0),
    )
    const rest = x.shape.slice(length)
    const target = reshapeTarget(x.shape, [sizes.reduce((a, b) => a * b, 1), ...rest])
    if (!target) throw new UserError('it leaves several sizes open')
    const shape = indices.shape.slice(0, -1).map(fixed)
    const picks = g.constant(int64(shape, places), 'places')
    return form('Gather', [g.reshape(x, target), picks], { axis: 0 })
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

function wrong(g: GraphBuilder): Value {
  return g.constant({ type: 'bool', shape: [], data: Uint8Array.of(0) }, 'false')
}

/** Truth values as 1 and 0. */
function asNumber(g: GraphBuilder, x: Value): Value {
  return g.op('Cast', [x], { to: 'float32' })
}

function square(g: GraphBuilder, x: Value): Value {
  return g.mul(x, x)
}

type Reduction = Operator & ('ReduceSum' | 'ReduceMax')

/**
 * A reduction of another value along the node's axes; unchanged without axes, where an attribute says that this means
 * none.
 */
function reduction(node: FileNode, g: GraphBuilder, op: Reduction, x: Value): Form {
  const axes = numbersIn(node, 'axes') ?? integersIn(node.inputs[1], g, 'the axes')
  if (!axes?.length && numberIn(node, 'noop_with_empty_axes', 0) !== 0) return form('Identity', [x])
  return form(op, [x, axes?.length ? g.integers(axes) : undefined], {
    keepdims: numberIn(node, 'keepdims', 1),
  })
}

function reduced(node: FileNode, g: GraphBuilder, op: Reduction, x: Value): Value {
  const { op: own, inputs, attributes } = reduction(node, g, op, x)
  return g.op(own, inputs, attributes as never)
}
