/**
 * Operators that occur in files but not in graphs, computed where everything they read is constant: masks, indices and
 * tables that exporters leave in a graph, and weights of few bits.
 */

import { axisOf } from './dimensions.ts'
import { type Computation, each, numbersIn, numbersOf, reduced, stored, stridesOf } from './elements.ts'
import { type DataType, int64, sizeOf, type Tensor } from './types.ts'

/** By the operator's name. */
export const ON_CONSTANTS: Readonly<Record<string, Computation>> = {
  Floor: each(Math.floor),
  Ceil: each(Math.ceil),
  // Halves are rounded to even.
  Round: each((a) => (Math.abs(a % 1) === 0.5 ? 2 * Math.round(a / 2) : Math.round(a))),
  Sign: each(Math.sign),
  Sin: each(Math.sin),
  Cos: each(Math.cos),
  Not: each((a) => (a ? 0 : 1)),
  // The remainder has the divisor's sign, or with fmod the dividend's.
  Mod: (inputs, attributes) =>
    each(attributes.fmod ? (a, b) => a % b : (a, b) => a - b * Math.floor(a / b))(inputs, attributes),
  And: each((a, b) => (a && b ? 1 : 0)),
  Or: each((a, b) => (a || b ? 1 : 0)),
  Xor: each((a, b) => (!a !== !b ? 1 : 0)),
  Less: each((a, b) => (a < b ? 1 : 0), 'bool'),
  LessOrEqual: each((a, b) => (a <= b ? 1 : 0), 'bool'),
  ReduceMin: reduced((values) => values.reduce((a, b) => Math.min(a, b))),
  ReduceProd: reduced((values) => values.reduce((product, value) => product * value, 1)),

  Range: ([start, limit, delta]) => {
    const [from, to, by] = [start, limit, delta].map((x) => numbersOf(x!)[0]!) as [number, number, number]
    const length = Math.max(0, Math.ceil((to - from) / by))
    return stored(start!.type, [length], (k) => from + k * by)
  },
  Size: ([x]) => int64([], [sizeOf(x!.shape)]),
  EyeLike: ([x], { k: offset = 0, dtype = x!.type }) => {
    const columns = x!.shape[1]!
    const isOn = (at: number) => (at % columns) - Math.floor(at / columns) === offset
    return stored(dtype as DataType, x!.shape, (at) => (isOn(at) ? 1 : 0))
  },
  // The indices of all non-zero elements: one row for each dimension.
  NonZero: ([x]) => {
    const strides = stridesOf(x!.shape)
    const places = numbersOf(x!).flatMap((value, at) => (value === 0 ? [] : [at]))
    const rows = x!.shape.flatMap((size, k) => places.map((at) => Math.floor(at / strides[k]!) % size))
    return int64([x!.shape.length, places.length], rows)
  },
  // The elements on and above a diagonal, or on and below it; zeros elsewhere.
  Trilu: ([x, diagonal], { upper = 1 }) => {
    const [rows, columns] = x!.shape.slice(-2) as [number, number]
    const offset = diagonal ? numbersOf(diagonal)[0]! : 0
    const values = numbersIn(x!)
    return stored(x!.type, x!.shape, (at) => {
      const beyond = (at % columns) - (Math.floor(at / columns) % rows) - offset
      return (upper ? beyond >= 0 : beyond <= 0) ? values[at]! : 0
    })
  },
  Tile: ([x, repeats]) => {
    const shape = numbersOf(repeats!).map((times, k) => times * x!.shape[k]!)
    const [strides, own, values] = [stridesOf(shape), stridesOf(x!.shape), numbersIn(x!)]
    return stored(
      x!.type,
      shape,
      (at) => values[own.reduce((sum, stride, k) => sum + placeIn(at, k, strides, x!.shape) * stride, 0)]!,
    )
  },

  // Along one axis the index gives the place; along the others it stays.
  GatherElements: ([x, indices], { axis = 0 }) => {
    const at = axisOf(axis as number, x!.shape.length)
    const values = numbersIn(x!)
    const places = placesAlong(x!, indices!, at)
    return stored(x!.type, indices!.shape, (k) => values[places[k]!]!)
  },
  // Each row of indices leads to an element, or to a slice.
  GatherND: ([x, indices], { batch_dims = 0 }) => {
    const batch = batch_dims as number
    const length = indices!.shape.at(-1)!
    const { starts, size } = placesOf(x!, indices!, batch)
    const values = numbersIn(x!)
    const shape = [...indices!.shape.slice(0, -1), ...x!.shape.slice(batch + length)]
    return stored(x!.type, shape, (k) => values[starts[Math.floor(k / size)]! + (k % size)]!)
  },
  ScatterND: ([x, indices, updates], { reduction = 'none' }) => {
    const { starts, size } = placesOf(x!, indices!, 0)
    const places = numbersOf(updates!).map((_, k) => starts[Math.floor(k / size)]! + (k % size))
    return scattered(x!, places, updates!, reduction as string)
  },

  // (x − zero) · scale: one scale and zero for all, for each place along an axis, or for each block of that axis.
  DequantizeLinear: ([x, scale, zero], { axis = 1, block_size = 0 }) => {
    const { shape } = x!
    const [values, scales, zeros] = [numbersIn(x!), numbersIn(scale!), zero && numbersIn(zero)]
    const at = scale!.data.length === 1 ? 0 : axisOf(axis as number, shape.length)
    const strides = stridesOf(shape)
    const own = stridesOf(scale!.shape)
    const blocked = (block_size as number) > 0
    const groupOf = (k: number) => {
      if (scale!.data.length === 1) return 0
      if (!blocked) return Math.floor(k / strides[at]!) % shape[at]!
      return own.reduce((sum, stride, d) => {
        const place = Math.floor(k / strides[d]!) % shape[d]!
        return sum + stride * (d === at ? Math.floor(place / (block_size as number)) : place)
      }, 0)
    }
    return stored('float32', shape, (k) => {
      const group = groupOf(k)
      return (values[k]! - (zeros?.[group] ?? 0)) * scales[group]!
    })
  },
}

