/** The shapes of operators that move elements: reshaping, slicing, concatenating, repeating, looking up. */

import { axisOf, broadcast, fixed, kept, product, reshaped, same, sliced } from '../dimensions.ts'
import type { Shape } from '../types.ts'
import { dimensionsOf, integers, type Known, type ShapeRules, unchanged } from './rule.ts'

export const moveShapes = {
  Identity: ([x]) => [{ type: x!.type, shape: x!.shape, dimensions: x!.dimensions }],
  Flatten: ([x], { axis }) => {
    const { length } = x!.shape
    // Behind the last axis, too.
    const at = axis === length ? axis : axisOf(axis, length)
    return [{ type: x!.type, shape: [product(x!.shape.slice(0, at)), product(x!.shape.slice(at))] }]
  },
  Reshape: ([x, target]) => {
    const shape = reshaped(x!.shape, dimensionsOf(target!, 'the new shape'))
    return [{ type: x!.type, shape, dimensions: shape.length <= 1 ? x!.dimensions : undefined }]
  },
  Transpose: ([x], { perm }) => {
    if (perm.length !== x!.shape.length)
      throw new Error(`perm has ${perm.length} axes, the input ${x!.shape.length}`)
    if (!x!.shape.every((_, k) => perm.includes(k)))
      throw new Error(`perm [${perm.join(', ')}] does not name each axis once`)
    return [{ type: x!.type, shape: perm.map((k) => x!.shape[k]!) }]
  },
  Squeeze: ([x, axes]) => {
    const rank = x!.shape.length
    const gone = axes
      ? integers(axes, 'axes').map((axis) => axisOf(axis, rank))
      : x!.shape.flatMap((d, k) => (d === 1 ? [k] : []))
    for (const axis of gone) same(x!.shape[axis]!, 1, `dimension ${axis} and 1`)
    return [{ type: x!.type, shape: x!.shape.filter((_, k) => !gone.includes(k)), dimensions: x!.dimensions }]
  },
  Unsqueeze: ([x, axes]) => {
    const along = integers(axes!, 'axes')
    const rank = x!.shape.length + along.length
    const added = along.map((axis) => axisOf(axis, rank))
    const rest = [...x!.shape]
    const shape = Array.from({ length: rank }, (_, k) => (added.includes(k) ? 1 : rest.shift()!))
    return [{ type: x!.type, shape, dimensions: rank <= 1 ? x!.dimensions : undefined }]
  },
  Slice: ([x, starts, ends, axes, steps]) => {
    const shape = [...x!.shape]
    const count = integers(starts!, 'starts').length
    const along = axes ? integers(axes, 'axes') : Array.from({ length: count }, (_, k) => k)
    along.forEach((axis, k) => {
      const at = axisOf(axis, shape.length)
      const step = steps ? integers(steps, 'steps')[k]! : 1
      const [start, end] = [integers(starts!, 'starts')[k]!, integers(ends!, 'ends')[k]!]
      const whole = start === 0 && end >= 2 ** 31 - 1 && step === 1
      if (!whole) shape[at] = sliced(fixed(shape[at]!), start, end, step)
    })
    return [{ type: x!.type, shape, dimensions: slicedDimensions(x!, starts!, ends!, steps) }]
  },
  Split: ([x, sizes], { axis }, node) => {
    const at = axisOf(axis, x!.shape.length)
    const parts = integers(sizes!, 'sizes')
    same(parts.length, node.outputs.length, 'numbers of parts and of outputs')
    same(
      x!.shape[at]!,
      parts.reduce((sum, size) => sum + size, 0),
      'the dimension and the sum of the parts',
    )
    return parts.map((size) => ({ type: x!.type, shape: x!.shape.map((d, k) => (k === at ? size : d)) }))
  },
  Pad: ([x, pads]) => {
    const by = integers(pads!, 'pads')
    const shape = x!.shape.map((d, k) => {
      const added = by[k]! + by[k + x!.shape.length]!
      return added === 0 ? d : fixed(d) + added
    })
    return [{ type: x!.type, shape }]
  },
  Concat: (inputs, { axis }) => {
    const at = axisOf(axis, inputs[0]!.shape.length)
    const shape = inputs[0]!.shape.map((d, k) => {
      if (k === at)
        return inputs.length === 1 ? d : inputs.reduce((sum, input) => sum + fixed(input.shape[k]!), 0)
      for (const input of inputs) same(d, input.shape[k]!, `dimension ${k}`)
      return d
    })
    const known = inputs.every((input) => input.dimensions)
    return [
      {
        type: inputs[0]!.type,
        shape,
        dimensions: known ? inputs.flatMap((input) => [...input.dimensions!]) : undefined,
      },
    ]
  },
  Expand: ([x, target]) => [
    { type: x!.type, shape: broadcast(x!.shape, dimensionsOf(target!, 'the new shape')) },
  ],
  Shape: ([x], { start }) => {
    const dimensions = x!.shape.slice(start)
    return [{ type: 'int64', shape: [dimensions.length], dimensions }]
  },
  ConstantOfShape: ([target], { value }) => [{ type: value.type, shape: dimensionsOf(target!, 'the shape') }],
  OneHot: ([indices, depth, values], { axis }) => {
    const at = axisOf(axis, indices!.shape.length + 1)
    const shape = [...indices!.shape]
    shape.splice(at, 0, integers(depth!, 'depth')[0]!)
    return [{ type: values!.type, shape }]
  },
  Gather: ([x, indices], { axis }) => {
    const at = axisOf(axis, x!.shape.length)
    const shape = [...x!.shape.slice(0, at), ...indices!.shape, ...x!.shape.slice(at + 1)]
    const known = x!.dimensions && indices!.constant && shape.length <= 1
    const dimensions = known ? integers(indices!, 'indices').map((k) => x!.dimensions!.at(k)!) : undefined
    return [{ type: x!.type, shape, dimensions }]
  },
  Resize: ([x, , scales, sizes]) => {
    if (sizes)
      return [{ type: x!.type, shape: dimensionsOf(sizes, 'sizes').map((d, k) => kept(d, x!.shape[k]!)) }]
    if (!scales?.constant) throw new Error('scales must be constant')
    const by = Array.from(scales.constant.data as ArrayLike<number>, Number)
    same(by.length, x!.shape.length, 'numbers of scales and of dimensions')
    return [
      {
        type: x!.type,
        shape: x!.shape.map((d, k) => (by[k] === 1 ? d : Math.floor(Math.fround(fixed(d) * by[k]!)))),
      },
    ]
  },
  ScatterElements: ([x], { axis }) => {
    axisOf(axis, x!.shape.length)
    return unchanged([x!])
  },
} satisfies Partial<ShapeRules>

/** A part of a shape that a graph reads off: the only slice of known integers that graphs make. */
function slicedDimensions(x: Known, starts: Known, ends: Known, steps?: Known): Shape | undefined {
  if (!x.dimensions || x.shape.length !== 1) return undefined
  if (steps && integers(steps, 'steps')[0] !== 1) return undefined
  return x.dimensions.slice(integers(starts, 'starts')[0]!, integers(ends, 'ends')[0]!)
}
