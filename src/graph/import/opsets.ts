/**
 * How operators are written in opsets 7 to 26, and how each is converted to the opset that graphs are held in: one
 * entry for each operator whose form has changed. An operator without an entry is the same in all of them.
 * https://onnx.ai/onnx/operators/ has the versions of each.
 */

import { UserError } from '../../base/errors.ts'
import type { GraphBuilder, Value } from '../builder.ts'
import { compute } from '../compute.ts'
import { axisOf, fixed, reshaped, reshapeTarget } from '../dimensions.ts'
import { isOperator } from '../operators.ts'
import { type DataType, float32, type Tensor } from '../types.ts'
import { EXPANSIONS } from './expansions.ts'
import {
  type Conversion,
  dimensionsIn,
  type FileNode,
  type Form,
  form,
  integersIn,
  numberIn,
  numbersIn,
  textIn,
} from './form.ts'
import { resize, upsample } from './resize.ts'
import { convTranspose, windowed } from './windows.ts'

/** The conversion of an operator; undefined for one that regard cannot read. */
export function conversionOf(op: string): Conversion | undefined {
  if (Object.hasOwn(CONVERSIONS, op)) return CONVERSIONS[op]
  if (Object.hasOwn(EXPANSIONS, op)) return EXPANSIONS[op]
  return isOperator(op) && op !== 'Scan' ? same : undefined
}

function same({ op, inputs, attributes }: FileNode): Form {
  return { op: op as never, inputs, attributes }
}

/** Axes that were an attribute become the second input. */
function withAxes(node: FileNode, g: GraphBuilder): Form {
  const { axes: _, ...attributes } = node.attributes
  const axes = numbersIn(node, 'axes')
  const inputs = axes ? [node.inputs[0], g.integers(axes, 'axes')] : node.inputs
  return { op: node.op as never, inputs, attributes }
}

/** A reduction. Without axes it is along all of them, unless an attribute says that this means none. */
const reduction: Conversion = (node, g) => {
  const { axes: _, noop_with_empty_axes, ...attributes } = node.attributes
  const axes = numbersIn(node, 'axes') ?? integersIn(node.inputs[1], g, 'the axes')
  if (axes?.length)
    return form(node.op as 'ReduceSum', [node.inputs[0], g.integers(axes, 'axes')], attributes)
  return noop_with_empty_axes
    ? form('Identity', [node.inputs[0]])
    : form(node.op as 'ReduceSum', [node.inputs[0]], attributes)
}

/**
 * Softmax and LogSoftmax. Before opset 13 they took all dimensions from `axis` on together, by default all but
 * the first.
 */
const softmax: Conversion = (node, g) => {
  const op = node.op as 'Softmax' | 'LogSoftmax'
  if (node.opset >= 13) return same(node)
  const x = node.inputs[0]!
  const axis = axisOf(numberIn(node, 'axis', 1), x.shape.length)
  if (x.shape.slice(axis + 1).every((d) => d === 1)) return form(op, [x], { axis })
  const rows = g.op(op, [g.op('Flatten', [x], { axis })], { axis: -1 })
  return form('Reshape', [rows, shapeTarget(g, rows, x)])
}

/** A shape to reshape `from` to: a constant where that is possible. */
function shapeTarget(g: GraphBuilder, from: Value, to: Value): Value {
  const target = reshapeTarget(from.shape, to.shape)
  return target ? g.integers(target) : g.op('Shape', [to])
}

/** An inner product; with constant weights it becomes plain: without factors, and only the weights transposed. */
export function gemm(node: FileNode, g: GraphBuilder): Form {
  let [a, b, c] = node.inputs as [Value, Value, Value | undefined]
  let [alpha, beta] = [numberIn(node, 'alpha', 1), numberIn(node, 'beta', 1)]
  if (numberIn(node, 'transA', 0) !== 0) a = transposed(g, a)
  if (alpha !== 1 && g.constantOf(b)) [b, alpha] = [scaled(g, b, alpha), 1]
  else if (alpha !== 1 && g.constantOf(a)) [a, alpha] = [scaled(g, a, alpha), 1]
  if (c && beta !== 1 && g.constantOf(c)) [c, beta] = [scaled(g, c, beta), 1]
  return form('Gemm', c ? [a, b, c] : [a, b], {
    alpha,
    beta: c ? beta : 1,
    transB: numberIn(node, 'transB', 0),
  })
}

