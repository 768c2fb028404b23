/** How exactly single precision can compute a map at all: the tolerance for its tests. */

import { Random } from '../../src/base/random.ts'
import type { Graph } from '../../src/graph/types.ts'
import { type Plain, plain } from './plainGraph.ts'

/**
 * How far a map moves, relative to its largest number, when the picture and every constant of a network change by as
 * much as rounding to single precision may: the maximum of a few draws. Where a quotient's sum almost cancels, the map
 * moves far, and no program in single precision can tell it from its neighbours. Of 1616 maps of `patterns`, twelve
 * seeds and ten composites each, ONNX Runtime's lay 1.4 times as far from the judge's in the median, 8.4 times at most.
 *
 * @param judge the map in double precision; some constants may replace the network's own
 * @param draws how many; two tell the scale, and dozens come close to the most that it may be
 */
export function condition(
  graph: Graph,
  picture: Plain,
  judge: (fed: Record<string, Plain>) => Plain,
  draws = 2,
): number {
  const map = judge({ images: picture }).data
  const largest = map.reduce((most, v) => Math.max(most, Math.abs(v)), 0)
  if (largest === 0) return 0
  const random = new Random('condition')
  const moved = ({ shape, data }: Plain) =>
    plain(
      shape,
      data.map((v) => v * (1 + random.uniform(-1, 1) * 2 ** -24)),
    )
  const distances = Array.from({ length: draws }, () => {
    const constants = [...graph.initializers]
      .filter(([, { type }]) => type === 'float32')
      .map(([name, { shape, data }]) => [name, moved(plain(shape, data))])
    const other = judge({ images: moved(picture), ...Object.fromEntries(constants) }).data
    return map.reduce((most, v, k) => Math.max(most, Math.abs(v - other[k]!)), 0)
  })
  return Math.max(...distances) / largest
}

/** The tolerance for a map in single precision: the condition with some margin, plus the usual cost of summation. */
export function allowance(condition: number): number {
  return 16 * condition + 1e-6
}
