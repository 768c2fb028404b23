/** Arithmetic on each element. */

import type { Value } from '../../../graph/builder.ts'
import type { Operator } from '../../../graph/operators.ts'
import type { Dimension } from '../../../graph/types.ts'
import type { Importer, Rule } from '../importer.ts'
import { type Held, heldSizes, knownSizes, pictureConstant, shapeOf } from '../layout.ts'

/**
 * Values in the same order of axes, so that they can be combined: as pictures, where one of them is held as a picture
 * and the others can be, else as TensorFlow writes them.
 */
export function besideEachOther(
  importer: Importer,
  held: readonly Held[],
): { form: 'picture' | 'written'; values: Value[] } {
  const fits = (one: Held) => one.form === 'constant' || [0, 4].includes(shapeOf(one).length)
  if (!held.some((one) => one.form === 'picture') || !held.every(fits)) {
    return { form: 'written', values: held.map((one) => importer.written(one)) }
  }
  const values = held.map((one) => {
    if (one.form === 'constant') return importer.constant(pictureConstant(one.tensor), 'constant')
    return shapeOf(one).length === 0 ? importer.written(one) : importer.picture(one)
  })
  return { form: 'picture', values }
}

/** An operator of one input that ONNX has under another name or the same. */
export function unary(op: Operator): Rule {
  return (importer, node) => {
    const { form, values } = besideEachOther(importer, [importer.input(node, 0)])
    return { form, value: importer.emit(node.name, op, values) }
  }
}

/** An operator of two or more inputs that broadcast. */
export function arithmetic(op: Operator): Rule {
  return (importer, node) => {
    const inputs = importer.inputsOf(node)
    const sizes = computed(node.op, inputs)
    if (sizes) return sizes
    const { form, values } = besideEachOther(importer, inputs)
    return { form, value: importer.emit(node.name, op, values) }
  }
}

const APPLY: Record<string, (a: number, b: number) => number> = {
  Add: (a, b) => a + b,
  AddV2: (a, b) => a + b,
  Sub: (a, b) => a - b,
  Mul: (a, b) => a * b,
  FloorDiv: (a, b) => Math.floor(a / b),
  Maximum: Math.max,
  Minimum: Math.min,
}

/** The result for known integers, where a graph computes with sizes. */
function computed(op: string, inputs: readonly Held[]): Held | undefined {
  const apply = APPLY[op]
  const [a, b] = inputs.map(knownSizes)
  if (!apply || !a || !b || inputs.length !== 2 || inputs.some((one) => shapeOf(one).length > 1))
    return undefined
  const pairs = Array.from({ length: Math.max(a.length, b.length) }, (_, k): [Dimension, Dimension] => [
    a[a.length === 1 ? 0 : k]!,
    b[b.length === 1 ? 0 : k]!,
  ])
  const sizes = pairs.map(([left, right]) => {
    if (typeof left === 'number' && typeof right === 'number') return apply(left, right)
    if (op === 'Mul' && left === 1) return right
    if (op === 'Mul' && right === 1) return left
    throw new Error(
      `it computes with the size ${typeof left === 'string' ? left : right}, which is not fixed`,
    )
  })
  return heldSizes(
    sizes,
    inputs.every((one) => shapeOf(one).length === 0),
  )
}

/** Integer division: read only where a graph computes with sizes. */
export const floorDivision: Rule = (importer, node) => {
  const sizes = computed(node.op, importer.inputsOf(node))
  if (!sizes) throw new Error('a division that rounds down is supported only for sizes')
  return sizes
}

/** Maximum or Minimum. With a single constant number it is a bound: a ReLU where that is 0, else a Clip. */
export function bound(op: 'Max' | 'Min'): Rule {
  return (importer, node) => {
    const inputs = importer.inputsOf(node)
    const at = inputs.findIndex((one) => one.form === 'constant' && shapeOf(one).length === 0)
    const x = inputs[1 - at]
    const limit = inputs[at]
    if (limit?.form !== 'constant' || limit.tensor.type !== 'float32' || x?.form === 'constant' || !x) {
      return arithmetic(op)(importer, node)
    }
    const { form, values } = besideEachOther(importer, [x])
    if (op === 'Max' && limit.tensor.data[0] === 0) {
      return { form, value: importer.emit(node.name, 'Relu', values) }
    }
    const ends = op === 'Max' ? [importer.written(limit)] : [undefined, importer.written(limit)]
    return { form, value: importer.emit(node.name, 'Clip', [values[0], ...ends]) }
  }
}

/** x, least, most. */
export const clip: Rule = (importer, node) => {
  const [x, ...ends] = importer.inputsOf(node)
  const { form, values } = besideEachOther(importer, [x!])
  const value = importer.emit(node.name, 'Clip', [values[0], ...ends.map((end) => importer.written(end))])
  return { form, value }
}

/** 1 / √x */
export const inverseRoot: Rule = (importer, node) => {
  const { form, values } = besideEachOther(importer, [importer.input(node, 0)])
  const root = importer.emit(`${node.name}/root`, 'Sqrt', values)
  return { form, value: importer.emit(node.name, 'Reciprocal', [root]) }
}

export const square: Rule = (importer, node) => {
  const { form, values } = besideEachOther(importer, [importer.input(node, 0)])
  return { form, value: importer.emit(node.name, 'Mul', [values[0], values[0]]) }
}

export const squaredDifference: Rule = (importer, node) => {
  const { form, values } = besideEachOther(importer, importer.inputsOf(node))
  const difference = importer.emit(`${node.name}/difference`, 'Sub', values)
  return { form, value: importer.emit(node.name, 'Mul', [difference, difference]) }
}

/**
 * x, scale, shift, mean, variance, with one number for each channel. Only its first output, the normalised picture, is
 * read.
 */
export const batchNormalization: Rule = (importer, node) => {
  if (node.flag('is_training')) throw new Error('a batch normalisation in training mode is not supported')
  const [x, ...parameters] = importer.inputsOf(node)
  const inputs = [importer.picture(x!), ...parameters.map((parameter) => importer.written(parameter))]
  const epsilon = node.float('epsilon', 1e-4)
  return { form: 'picture', value: importer.emit(node.name, 'BatchNormalization', inputs, { epsilon }) }
}

/** The same elements as another type. */
export const cast: Rule = (importer, node) => {
  const x = importer.input(node, 0)
  const to = node.type('DstT')
  if (knownSizes(x) && to === 'int32') return x
  const { form, values } = besideEachOther(importer, [x])
  return values[0]!.type === to ? x : { form, value: importer.emit(node.name, 'Cast', values, { to }) }
}

export const identity: Rule = (importer, node) => importer.input(node, 0)