const CONVERSIONS: Readonly<Record<string, Conversion>> = {
  Conv: windowed('Conv'),
  MaxPool: windowed('MaxPool'),
  AveragePool: windowed('AveragePool'),
  ConvTranspose: convTranspose,
  Upsample: upsample,
  Resize: resize,
  Softmax: softmax,
  LogSoftmax: softmax,

  Gemm: gemm,
  // A vector on either side counts as a matrix of one row or one column, which is dropped again.
  MatMul: ({ inputs }, g) => {
    const [a, b] = inputs as [Value, Value]
    const [row, column] = [a.shape.length === 1, b.shape.length === 1]
    if (!row && !column) return form('MatMul', [a, b])
    const product = g.matmul(
      row ? g.op('Unsqueeze', [a, g.integers([0])]) : a,
      column ? g.op('Unsqueeze', [b, g.integers([1])]) : b,
    )
    return form('Squeeze', [product, g.integers([...(row ? [-2] : []), ...(column ? [-1] : [])])])
  },
  BatchNormalization: (node) => {
    const { spatial, training_mode, ...attributes } = node.attributes
    if (numberIn(node, 'spatial', 1) !== 1)
      throw new UserError('it has statistics for every pixel, which regard does not read')
    // Before opset 14, outputs for the statistics meant training.
    if (numberIn(node, 'training_mode', 0) !== 0 || (node.opset < 14 && node.named > 1))
      node.note(
        'its batch normalisation is in training mode, but is read as in evaluation: with the statistics that it has learned, not those of each batch. Export models in evaluation mode',
      )
    return { op: 'BatchNormalization', inputs: node.inputs, attributes }
  },
  // Outside training it passes its input on; its ratio does not matter here.
  Dropout: (node, g) => {
    const training = node.inputs[2] && g.constantOf(node.inputs[2])
    if (node.inputs[2] && (!training || training.data[0]))
      node.note('its dropout is in training mode, but is read as in evaluation: nothing is dropped')
    return form('Dropout', [node.inputs[0]])
  },
  // The exponent may be of another type; the result has that of the base.
  Pow: ({ inputs }, g) => {
    const [x, by] = inputs as [Value, Value]
    if (x.type === by.type) return form('Pow', [x, by])
    if (x.type === 'float32') return form('Pow', [x, g.op('Cast', [by], { to: x.type })])
    const power = g.op('Pow', [g.op('Cast', [x], { to: 'float32' }), g.op('Cast', [by], { to: 'float32' })])
    return form('Cast', [power], { to: x.type })
  },
  // Bounds were attributes before opset 11.
  Clip: (node, g) => {
    const [x, low, high] = node.inputs
    const bound = (name: string) =>
      node.attributes[name] === undefined ? undefined : g.scalar(numberIn(node, name, 0))
    const bounds = node.opset < 11 ? [bound('min'), bound('max')] : [low, high]
    if (bounds[1]) return form('Clip', [x, ...bounds])
    return bounds[0] ? form('Clip', [x, bounds[0]]) : form('Identity', [x])
  },

  ReduceSum: reduction,
  ReduceMean: reduction,
  ReduceMax: reduction,
  Squeeze: withAxes,
  Unsqueeze: withAxes,

  // The sizes of the parts: an attribute before opset 13, then an input; without them, equal parts.
  Split: (node, g) => {
    const x = node.inputs[0]!
    const axis = numberIn(node, 'axis', 0)
    const given = numbersIn(node, 'split') ?? integersIn(node.inputs[1], g, 'the sizes of the parts')
    const sizes = given ?? parts(x, axis, node.outputs)
    if (!g.constantOf(x)) return form('Split', [x, g.integers(sizes, 'split')], { axis })
    // A constant is split right away.
    const ends = sizes.map((_, k) => sizes.slice(0, k + 1).reduce((sum, size) => sum + size, 0))
    return ends.map((end, k) =>
      form('Slice', [x, g.integers([end - sizes[k]!]), g.integers([end]), g.integers([axis])]),
    )
  },
  Slice: (node, g) => {
    if (node.opset >= 10) return same(node)
    const [starts, ends] = [numbersIn(node, 'starts'), numbersIn(node, 'ends')]
    if (!starts || !ends) throw new Error('it has no starts or ends')
    const axes = numbersIn(node, 'axes') ?? starts.map((_, k) => k)
    return form('Slice', [node.inputs[0], g.integers(starts), g.integers(ends), g.integers(axes)])
  },
  Pad: (node, g) => {
    const x = node.inputs[0]!
    const mode = textIn(node, 'mode', 'constant')
    if (mode === 'wrap') throw new UserError('it pads by wrapping around, which regard does not read')
    const pads = numbersIn(node, 'pads') ?? integersIn(node.inputs[1], g, 'the pads')
    if (!pads) throw new Error('it has no pads')
    const rank = x.shape.length
    const axes = integersIn(node.inputs[3], g, 'the axes')?.map((axis) => axisOf(axis, rank))
    const value = node.opset < 11 ? g.scalar(numberIn(node, 'value', 0)) : node.inputs[2]
    const inputs = [x, g.integers(axes ? spread(pads, axes, rank) : pads, 'pads')]
    return form('Pad', mode === 'constant' && value ? [...inputs, value] : inputs, { mode })
  },
  // A new shape that the graph computes from the batch becomes a constant that leaves the batch open.
  Reshape: (node, g) => {
    const [x, shape] = node.inputs as [Value, Value]
    const wanted = dimensionsIn(shape, g, 'the elements of the new shape')!
    if (numberIn(node, 'allowzero', 0) !== 0 && wanted.includes(0))
      throw new UserError('it makes an empty tensor, which regard does not read')
    if (g.constantOf(shape)) return form('Reshape', [x, shape])
    const target = reshapeTarget(x.shape, reshaped(x.shape, wanted))
    return form('Reshape', [x, target ? g.integers(target, 'shape') : shape])
  },
  Transpose: (node) => {
    const x = node.inputs[0]!
    return form('Transpose', [x], { perm: numbersIn(node, 'perm') ?? x.shape.map((_, k) => k).reverse() })
  },
  // How numbers are rounded to 8 bits does not matter: graphs have no 8-bit floats.
  Cast: ({ inputs, attributes: { to } }) =>
    to === inputs[0]!.type ? form('Identity', inputs) : form('Cast', inputs, { to: to as DataType }),
  // Since opset 15, it may give only a part of the shape.
  Shape: (node, g) => {
    if (node.attributes.end === undefined) return same(node)
    const rank = node.inputs[0]!.shape.length
    const position = (at: number) => g.integers([Math.min(Math.max(at < 0 ? at + rank : at, 0), rank)])
    const whole = g.op('Shape', [node.inputs[0]])
    return form('Slice', [whole, position(numberIn(node, 'start', 0)), position(numberIn(node, 'end', rank))])
  },
  ConstantOfShape: ({ inputs, attributes: { value = float32([1]) } }) =>
    form('ConstantOfShape', inputs, { value: value as Tensor }),
  // ScatterElements before opset 11.
  Scatter: ({ inputs, attributes }) => ({ op: 'ScatterElements', inputs, attributes }),
}

function transposed(g: GraphBuilder, x: Value): Value {
  const tensor = g.constantOf(x)
  return tensor
    ? g.constant(compute('Transpose', [tensor], { perm: [1, 0] }), x.name)
    : g.transpose(x, [1, 0])
}

function scaled(g: GraphBuilder, x: Value, by: number): Value {
  const { shape, data } = g.constantOf(x)!
  return g.constant(
    { type: 'float32', shape, data: (data as Float32Array).map((value) => value * by) },
    x.name,
  )
}

/** Equal parts of an axis; the last is smaller where they cannot be equal. */
function parts(x: Value, axis: number, count: number): number[] {
  const size = fixed(x.shape[axisOf(axis, x.shape.length)]!)
  const part = Math.ceil(size / count)
  return Array.from({ length: count }, (_, k) => Math.min(part, size - k * part))
}

/** Pads of some axes as pads of all. */
function spread(pads: readonly number[], axes: readonly number[], rank: number): number[] {
  const whole = new Array<number>(2 * rank).fill(0)
  axes.forEach((axis, k) => {
    whole[axis] = pads[k]!
    whole[axis + rank] = pads[k + axes.length]!
  })
  return whole
}
