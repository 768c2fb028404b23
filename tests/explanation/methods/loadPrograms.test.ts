import { describe, expect, it } from 'vitest'
import { nodeEngine } from '../../../src/engine/node.ts'
import { loadScores } from '../../../src/explanation/methods/loadPrograms.ts'
import { GraphBuilder, type Value } from '../../../src/graph/builder.ts'
import { float32 } from '../../../src/graph/types.ts'

const engine = await nodeEngine({ threads: 1 })
const input = float32([2, 4], [1, 2, 0, -1, 3, 3, 5, 0])

/** The scores of each class, for a network that computes its answer from four plain numbers. */
async function scores(answer: (g: GraphBuilder, x: Value) => Value, of?: 'logits' | 'probabilities') {
  const g = new GraphBuilder('answer')
  const x = g.op('Mul', [g.input('x', 'float32', ['batch', 4]), g.scalar(1)])
  const y = answer(g, x)
  g.output('y', y)
  const { program, scoresOf } = await loadScores(engine, g.graph(), 'y', of)
  const classes = Number(y.shape[1])
  const each: number[][] = []
  for (let k = 0; k < classes; k++) {
    const target = Float32Array.from({ length: 2 * classes }, (_, i) => (i % classes === k ? 1 : 0))
    each.push([...(await scoresOf(input, target))])
  }
  await program.release()
  // A row for each input.
  return [0, 1].map((row) => each.map((values) => values[row]!))
}

const softmax = (values: readonly number[]) => {
  const sum = values.reduce((total, value) => total + Math.exp(value), 0)
  return values.map((value) => Math.exp(value) / sum)
}

function near(actual: number[][], expected: number[][]) {
  for (const [row, values] of expected.entries())
    for (const [k, value] of values.entries()) expect(actual[row]![k]).toBeCloseTo(value, 5)
}

describe('the scores of a network', () => {
  const rows = [
    [1, 2, 0, -1],
    [3, 3, 5, 0],
  ]

  it('are its logits, or its probabilities if asked for', async () => {
    const answer = (g: GraphBuilder, x: Value) => g.op('Softmax', [x], { axis: 1 })
    near(await scores(answer), rows)
    near(await scores(answer, 'probabilities'), rows.map(softmax))
  })

  it('are probabilities by a softmax if the network ends in logits', async () => {
    near(await scores((g, x) => g.op('Identity', [x]), 'probabilities'), rows.map(softmax))
  })

  it('are each a sigmoid if the network has sigmoids', async () => {
    const sigmoids = rows.map((row) => row.map((value) => 1 / (1 + Math.exp(-value))))
    near(await scores((g, x) => g.op('Sigmoid', [x]), 'probabilities'), sigmoids)
  })

  it('are those of each head if the network has several', async () => {
    const heads = (g: GraphBuilder, x: Value) => {
      const head = (columns: number[]) =>
        g.op('Softmax', [g.op('Gather', [x, g.integers(columns)], { axis: 1 })], { axis: 1 })
      return g.concat([head([0, 1]), head([2, 3])], 1)
    }
    near(await scores(heads), rows)
    const expected = rows.map((row) => [...softmax(row.slice(0, 2)), ...softmax(row.slice(2))])
    near(await scores(heads, 'probabilities'), expected)
  })

  it('are not probabilities for a single number', async () => {
    const one = (g: GraphBuilder, x: Value) => g.op('Gather', [x, g.integers([0])], { axis: 1 })
    await expect(scores(one, 'probabilities')).rejects.toThrow(
      /^output y: holds no probabilities\. Ask for its logits/,
    )
  })
})
