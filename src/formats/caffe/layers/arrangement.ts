/** Layers that only move numbers: Concat, Slice, Split, Flatten, Reshape, Permute. */

import { sizeOf } from '../../../graph/types.ts'
import { axisAfterBatch, only, refuse, sizeAt, type Translation } from './translation.ts'

export const concat: Translation = (visit) => {
  const { g, layer, bottoms } = visit
  const p = layer.parameters.message('concat_param')
  const given = p.integer('axis', Number.NEGATIVE_INFINITY, p.integer('concat_dim', 0, 1))
  if (bottoms.length === 0) throw refuse(layer, 'it reads no blob')
  return [g.op('Concat', bottoms, { axis: axisAfterBatch(visit, given, bottoms[0]!) }, layer.name)]
}

/** The parts end at each `slice_point`; without any, they are equal. */
export const slice: Translation = (visit) => {
  const { g, layer } = visit
  const x = only(visit)
  const p = layer.parameters.message('slice_param')
  const given = p.integer('axis', Number.NEGATIVE_INFINITY, p.integer('slice_dim', 0, 1))
  const axis = axisAfterBatch(visit, given, x)
  const [size, parts] = [sizeAt(x, axis), layer.tops.length]
  const points = p.integers('slice_point', 1)
  if (points.length === 0)
    points.push(...Array.from({ length: parts - 1 }, (_, k) => ((k + 1) * size) / parts))
  const ends = [...points, size]
  const sizes = ends.map((end, k) => end - (ends[k - 1] ?? 0))
  if (sizes.length !== parts || sizes.some((part) => part <= 0 || !Number.isInteger(part))) {
    throw refuse(
      layer,
      `${size} along axis ${axis} cannot be cut at [${points.join(', ')}] into ${parts} parts`,
    )
  }
  return g.ops('Split', parts, [x, g.integers(sizes, `${layer.name}.sizes`)], { axis }, layer.name)
}

/** The same value for every reader: a graph does not need copies. */
export const split: Translation = (visit) => visit.layer.tops.map(() => only(visit))

export const flatten: Translation = (visit) => {
  const { g, layer } = visit
  const x = only(visit)
  const p = layer.parameters.message('flatten_param')
  const axis = axisAfterBatch(visit, p.integer('axis', Number.NEGATIVE_INFINITY, 1), x)
  const last = axisAfterBatch(visit, p.integer('end_axis', Number.NEGATIVE_INFINITY, -1), x)
  if (axis === 1 && last === x.shape.length - 1) return [g.op('Flatten', [x], {}, layer.name)]
  if (last < axis) throw refuse(layer, `end_axis ${last} lies before axis ${axis}`)
  const sizes = x.shape.slice(1).map(Number)
  const flat = sizeOf(sizes.slice(axis - 1, last))
  const shape = [0, ...sizes.slice(0, axis - 1), flat, ...sizes.slice(last)]
  return [g.op('Reshape', [x, g.integers(shape, `${layer.name}.shape`)], {}, layer.name)]
}

/** In `shape`, 0 keeps a dimension and −1 is inferred. Read only where it keeps the pictures of a batch apart. */
export const reshape: Translation = (visit) => {
  const { g, layer, batch } = visit
  const x = only(visit)
  const p = layer.parameters.message('reshape_param')
  const rank = x.shape.length
  const given = p.integer('axis', -rank - 1, 0)
  const from = given < 0 ? given + rank + 1 : given
  const count = p.integer('num_axes', -1, -1)
  const to = count < 0 ? rank : from + count
  const before: (number | string)[] = [...x.shape.slice(0, from)]
  const middle = p.message('shape').integers('dim', -1)
  const shape = [...before, ...middle.map((d, k) => (d === 0 ? x.shape[from + k]! : d)), ...x.shape.slice(to)]
  const [first, ...rest] = shape
  const size = sizeOf(x.shape.slice(1).map(Number))
  const hole = rest.indexOf(-1)
  const others = sizeOf(rest.filter((_, k) => k !== hole).map(Number))
  if (hole >= 0) rest[hole] = size / others
  const keepsBatch = first === x.shape[0] || first === batch || (first === -1 && hole < 0)
  if (!keepsBatch || sizeOf(rest.map(Number)) !== size || (hole >= 0 && size % others !== 0)) {
    throw refuse(
      layer,
      `[${x.shape.join(', ')}] cannot become [${shape.join(', ')}] with the pictures of a batch kept apart`,
      'Write 0 for the first dimension',
    )
  }
  const target = g.integers([0, ...rest.map(Number)], `${layer.name}.shape`)
  return [g.op('Reshape', [x, target], {}, layer.name)]
}

/** Axes in a new order; the others follow in their old order. */
export const permute: Translation = (visit) => {
  const { g, layer } = visit
  const x = only(visit)
  const order = layer.parameters.message('permute_param').integers('order', 0)
  const perm = [...order, ...x.shape.map((_, k) => k).filter((k) => !order.includes(k))]
  if (perm.length !== x.shape.length || perm[0] !== 0) {
    throw refuse(
      layer,
      `the order [${order.join(', ')}] does not fit [${x.shape.join(', ')}] with the batch first`,
    )
  }
  return [g.op('Transpose', [x], { perm }, layer.name)]
}
