/**
 * Enlarging and shrinking pictures: Upsample of opsets 7 and 9, and Resize as opsets 10, 11, 13, 18 and 19 have
 * it. All become a Resize by constant scales, which leaves the batch open.
 */

import { UserError } from '../../base/errors.ts'
import type { GraphBuilder } from '../builder.ts'
import { axisOf, fixed } from '../dimensions.ts'
import type { AttributesOf } from '../operators.ts'
import { float32, type Shape } from '../types.ts'
import { type Conversion, dimensionsIn, type FileNode, floatsIn, form, numbersIn, textIn } from './form.ts'

type Sampling = Partial<AttributesOf<'Resize'>>

/** Upsample: scales as an attribute (opset 7) or an input (9); positions counted from the corner. */
export const upsample: Conversion = (node, builder) => {
  const scales = numbersIn(node, 'scales') ?? floatsIn(node.inputs[1], builder, 'the scales')
  if (!scales) throw new Error('it has no scales')
  const mode = textIn(node, 'mode', 'nearest')
  return resized(node, builder, scales, {
    mode: mode === 'bilinear' ? 'linear' : mode,
    coordinate_transformation_mode: 'asymmetric',
    nearest_mode: 'floor',
  })
}

/** Resize of every opset since it came, 10. */
export const resize: Conversion = (node, builder) => {
  if (node.opset >= 11) return resize11(node, builder)
  const scales = floatsIn(node.inputs[1], builder, 'the scales')
  if (!scales) throw new Error('it has no scales')
  const shrinks = scales.some((scale) => scale < 1)
  const mode = textIn(node, 'mode', 'nearest')
  if (mode === 'nearest' && shrinks && scales.some((scale) => scale > 1))
    throw new UserError('it enlarges one side and shrinks the other, which opset 10 leaves unclear')
  return resized(node, builder, scales, {
    mode,
    coordinate_transformation_mode: 'asymmetric',
    // What ONNX Runtime does; opset 10 itself does not say.
    nearest_mode: shrinks ? 'ceil' : 'floor',
  })
}

const resize11: Conversion = (node, builder) => {
  const { axes, ...attributes } = node.attributes
  const shape = node.inputs[0]!.shape
  const along = numbersIn(node, 'axes')?.map((axis) => axisOf(axis, shape.length)) ?? shape.map((_, k) => k)
  const scales =
    floatsIn(node.inputs[2], builder, 'the scales') ??
    scalesFor(
      along.map((axis) => shape[axis]!),
      dimensionsIn(node.inputs[3], builder, 'the sizes'),
    )
  if (numbersAreMissing(scales, along)) throw new Error('it has neither scales nor sizes for its axes')
  const policy = textIn(node, 'keep_aspect_ratio_policy', 'stretch')
  if (policy !== 'stretch')
    throw new UserError(`its policy on the aspect ratio is ${policy}, and only stretch is read`)
  const whole = shape.map((_, k) => (along.includes(k) ? scales![along.indexOf(k)]! : 1))
  return resized(node, builder, whole, { ...attributes, ...positions(node, whole) })
}

function numbersAreMissing(scales: readonly number[] | undefined, along: readonly number[]): boolean {
  return scales?.length !== along.length
}

/** How positions of the output become positions of the input, in the words of opset 18. */
function positions(node: FileNode, scales: readonly number[]): Sampling {
  const transformation = textIn(node, 'coordinate_transformation_mode', 'half_pixel')
  const nearest = textIn(node, 'nearest_mode', 'round_prefer_floor')
  const exact = scales.every(
    (scale, k) => scale === 1 || Number.isInteger(fixed(node.inputs[0]!.shape[k]!) * scale),
  )
  if (transformation === 'tf_crop_and_resize')
    throw new UserError('it crops while it resizes, which regard does not read')
  // (x + ½) / scale rounded down is the same position as (x + ½) / scale − ½ rounded to the nearest, halves up.
  if (transformation === 'tf_half_pixel_for_nn') {
    if (nearest !== 'floor')
      throw new UserError(`it takes ${nearest} with ${transformation}, and only floor is read`)
    return { coordinate_transformation_mode: 'half_pixel', nearest_mode: 'round_prefer_ceil' }
  }
  // The two differ only where the new size had to be rounded.
  if (transformation === 'half_pixel_symmetric') {
    if (!exact)
      throw new UserError('its new size is rounded, which half_pixel_symmetric makes unlike opset 18')
    return { coordinate_transformation_mode: 'half_pixel' }
  }
  return {}
}

function resized(node: FileNode, builder: GraphBuilder, scales: readonly number[], sampling: Sampling) {
  const by = builder.constant(float32([scales.length], scales), 'scales')
  return form('Resize', [node.inputs[0], undefined, by], sampling)
}

/** Scales that lead from one shape to the other; a dimension that stays, named or not, is scaled by 1. */
function scalesFor(from: Shape, to: Shape | undefined): number[] | undefined {
  return to?.map((d, k) => {
    if (d === from[k]) return 1
    const [size, wanted] = [fixed(from[k]!), fixed(d)]
    const scale = Math.fround(wanted / size)
    // The size is multiplied out again and rounded down: a scale that fell short of it would lose a row.
    return Math.floor(Math.fround(size * scale)) === wanted ? scale : Math.fround(scale * (1 + 2 ** -23))
  })
}
