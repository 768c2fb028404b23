/**
 * Windows that slide over a picture (Conv, ConvTranspose, MaxPool, AveragePool), with their padding written out:
 * older exporters, and those of TensorFlow, leave it to be computed from the picture's size (`auto_pad`). Windows over
 * a line become windows over a picture of one row.
 */

import { UserError } from '../../base/errors.ts'
import type { GraphBuilder, Value } from '../builder.ts'
import { fixed, span } from '../dimensions.ts'
import type { Operator } from '../operators.ts'
import { type Conversion, type FileNode, type Form, form, numbersIn, textIn } from './form.ts'

/** Conv, MaxPool and AveragePool. */
export function windowed(op: Operator & ('Conv' | 'MaxPool' | 'AveragePool')): Conversion {
  return onPictures((node) => {
    const { auto_pad, kernel_shape, dilations = [1, 1], ...rest } = node.attributes
    const pads = slidingPads(node, kernelOf(node), dilations as readonly number[])
    const attributes: Record<string, unknown> = pads ? { ...rest, pads } : rest
    if (op === 'AveragePool') {
      if ((dilations as readonly number[]).some((d) => d !== 1))
        throw new UserError(
          'an average over a dilated window is not supported',
          undefined,
          'Export it without dilations',
        )
    } else {
      attributes.dilations = dilations
    }
    // A Conv's weights give the shape of its kernel.
    if (op !== 'Conv') attributes.kernel_shape = kernel_shape
    return { op, inputs: node.inputs, attributes }
  })
}

/** ConvTranspose, which may give the shape of its output instead of its padding. */
export const convTranspose: Conversion = onPictures((node) => {
  const { auto_pad, output_shape, kernel_shape, ...rest } = node.attributes
  const kernel = kernelOf(node)
  const mode = textIn(node, 'auto_pad', 'NOTSET')
  const wanted = numbersIn(node, 'output_shape')?.slice(-2)
  if (!wanted && mode !== 'SAME_UPPER' && mode !== 'SAME_LOWER')
    return { op: 'ConvTranspose', inputs: node.inputs, attributes: rest }
  const strides = numbersIn(node, 'strides') ?? [1, 1]
  const dilations = numbersIn(node, 'dilations') ?? [1, 1]
  const extra = numbersIn(node, 'output_padding') ?? [0, 0]
  const totals = pictureOf(node).map((size, k) => {
    const whole = strides[k]! * (size - 1) + extra[k]! + span(kernel[k]!, dilations[k]!)
    return whole - (wanted?.[k] ?? size * strides[k]!)
  })
  const pads = divided(
    totals.map((total) => Math.max(total, 0)),
    mode === 'SAME_UPPER',
  )
  // Where the output is to be larger, rows and columns are added at the end.
  const output_padding = totals.map((total, k) => extra[k]! - Math.min(total, 0))
  return { op: 'ConvTranspose', inputs: node.inputs, attributes: { ...rest, pads, output_padding } }
})

/** Attributes with a number for each dimension of the picture, and the number for a dimension of size 1. */
const PER_DIMENSION = { kernel_shape: 1, strides: 1, dilations: 1, output_padding: 0, output_shape: 1 }

/** Make a conversion for windows over pictures handle windows over lines too. */
function onPictures(convert: (node: FileNode, g: GraphBuilder) => Form): Conversion {
  return (node, g) => {
    const [x, ...weights] = node.inputs
    const rank = x!.shape.length
    if (rank === 4) return convert(node, g)
    if (rank !== 3) {
      throw new UserError(
        `it slides over [${x!.shape.join(', ')}]; regard reads windows over lines and pictures`,
        undefined,
        'regard does not explain networks for video, volumes or point clouds',
      )
    }
    const attributes = { ...node.attributes }
    for (const [name, one] of Object.entries(PER_DIMENSION)) {
      const given = numbersIn(node, name)
      if (given) attributes[name] = [...given.slice(0, -1), one, given.at(-1)!]
    }
    const pads = numbersIn(node, 'pads')
    if (pads) attributes.pads = [0, pads[0]!, 0, pads[1]!]
    const inputs = [asRow(g, x!), ...weights.map((own, k) => (own && k === 0 ? asRow(g, own) : own))]
    const { op, inputs: read, attributes: written } = convert({ ...node, inputs, attributes }, g)
    const row = g.ops(op, node.outputs, read, written as never)
    return row.map((output) => form('Squeeze', [output, g.integers([2])]))
  }
}

/** A line for each channel as a picture of one row. */
function asRow(g: GraphBuilder, x: Value): Value {
  return g.op('Unsqueeze', [x, g.integers([2])])
}

function slidingPads(
  node: FileNode,
  kernel: readonly number[],
  dilations: readonly number[],
): readonly number[] | undefined {
  const mode = textIn(node, 'auto_pad', 'NOTSET')
  if (mode === 'NOTSET' || mode === '') return numbersIn(node, 'pads')
  if (mode === 'VALID') return [0, 0, 0, 0]
  const strides = numbersIn(node, 'strides') ?? [1, 1]
  const totals = pictureOf(node).map((size, k) => {
    const outputs = Math.ceil(size / strides[k]!)
    return Math.max(0, (outputs - 1) * strides[k]! + span(kernel[k]!, dilations[k]!) - size)
  })
  return divided(totals, mode === 'SAME_UPPER')
}

/** Padding shared between the two ends; an odd one out goes to the upper end or the lower. */
function divided(totals: readonly number[], upper: boolean): number[] {
  const less = totals.map((total) => Math.floor(total / 2))
  const more = totals.map((total) => Math.ceil(total / 2))
  return upper ? [...less, ...more] : [...more, ...less]
}

function pictureOf({ inputs }: FileNode): number[] {
  return inputs[0]!.shape.slice(2).map(fixed)
}

function kernelOf(node: FileNode): readonly number[] {
  const kernel = numbersIn(node, 'kernel_shape') ?? node.inputs[1]?.shape.slice(2).map(fixed)
  if (!kernel) throw new Error('it has no kernel_shape')
  return kernel
}
