import { float32, type Graph } from '../../graph/types.ts'
import { wiringOf } from '../../graph/wiring.ts'
import { firstLargest } from './first.ts'
import { rewrite } from './rewrite.ts'

/**
 * Replace the OneHot of an ArgMax, along the same last axis, by a comparison with the maximum. A OneHot of anything
 * else stays: its indices come from outside and are few.
 */
export function lowerOneHot(graph: Graph): Graph {
  const { makerOf } = wiringOf(graph)
  return rewrite(graph, 'OneHot', (g, { inputs, attributes }) => {
    const [indices, depth, offAndOn] = inputs
    const maker = makerOf(indices!)
    if (
      maker?.op !== 'ArgMax' ||
      maker.attributes.select_last_index !== 0 ||
      maker.attributes.keepdims !== 0
    ) {
      return undefined
    }
    const x = g.value(maker.inputs[0]!)
    const axis = x.shape.length - 1
    const size = x.shape[axis]!
    const [values, count] = [offAndOn, depth].map((name) => g.constantOf(g.value(name!))?.data)
    const along = (given: number) => given === axis || given === -1
    const fits = along(maker.attributes.axis) && along(attributes.axis) && Number(count?.[0]) === size
    if (!fits || x.type !== 'float32' || Number(values?.[0]) !== 0 || Number(values?.[1]) !== 1)
      return undefined
    const ranks = g.constant(
      float32(
        [size],
        Array.from({ length: size }, (_, k) => size - k),
      ),
      'ranks',
    )
    return firstLargest(g, x, g.op('ReduceMax', [x, g.integers([axis])]), ranks, axis)
  })
}
