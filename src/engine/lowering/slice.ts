import { compute } from '../../graph/compute.ts'
import { axisOf } from '../../graph/dimensions.ts'
import { type Graph, int64 } from '../../graph/types.ts'
import { rewrite } from './rewrite.ts'

/** Replace backward slices by Gathers; those along an axis of open size stay. */
export function lowerSlice(graph: Graph): Graph {
  return rewrite(graph, 'Slice', (g, { inputs }) => {
    const [x, ...given] = inputs.map((name) => (name === '' ? undefined : g.value(name)))
    const numbers = given
      .map((value) => value && g.constantOf(value))
      .map((tensor) => tensor && [...tensor.data].map(Number))
    const [starts, ends, axes = starts?.map((_, k) => k), steps] = numbers
    if (!starts || !ends || !axes || !steps?.some((step) => step < 0)) return undefined
    let value = x!
    for (const [k, axis] of axes.entries()) {
      const at = axisOf(axis, value.shape.length)
      const [size, range] = [value.shape[at]!, [starts[k]!, ends[k]!, steps[k]!] as const]
      if (steps[k]! > 0) value = g.slice(value, { [at]: range })
      else if (typeof size === 'number')
        value = g.op('Gather', [value, g.constant(placesOf(size, range))], { axis: at })
      else return undefined
    }
    return value
  })
}

/** The indices that a slice takes from an axis. */
function placesOf(size: number, [start, end, step]: readonly [start: number, end: number, step: number]) {
  const all = int64(
    [size],
    Array.from({ length: size }, (_, k) => k),
  )
  return compute('Slice', [all, ...[start, end, 0, step].map((number) => int64([1], [number]))], {})
}
