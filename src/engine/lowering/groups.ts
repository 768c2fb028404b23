import type { GraphBuilder, Value } from '../../graph/builder.ts'
import type { Graph } from '../../graph/types.ts'
import { rewrite } from './rewrite.ts'

/**
 * Widen grouped convolutions, forward and transposed, until their groups give a number of channels that the provider
 * gets right.
 */
export function lowerGroups(graph: Graph): Graph {
  const forward = rewrite(graph, 'Conv', (g, { op, inputs, attributes }) => {
    const groups = attributes.group
    const filters = Number(g.value(inputs[1]!).shape[0])
    const each = filters / groups
    const isWrong = groups > 1 && each > 3 && each % together(filters) !== 0
    if (!isWrong) return undefined
    return widened(g, inputs, { groups, each, to: 4 * Math.ceil(each / 4), axis: 0 }, (values) =>
      g.op(op, values, attributes),
    )
  })
  return rewrite(forward, 'ConvTranspose', (g, { op, inputs, attributes }) => {
    const groups = attributes.group
    const [channels, each] = g.value(inputs[1]!).shape.map(Number) as [number, number]
    const isWrong = groups > 1 && each === 1 && (channels / groups) % 2 === 0
    if (!isWrong) return undefined
    return widened(g, inputs, { groups, each, to: 2, axis: 1 }, (values) => g.op(op, values, attributes))
  })
}

/** How many of `channels` a kernel computes at a time. */
function together(channels: number): number {
  return channels % 4 === 0 ? 4 : channels % 2 === 0 ? 2 : 1
}

/**
 * A convolution whose groups give more channels: the last filter of each is repeated, and the copies' output is
 * dropped.
 *
 * @param size how many groups there are, how many channels each gives and should give, and the axis of the weights
 *   along which filters lie: 0 where it holds those of all groups, 1 where all groups share it
 */
function widened(
  g: GraphBuilder,
  inputs: readonly string[],
  { groups, each, to, axis }: { groups: number; each: number; to: number; axis: 0 | 1 },
  convolve: (values: readonly (Value | undefined)[]) => Value,
): Value {
  const [x, weights, bias] = inputs.map((name) => (name === '' ? undefined : g.value(name)))
  const perGroup = (width: number, from: number, count: number) =>
    Array.from({ length: count }, (_, k) => Math.floor(k / width) * from + Math.min(k % width, each - 1))
  const taken = (value: Value, places: readonly number[], along: number) =>
    g.op('Gather', [value, g.integers(places)], { axis: along })
  const repeated = perGroup(to, each, groups * to)
  const wide = convolve([
    x,
    taken(weights!, axis === 0 ? repeated : perGroup(to, each, to), axis),
    bias && taken(bias, repeated, 0),
  ])
  return taken(wide, perGroup(each, to, groups * each), 1)
}
