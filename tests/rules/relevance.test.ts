import { describe, expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { nodeEngine } from '../../src/engine/node.ts'
import type { Node } from '../../src/graph/operators.ts'
import { float32, type Graph, sizeOf } from '../../src/graph/types.ts'
import { verify } from '../../src/graph/verify.ts'
import { adienceNet } from '../../src/networks/adiencenet.ts'
import { composites } from '../../src/rules/composites/presets.ts'
import { relevance } from '../../src/rules/relevance/relevance.ts'
import { expectClose } from './layer.ts'
import { plain, plainForward } from './plainGraph.ts'
import { type PlainRule, plainRelevance } from './plainRelevance.ts'
import { oneHot } from './targets.ts'

/**
 * AdienceNet with weights that keep activations at the size of the picture (He et al. 2015), so that every
 * path is used.
 */
function network(input: number, width: number, batch: number, biases: (random: Random) => number): Graph {
  const random = new Random('relevance')
  const graph = adienceNet({ input, classes: 4, batch, width, random })
  for (const [name, tensor] of graph.initializers) {
    // Ten times more in the inner products: ε = 0.01 absorbs ε / |z| there, which must not hide a real loss.
    const gain = name.startsWith('fc') ? 10 : 1
    const deviation = gain * Math.sqrt((2 * tensor.shape[0]!) / sizeOf(tensor.shape))
    const data = tensor.data as Float32Array
    for (let k = 0; k < data.length; k++) {
      data[k] = name.endsWith('.weight') ? random.normal(0, deviation) : biases(random)
    }
  }
  return graph
}

function pictures(batch: number, input: number): Float32Array {
  const random = new Random('pictures')
  return Float32Array.from({ length: batch * 3 * input * input }, () => random.uniform(-128, 128))
}

async function explain(
  graph: Graph,
  batch: number,
  input: number,
  data: Float32Array,
  targets: number[],
  of = 'images',
) {
  const { graph: explained } = relevance(graph, composites.paper, { of: [of] })
  verify(explained)
  const program = await (await nodeEngine()).load(explained)
  return program.run({ images: float32([batch, 3, input, input], data), target: oneHot(targets, 4) })
}

describe('the paper composite on AdienceNet', () => {
  test('agrees with a plain double-precision re-derivation at every layer', async () => {
    const [batch, input] = [2, 51]
    const graph = network(input, 1 / 12, batch, (random) => random.normal(0, 20))
    const data = pictures(batch, input)
    const targets = [1, 3]
    const size = 3 * input * input
    const rule = ({ op, name }: Node): PlainRule => {
      if (name === 'conv1') return { rule: 'flat' }
      if (op === 'Gemm') return { rule: 'epsilon', epsilon: 0.01, bias: true }
      return { rule: 'alpha-beta', alpha: 2, beta: -1, epsilon: 0, bias: true }
    }
    const expected = targets.map((target, n) => {
      const picture = plain([1, 3, input, input], data.subarray(n * size, (n + 1) * size))
      const values = plainForward(graph, { images: picture })
      const logits = values.get('logits')!
      const relevance = plain(logits.shape)
      relevance.data[target] = logits.data[target]!
      return plainRelevance(graph, values, { name: 'logits', relevance }, { rule })
    })
    for (const of of ['images', ...graph.nodes.slice(0, -1).map(({ outputs }) => outputs[0]!)]) {
      const results = await explain(graph, batch, input, data, targets, of)
      const actual = results[of === 'images' ? 'relevance' : `relevance of ${of}`]!.data as Float32Array
      const wanted = expected.flatMap((maps) => [...maps.get(of)!.data])
      expect(Math.max(...wanted.map(Math.abs))).toBeGreaterThan(0)
      expectClose(actual, wanted, 1e-4)
    }
  })

  test('conserves the logit when all biases are zero', async () => {
    for (const [input, width] of [
      [59, 1 / 8],
      [227, 1],
    ] as const) {
      const graph = network(input, width, 2, () => 0)
      const targets = [0, 2]
      const results = await explain(graph, 2, input, pictures(2, input), targets)
      const map = results.relevance!.data as Float32Array
      targets.forEach((target, n) => {
        const logit = Number(results.logits!.data[n * 4 + target])
        const sum = map.subarray((n * map.length) / 2, ((n + 1) * map.length) / 2).reduce((a, b) => a + b, 0)
        expect(Math.abs(sum - logit) / Math.abs(logit), `${input} pixels`).toBeLessThan(1e-4)
      })
    }
  })

  test('does not depend on the batch size, which may stay open', async () => {
    const input = 59
    const data = pictures(3, input)
    const { initializers } = network(input, 1 / 8, 3, () => 5)
    const open = adienceNet({ input, classes: 4, batch: 'batch', width: 1 / 8, random: new Random(0) })
    const free = { ...open, initializers }
    const program = await (await nodeEngine()).load(relevance(free, composites.paper).graph)
    const run = async (from: number, count: number) => {
      const part = data.subarray(from * 3 * input * input, (from + count) * 3 * input * input)
      const feeds = {
        images: float32([count, 3, input, input], part),
        target: oneHot(Array(count).fill(1), 4),
      }
      return (await program.run(feeds)).relevance!.data as Float32Array
    }
    const together = await run(0, 3)
    const alone = [...(await run(0, 1)), ...(await run(1, 1)), ...(await run(2, 1))]
    const largest = Math.max(...together.map(Math.abs))
    together.forEach((value, k) => {
      expect(Math.abs(value - alone[k]!)).toBeLessThan(1e-5 * largest)
    })
  })
})
