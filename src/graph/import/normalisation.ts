/** Normalisations that graphs lack, spelt out with means: one entry for each operator, with its definition. */

import { UserError } from '../../base/errors.ts'
import type { GraphBuilder, Value } from '../builder.ts'
import { axisOf, fixed } from '../dimensions.ts'
import { float32 } from '../types.ts'
import { type Conversion, type FileNode, type Form, form, numberIn } from './form.ts'

/** By the operator's name. */
export const NORMALISATIONS: Readonly<Record<string, Conversion>> = {
  // (x − mean) / √(variance + ε) · scale + shift, over each channel of each picture.
  InstanceNormalization: (node, g) => {
    const [x, scale, shift] = node.inputs
    const axes = x!.shape.slice(2).map((_, k) => k + 2)
    const normal = normalised(g, x!, axes, epsilonOf(node))
    return scaledAndShifted(g, normal, scale!, shift, (value) => perChannel(g, value, axes))
  },
  // The same over each group of channels. Before opset 21 scale and shift had one number for each group, from then on
  // one for each channel.
  GroupNormalization: (node, g) => {
    const [x, scale, shift] = node.inputs as [Value, Value, Value]
    const groups = numberIn(node, 'num_groups', 0)
    const [channels = 0, ...picture] = x.shape.slice(1).map(fixed)
    if (!(groups > 0 && channels > 0) || channels % groups !== 0)
      throw new UserError(`${channels} channels do not make ${groups} groups`)
    const rows = g.reshape(x, [0, groups, -1])
    const normal = normalised(g, rows, [2], epsilonOf(node))
    const whole = [0, channels, ...picture]
    if (node.opset < 21) {
      const scaled = g.add(g.mul(normal, perChannel(g, scale, [2])), perChannel(g, shift, [2]))
      return form('Reshape', [scaled, g.integers(whole)])
    }
    return scaledAndShifted(g, g.reshape(normal, whole), scale, shift, (value) =>
      perChannel(g, value, picture),
    )
  },
  // The same over the last axes, with a scale for each of their elements.
  LayerNormalization: (node, g) => layerNormalised(node, g, node.inputs[0]!, node.inputs[1]!, node.inputs[2]),
  // Without the mean. Before opset 23 only ONNX Runtime's optimiser wrote it, under another name.
  RMSNormalization: rmsNormalised,
  SimplifiedLayerNormalization: rmsNormalised,
  // x divided by the sum of its absolute values (p = 1) or by its length (p = 2).
  LpNormalization: (node, g) => {
    const x = node.inputs[0]!
    const axis = [axisOf(numberIn(node, 'axis', -1), x.shape.length)]
    const sum = (value: Value) => g.reduceSum(value, axis, true)
    const norm = numberIn(node, 'p', 2) === 1 ? sum(g.op('Abs', [x])) : g.op('Sqrt', [sum(g.mul(x, x))])
    return form('Div', [x, norm])
  },
}

/** (x − mean) / √(variance + ε) · scale + shift over the last axes of a value. */
export function layerNormalised(
  node: FileNode,
  g: GraphBuilder,
  x: Value,
  scale: Value,
  shift: Value | undefined,
): Form {
  return scaledAndShifted(g, normalised(g, x, lastAxes(node, x), epsilonOf(node)), scale, shift)
}

/** x / √(mean of x² + ε) · scale over the last axes of a value. */
export function rootMeanSquare(node: FileNode, g: GraphBuilder, x: Value, scale: Value): Form {
  return form('Mul', [g.div(x, root(g, g.mul(x, x), lastAxes(node, x), epsilonOf(node))), scale])
}

/**
 * normal · scale + shift. A scale or shift that changes nothing is left out: exporters without a group norm write a
 * norm with neither, followed by a scale and a shift of their own.
 */
function scaledAndShifted(
  g: GraphBuilder,
  normal: Value,
  scale: Value,
  shift: Value | undefined,
  beside: (value: Value) => Value = (value) => value,
): Form {
  const isAll = (value: Value, number: number) =>
    (g.constantOf(value)?.data as Float32Array | undefined)?.every((each) => each === number) ?? false
  const isShifted = shift !== undefined && !isAll(shift, 0)
  if (isAll(scale, 1)) return isShifted ? form('Add', [normal, beside(shift)]) : form('Identity', [normal])
  if (!isShifted) return form('Mul', [normal, beside(scale)])
  return form('Add', [g.mul(normal, beside(scale)), beside(shift)])
}

function rmsNormalised(node: FileNode, g: GraphBuilder): Form {
  return rootMeanSquare(node, g, node.inputs[0]!, node.inputs[1]!)
}

function lastAxes(node: FileNode, { shape }: Value): number[] {
  const first = axisOf(numberIn(node, 'axis', -1), shape.length)
  return shape.flatMap((_, axis) => (axis < first ? [] : [axis]))
}

function epsilonOf(node: FileNode): number {
  return numberIn(node, 'epsilon', 1e-5)
}

function normalised(g: GraphBuilder, x: Value, axes: readonly number[], epsilon: number): Value {
  const centred = g.sub(x, g.op('ReduceMean', [x, g.integers(axes)]))
  return g.div(centred, root(g, g.mul(centred, centred), axes, epsilon))
}

/** The root of the mean of squares. */
function root(g: GraphBuilder, squares: Value, axes: readonly number[], epsilon: number): Value {
  const mean = g.op('ReduceMean', [squares, g.integers(axes)])
  return g.op('Sqrt', [g.add(mean, g.constant(float32([], [epsilon]), 'epsilon'))])
}

/** One number for each channel, in a shape that fits before the given axes. */
function perChannel(g: GraphBuilder, value: Value, axes: readonly unknown[]): Value {
  return g.reshape(value, [-1, ...axes.map(() => 1)])
}
