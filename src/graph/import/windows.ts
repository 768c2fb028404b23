/**
 * Windows that slide over a picture (Conv, ConvTranspose, MaxPool, AveragePool), with their padding written out:
 * older exporters, and those of TensorFlow, leave it to be worked out from the picture's size (`auto_pad`).
 */

import { UserError } from '../../base/errors.ts'
import { fixed, span } from '../dimensions.ts'
import type { Operator } from '../operators.ts'
import { type Conversion, type FileNode, numbersIn, textIn } from './form.ts'

const ONE_EACH = [1, 1]

/** Conv, MaxPool and AveragePool. */
export function windowed(op: Operator & ('Conv' | 'MaxPool' | 'AveragePool')): Conversion {
  return (node) => {
    const { auto_pad, kernel_shape, dilations = ONE_EACH, ...rest } = node.attributes
    const pads = slidingPads(node, kernelOf(node), dilations as readonly number[])
    const attributes: Record<string, unknown> = pads ? { ...rest, pads } : rest
    if (op === 'AveragePool') {
      if ((dilations as readonly number[]).some((d) => d !== 1))
        throw new UserError(
          'an average over a window with holes is not read',
          undefined,
          'Export it without dilations',
        )
    } else {
      attributes.dilations = dilations
    }
    // The kernel's shape of a Conv is that of its weights.
    if (op !== 'Conv') attributes.kernel_shape = kernel_shape
    return { op, inputs: node.inputs, attributes }
  }
}

/** ConvTranspose, whose output's shape may be asked for instead of its padding. */
export const convTranspose: Conversion = (node) => {
  const { auto_pad, output_shape, kernel_shape, ...rest } = node.attributes
  const mode = textIn(node, 'auto_pad', 'NOTSET')
  const wanted = numbersIn(node, 'output_shape')?.slice(-2)
  if (!wanted && mode !== 'SAME_UPPER' && mode !== 'SAME_LOWER')
    return { op: 'ConvTranspose', inputs: node.inputs, attributes: rest }
  const kernel = kernelOf(node)
  const strides = numbersIn(node, 'strides') ?? ONE_EACH
  const dilations = numbersIn(node, 'dilations') ?? ONE_EACH
  const extra = numbersIn(node, 'output_padding') ?? [0, 0]
  const totals = pictureOf(node).map((size, k) => {
    const whole = strides[k]! * (size - 1) + extra[k]! + span(kernel[k]!, dilations[k]!)
    return Math.max(0, whole - (wanted?.[k] ?? size * strides[k]!))
  })
  return {
    op: 'ConvTranspose',
    inputs: node.inputs,
    attributes: { ...rest, pads: divided(totals, mode === 'SAME_UPPER') },
  }
}

function slidingPads(
  node: FileNode,
  kernel: readonly number[],
  dilations: readonly number[],
): readonly number[] | undefined {
  const mode = textIn(node, 'auto_pad', 'NOTSET')
  if (mode === 'NOTSET' || mode === '') return numbersIn(node, 'pads')
  if (mode === 'VALID') return [0, 0, 0, 0]
  const strides = numbersIn(node, 'strides') ?? ONE_EACH
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
  if (node.inputs[0]!.shape.length !== 4) {
    throw new UserError(
      `it slides over [${node.inputs[0]!.shape.join(', ')}], and regard reads windows over pictures of two dimensions`,
    )
  }
  const kernel = numbersIn(node, 'kernel_shape') ?? node.inputs[1]?.shape.slice(2).map(fixed)
  if (!kernel) throw new Error('it has no kernel_shape')
  return kernel
}
