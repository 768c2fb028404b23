/**
 * Enlarging and shrinking pictures: Upsample of opsets 7 and 9, and Resize of opsets 10, 11, 13, 18 and 19. All become
 * a Resize by constant scales, which leaves the batch open, or a Resize to given sizes where no scale leads to these
 * exactly.
 */

import { UserError } from '../../base/errors.ts'
import type { GraphBuilder, Value } from '../builder.ts'
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

/** Resize of every opset, since its first, 10. */
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
    // As ONNX Runtime does; opset 10 itself does not say.
    nearest_mode: shrinks ? 'ceil' : 'floor',
  })
}

const resize11: Conversion = (node, builder) => {
  const { axes, ...attributes } = node.attributes
  const x = node.inputs[0]!
  const along =
    numbersIn(node, 'axes')?.map((axis) => axisOf(axis, x.shape.length)) ?? x.shape.map((_, k) => k)
  const policy = textIn(node, 'keep_aspect_ratio_policy', 'stretch')
  if (policy !== 'stretch')
    throw new UserError(`its policy on the aspect ratio is ${policy}; regard reads only stretch`)
  const all = <T>(given: readonly T[], otherwise: readonly T[]) => {
    if (given.length !== along.length) throw new Error('it lacks a number for each of its axes')
    return otherwise.map((value, k) => (along.includes(k) ? given[along.indexOf(k)]! : value))
  }
  const given = floatsIn(node.inputs[2], builder, 'the scales')
  const sizes = dimensionsIn(node.inputs[3], builder, 'the sizes')
  if (!given && !sizes) throw new Error('it has neither scales nor sizes')
  const wanted = given ? undefined : all(sizes!, x.shape)
  const scales = given
    ? all(
        given,
        x.shape.map(() => 1),
      )
    : scalesBetween(x.shape, wanted!)
  const sampling = { ...attributes, ...positions(node, scales) }
  if (!wanted || leadTo(x.shape, scales, wanted)) return resized(node, builder, scales, sampling)
  return form('Resize', [x, undefined, undefined, sizesOf(x, wanted, builder)], sampling)
}

/** Sizes as a value: constants, and the sizes of x where those are open. */
function sizesOf(x: Value, sizes: Shape, builder: GraphBuilder): Value {
  if (sizes.every((d) => typeof d === 'number')) return builder.integers(sizes, 'sizes')
  const own = (k: number) => builder.slice(builder.op('Shape', [x]), { 0: [k, k + 1] })
  return builder.concat(
    sizes.map((d, k) => (typeof d === 'number' ? builder.integers([d]) : own(k))),
    0,
  )
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
      throw new UserError(`it uses ${nearest} with ${transformation}; regard reads only floor`)
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

/** Scales from one shape to another; an unchanged dimension, named or not, is scaled by 1. */
function scalesBetween(from: Shape, to: Shape): number[] {
  return to.map((d, k) => (d === from[k] ? 1 : Math.fround(fixed(d) / fixed(from[k]!))))
}

/**
 * Whether sizes, multiplied by scales and rounded down in single precision, give the wanted ones. About one pair of
 * sizes in thirty does not, and enlarging the scale for it can change which pixel is the nearest.
 */
function leadTo(from: Shape, scales: readonly number[], to: Shape): boolean {
  return to.every((d, k) => d === from[k] || Math.floor(Math.fround(fixed(from[k]!) * scales[k]!)) === d)
}
