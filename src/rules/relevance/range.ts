import type { Graph } from '../../graph/types.ts'
import { wiringOf } from '../../graph/wiring.ts'
import { affineOf } from '../canonise/channelwise.ts'
import type { InputRange } from './rules.ts'

/**
 * The range of a value that is the network's input, or is made of it by scales and shifts of its channels (how many
 * networks begin: divided by 255, less a mean); undefined for what is made of it in any other way.
 *
 * @param range that of the input, with one number a channel or one for all
 */
export function rangeAt(
  graph: Graph,
  name: string,
  input: string,
  range: InputRange,
): InputRange | undefined {
  if (name === input) return range
  const maker = wiringOf(graph).makerOf(name)
  if (maker?.outputs[0] !== name) return undefined
  if (['Identity', 'Dropout', 'Cast', 'Transpose'].includes(maker.op)) {
    return rangeAt(graph, maker.inputs[0]!, input, range)
  }
  const found = affineOf(maker, graph)
  const before = found && rangeAt(graph, found.x, input, range)
  if (!before) return undefined
  const { scale, shift } = found.affine
  const channels = Math.max(scale.length, before.low.length, before.high.length)
  const at = (list: ArrayLike<number>, k: number) => list[list.length === 1 ? 0 : k]!
  const ends = Array.from({ length: channels }, (_, k) =>
    [before.low, before.high].map((bounds) => at(bounds, k) * at(scale, k) + at(shift, k)),
  )
  return { low: ends.map((pair) => Math.min(...pair)), high: ends.map((pair) => Math.max(...pair)) }
}
