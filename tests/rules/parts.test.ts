import fc from 'fast-check'
import { expect, test } from 'vitest'
import { nodeEngine } from '../../src/engine/node.ts'
import { GraphBuilder } from '../../src/graph/builder.ts'
import { float32 } from '../../src/graph/types.ts'
import { partOf } from '../../src/rules/relevance/parts.ts'

const engine = await nodeEngine({ threads: 1 })
const WEIGHTS = [0, 1, -1, 0.3, -0.7, 1e-38, -1e-38, 3e38, -3e38, 1 / 3, -1e-7]
const factor = fc.oneof(
  fc.constantFrom(0, 1, -1, 2, 1.25, 1.1, -0.1),
  fc.double({ min: -3, max: 3, noNaN: true }),
)

test('a part of constant weights is each weight times its number, rounded once', async () => {
  await fc.assert(
    fc.asyncProperty(factor, factor, async (positive, negative) => {
      const g = new GraphBuilder('parts')
      const weights = g.constant(float32([WEIGHTS.length], WEIGHTS), 'weights')
      g.output('part', partOf(g, weights, { positive, negative }))
      const program = await engine.load(g.graph())
      const { part } = await program.run({})
      await program.release()
      const expected = float32([WEIGHTS.length], WEIGHTS).data.map((w) => (w > 0 ? positive : negative) * w)
      // Whether a zero is +0 or −0 does not matter.
      expect(Array.from(part!.data as Float32Array, (value) => value + 0)).toEqual(
        Array.from(expected, (value) => value + 0),
      )
    }),
    { numRuns: 60, seed: 1 },
  )
})

test('of the same weights a part is built once', () => {
  const g = new GraphBuilder('parts')
  const weights = g.constant(float32([2], [1, -1]), 'weights')
  const first = partOf(g, weights, { positive: 2, negative: 0 })
  const second = partOf(g, weights, { positive: 2, negative: 0 })
  expect(second).toEqual(first)
})
