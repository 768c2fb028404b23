import { memoised } from '../../base/memoised.ts'
import type { Node } from '../../graph/operators.ts'
import type { Graph, TensorOf } from '../../graph/types.ts'
import { wiringOf } from '../../graph/wiring.ts'
import { affineOf } from '../canonise/channelwise.ts'
import type { InputRange } from './rules.ts'

/**
 * The ranges of the values that are the network's input, or what many networks make of it first: its channels scaled and
 * shifted (divided by 255, minus a mean), minus a mean picture, or with its channels in another order; undefined for
 * any other value.
 *
 * @param range that of the input, with one number a channel or one for all
 */
export function rangesIn(
  graph: Graph,
  input: string,
  range: InputRange,
): (name: string) => InputRange | undefined {
  const { makerOf } = wiringOf(graph)
  const rangeOf: (name: string) => InputRange | undefined = memoised((name) => {
    if (name === input) return range
    const maker = makerOf(name)
    if (maker?.outputs[0] !== name) return undefined
    if (['Identity', 'Dropout', 'Cast', 'Transpose'].includes(maker.op)) return rangeOf(maker.inputs[0]!)
    if (maker.op === 'Gather') return reordered(maker, graph, rangeOf(maker.inputs[0]!))
    const found = affineOf(maker, graph)
    if (!found) return lessPicture(maker, graph, rangeOf)
    const own = rangeOf(found.x)
    if (!own) return undefined
    const { scale, shift } = found.affine
    const channels = Math.max(scale.length, own.low.length, own.high.length)
    return fromEnds(
      Array.from({ length: channels }, (_, k) =>
        [own.low, own.high].map((bounds) => at(bounds, k) * at(scale, k) + at(shift, k)),
      ),
    )
  })
  return rangeOf
}

function at(list: ArrayLike<number>, k: number): number {
  return list[list.length === 1 ? 0 : k]!
}

function fromEnds(ends: readonly (readonly number[])[]): InputRange {
  return { low: ends.map((pair) => Math.min(...pair)), high: ends.map((pair) => Math.max(...pair)) }
}

/** Channels in another order. */
function reordered(
  { inputs, attributes }: Node & { op: 'Gather' },
  graph: Graph,
  range: InputRange | undefined,
): InputRange | undefined {
  const indices = graph.initializers.get(inputs[1]!)
  if (!range || !indices || ![1, 3, -1, -3].includes(attributes.axis)) return undefined
  const channels = Math.max(range.low.length, range.high.length)
  if (channels === 1) return range
  // The axis of the channels is recognised by its length.
  const order = Array.from<number | bigint, number>(indices.data, (k) => (Number(k) + channels) % channels)
  if (order.length !== channels || new Set(order).size !== channels) return undefined
  return { low: order.map((k) => at(range.low, k)), high: order.map((k) => at(range.high, k)) }
}

/** Minus (or plus) a constant picture, [channels, height, width]: the bounds of each channel of the result. */
function lessPicture(
  { op, inputs }: Node,
  graph: Graph,
  rangeOf: (name: string) => InputRange | undefined,
): InputRange | undefined {
  const picture = graph.initializers.get(inputs[1] ?? '')
  if ((op !== 'Sub' && op !== 'Add') || picture?.type !== 'float32') return undefined
  const range = rangeOf(inputs[0]!)
  if (!range || picture.shape.length < 3) return undefined
  const channels = picture.shape.at(-3)!
  return fromEnds(
    Array.from({ length: channels }, (_, k) => {
      const [least, most] = extremesOf(picture, k, channels)
      const shifts = op === 'Add' ? [least, most] : [-most, -least]
      return [at(range.low, k) + shifts[0]!, at(range.high, k) + shifts[1]!]
    }),
  )
}

function extremesOf({ data }: TensorOf<'float32'>, channel: number, channels: number): [number, number] {
  const area = data.length / channels
  const own = data.subarray(channel * area, (channel + 1) * area)
  return own.reduce<[number, number]>(
    ([least, most], value) => [Math.min(least, value), Math.max(most, value)],
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  )
}