/** ScatterElements: write updates at the places that indices give along one axis. */
export const scatterElements: Computation = ([x, indices, updates], { axis = 0, reduction = 'none' }) =>
  scattered(
    x!,
    placesAlong(x!, indices!, axisOf(axis as number, x!.shape.length)),
    updates!,
    reduction as string,
  )

/** Along dimension k, where element `at` of a tiled tensor comes from. */
function placeIn(at: number, k: number, strides: readonly number[], shape: readonly number[]): number {
  return Math.floor(at / strides[k]!) % shape[k]!
}

/** For each index, the place in x that it stands for. */
function placesAlong(x: Tensor, indices: Tensor, axis: number): number[] {
  const [own, strides] = [stridesOf(x.shape), stridesOf(indices.shape)]
  const size = x.shape[axis]!
  return numbersOf(indices).map((index, k) => {
    const along = within(index, size)
    return own.reduce((sum, stride, d) => {
      const place = d === axis ? along : Math.floor(k / strides[d]!) % indices.shape[d]!
      return sum + place * stride
    }, 0)
  })
}

/** For each row of indices, where in x it leads, and how many elements lie there. */
function placesOf(x: Tensor, indices: Tensor, batch: number): { starts: number[]; size: number } {
  const length = indices.shape.at(-1)!
  const strides = stridesOf(x.shape)
  const size = sizeOf(x.shape.slice(batch + length))
  const numbers = numbersOf(indices)
  const rows = sizeOf(indices.shape.slice(0, -1))
  const perBatch = rows / sizeOf(x.shape.slice(0, batch))
  const starts = Array.from({ length: rows }, (_, row) => {
    const first = batch === 0 ? 0 : Math.floor(row / perBatch) * strides[batch - 1]!
    return numbers
      .slice(row * length, (row + 1) * length)
      .reduce((sum, index, k) => sum + within(index, x.shape[batch + k]!) * strides[batch + k]!, first)
  })
  return { starts, size }
}

function within(index: number, size: number): number {
  if (index < -size || index >= size) throw new Error(`index ${index} is outside an axis of ${size}`)
  return index < 0 ? index + size : index
}

/** The elements of x, with some of them replaced, or combined with others. */
function scattered(x: Tensor, places: readonly number[], updates: Tensor, reduction: string): Tensor {
  const combine = REDUCTIONS[reduction]
  if (!combine) throw new Error(`the reduction ${reduction} is unknown`)
  const values = numbersOf(x)
  const given = numbersIn(updates)
  places.forEach((place, k) => {
    values[place] = combine(values[place]!, given[k]!)
  })
  return stored(x.type, x.shape, (k) => values[k]!)
}

const REDUCTIONS: Readonly<Record<string, (old: number, given: number) => number>> = {
  none: (_, given) => given,
  add: (old, given) => old + given,
  mul: (old, given) => old * given,
  max: Math.max,
  min: Math.min,
}
