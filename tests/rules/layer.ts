/** A graph of one layer, for the tests of single rules. */

import { expect } from 'vitest'
import type { Random } from '../../src/base/random.ts'
import { nodeEngine } from '../../src/engine/node.ts'
import { GraphBuilder, type Value } from '../../src/graph/builder.ts'
import { float32, type Graph, sizeOf } from '../../src/graph/types.ts'
import { verify } from '../../src/graph/verify.ts'
import type { Composite } from '../../src/rules/composites/composite.ts'
import { CONSERVATION_COLUMNS, type ConservationRow } from '../../src/rules/relevance/conservation.ts'
import { relevance } from '../../src/rules/relevance/relevance.ts'
import { type Plain, plain, plainForward } from './plainGraph.ts'
import { type PlainOptions, plainRelevance } from './plainRelevance.ts'

const engine = await nodeEngine({ threads: 1 })

/** Random numbers for a tensor, normal by default. */
export function drawn(shape: readonly number[], random: Random, draw = () => random.normal()) {
  return float32(
    shape,
    Float32Array.from({ length: sizeOf(shape) }, () => draw()),
  )
}

/** A graph from an input called x to a flat output: every element is a class. */
export function layer(shape: readonly number[], build: (g: GraphBuilder, x: Value) => Value): Graph {
  const g = new GraphBuilder('layer')
  const x = g.input('x', 'float32', shape)
  g.output('scores', g.op('Flatten', [build(g, x)], {}, 'flatten'))
  return g.graph()
}

/** What happened to relevance in one row of the report. */
export type Row = ConservationRow & Record<(typeof CONSERVATION_COLUMNS)[number], number>

/** The relevance of x with every output explained at once, each with a weight; and the report. */
export async function explain(
  graph: Graph,
  composite: Composite,
  x: Plain,
  weights: readonly number[],
): Promise<{ map: Float32Array; rows: Row[] }> {
  const { graph: explaining, rows } = relevance(graph, composite, { conservation: true })
  verify(explaining)
  const program = await engine.load(explaining)
  const results = await program.run({
    x: float32(x.shape, Float32Array.from(x.data)),
    target: float32([1, weights.length], weights),
  })
  await program.release()
  const width = CONSERVATION_COLUMNS.length
  const table = results.conservation?.data ?? []
  const report = rows.map((row, k) => {
    const columns = CONSERVATION_COLUMNS.map((column, c) => [column, Number(table[k * width + c])])
    return { ...row, ...Object.fromEntries(columns) } as Row
  })
  return { map: results.relevance!.data as Float32Array, rows: report }
}

/**
 * Expect the relevance of every output at once, of random amounts, to be the judge's, and every row of the
 * report to balance.
 */
export async function expectJudged(
  graph: Graph,
  composite: Exclude<Composite, { method: 'gradient' }>,
  options: PlainOptions,
  x: Plain,
  random: Random,
  tolerance = 1e-4,
): Promise<{ rows: Row[]; expected: Plain }> {
  const values = plainForward(graph, { x })
  const { shape, data } = values.get('scores')!
  const weights = Array.from(data, () => Math.fround(random.uniform(0.5, 2)))
  const start = plain(shape, weights)
  const judged = plainRelevance(graph, values, { name: 'scores', relevance: start }, options)
  const expected = judged.get('x') ?? plain(x.shape)
  const { map, rows } = await explain(graph, { ...composite, start: 'one' }, x, weights)
  expectClose(map, expected.data, tolerance)
  const most = Math.max(...rows.map((row) => Math.abs(row.in)), 1e-30)
  for (const row of rows) {
    const left = row.in - row.out - row.bias - row.epsilon - row.padding
    expect(Math.abs(left) / most, row.layer).toBeLessThan(1e-5)
  }
  return { rows, expected }
}

/** Within a share of the largest number. */
export function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  expect(actual.length).toBe(expected.length)
  const numbers = Array.from(expected)
  const largest = numbers.reduce((most, e) => Math.max(most, Math.abs(e)), 0)
  const wrong = numbers.findIndex((e, k) => !(Math.abs(actual[k]! - e) <= tolerance * largest))
  expect(wrong, `[${wrong}]: ${actual[wrong]} is not ${expected[wrong]}, beside ${largest}`).toBe(-1)
}
