import { describe, expect, it, test } from 'vitest'
import { Random } from '../../../src/base/random.ts'
import { nodeEngine } from '../../../src/engine/node.ts'
import { type Explanation, loadExplainer } from '../../../src/explanation/explain.ts'
import { completeness } from '../../../src/explanation/measures/completeness.ts'
import {
  efficientParameterRandomisation,
  histogramEntropy,
} from '../../../src/explanation/measures/efficientParameterRandomisation.ts'
import { maxSensitivity } from '../../../src/explanation/measures/maxSensitivity.ts'
import {
  parameterRandomisation,
  smoothParameterRandomisation,
} from '../../../src/explanation/measures/parameterRandomisation.ts'
import { randomisable, randomised, shuffled } from '../../../src/explanation/measures/randomised.ts'
import { randomLogit } from '../../../src/explanation/measures/randomLogit.ts'
import { GraphBuilder } from '../../../src/graph/builder.ts'
import { float32, type Graph, type TensorOf } from '../../../src/graph/types.ts'
import { composites } from '../../../src/rules/composites/presets.ts'
import { livelyNetwork } from '../../networks/lively.ts'
import { linearNetwork, randomInput } from '../methods/network.ts'
import { mapOf } from './maps.ts'

const engine = await nodeEngine({ threads: 1 })
const SIZE = 51
const network = livelyNetwork(SIZE, 3)
const input = randomInput([1, 3, SIZE, SIZE], 'input')
const explained = { engine, network, method: composites['gradient-times-input'] }
const LAYERS = ['fc8', 'fc7', 'fc6', 'conv3', 'conv2', 'conv1']

describe('networks with redrawn weights', () => {
  const known = randomisable(network, 'logits')
  const data = (graph: Graph, name: string) => (graph.initializers.get(name) as TensorOf<'float32'>).data

  it('have the layers of the network, from the output to the input', () => {
    expect(known.layers.map(({ name }) => name)).toEqual(LAYERS)
    expect(known.layers.at(-1)!.weights).toEqual(['conv1.weight', 'conv1.bias'])
  })

  it('differ only in the chosen layers, by the seed, whatever else is drawn', () => {
    const one = randomised(known, [known.layers[2]!], 'seed')
    const changed = [...one.initializers.keys()].filter(
      (name) => one.initializers.get(name) !== network.initializers.get(name),
    )
    expect(changed).toEqual(['fc6.weight'])
    const more = randomised(known, known.layers.slice(0, 4), 'seed')
    expect(data(more, 'fc6.weight')).toEqual(data(one, 'fc6.weight'))
    expect(data(randomised(known, known.layers, 'other'), 'fc6.weight')).not.toEqual(data(one, 'fc6.weight'))
    // Biases of zeros have no deviation to draw from.
    expect(new Set(data(one, 'fc6.bias'))).toEqual(new Set([0]))
  })

  it('have weights with the mean and deviation of the original ones', () => {
    const spread = (values: Float32Array) => {
      const mean = values.reduce((sum, value) => sum + value / values.length, 0)
      return [
        mean,
        Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2 / values.length, 0)),
      ] as const
    }
    const [mean, deviation] = spread(data(network, 'fc6.weight'))
    const [ownMean, ownDeviation] = spread(data(randomised(known, known.layers, 'seed'), 'fc6.weight'))
    expect(Math.abs(ownMean - mean) / deviation).toBeLessThan(0.05)
    expect(ownDeviation / deviation).toBeCloseTo(1, 1)
  })

  it('are refused for a network without weights', async () => {
    const g = new GraphBuilder('sum')
    g.output('y', g.reduceSum(g.op('Flatten', [g.input('x', 'float32', ['batch', 1, 2, 2])]), [1], true))
    const running = parameterRandomisation({ ...explained, network: g.graph() }, float32([1, 1, 2, 2]), 0)
    await expect(running).rejects.toThrow(/^network sum: no convolution or inner product has weights/)
  })
})

describe('networks with shuffled weights', () => {
  const known = randomisable(network, 'logits')
  const data = (graph: Graph, name: string) => (graph.initializers.get(name) as TensorOf<'float32'>).data
  const names = known.layers.flatMap(({ weights }) => weights)

  it('shuffle the numbers of each constant, and keep everything else', () => {
    const found = shuffled(known, 1)
    for (const [name, tensor] of network.initializers) {
      const other = found.initializers.get(name)!
      if (!names.includes(name)) expect(other).toBe(tensor)
      else {
        expect(other.shape).toEqual(tensor.shape)
        expect(data(found, name).toSorted()).toEqual(data(network, name).toSorted())
      }
    }
    const size = data(network, 'fc6.weight').length
    const stayed = data(found, 'fc6.weight').filter((value, k) => value === data(network, 'fc6.weight')[k])
    expect(stayed.length).toBeLessThan(size / 50)
    expect(found.nodes).toEqual(network.nodes)
  })

  it('have an order that depends only on the constant’s name and the seed', () => {
    const found = shuffled(known, 1)
    const alone = shuffled({ network: known.network, layers: [known.layers[2]!] }, 1)
    expect(data(alone, 'fc6.weight')).toEqual(data(found, 'fc6.weight'))
    expect(data(alone, 'fc7.weight')).toBe(data(network, 'fc7.weight'))
    expect(data(shuffled(known, 2), 'fc6.weight')).not.toEqual(data(found, 'fc6.weight'))
    const order = new Random('1 fc6.weight').shuffle([...data(network, 'fc6.weight')])
    expect([...data(found, 'fc6.weight')]).toEqual(order)
  })
})

describe('model-parameter randomisation', () => {
  it('compares the map with those of networks with one more layer redrawn, or only one', async () => {
    const cascade = await parameterRandomisation(explained, input, 'top', { similarity: 'rank' })
    const single = await parameterRandomisation(explained, input, 'top', {
      similarity: 'rank',
      order: 'independent',
    })
    for (const { value, layers } of [cascade, single]) {
      expect(layers.map(({ layer }) => layer)).toEqual(LAYERS)
      expect(layers.every(({ similarity }) => similarity >= -1 && similarity <= 1)).toBe(true)
      expect(value).toBeCloseTo(
        layers.reduce((sum, { similarity }) => sum + similarity / 6, 0),
        9,
      )
    }
    // The first network is the same in both.
    expect(cascade.layers[0]).toEqual(single.layers[0])
    expect(Math.abs(cascade.layers.at(-1)!.similarity)).toBeLessThan(0.3)
  })

  it('agrees with hand calculation if the map is one layer’s weights', async () => {
    // The gradient of a linear network is the row of its weights: the other map is the drawn row.
    const { network: linear, weights } = linearNetwork()
    const known = randomisable(linear, 'logits')
    const drawn = randomised(known, known.layers, 0)
    const name = known.layers[0]!.weights[0]!
    const row = (data: Float32Array) => {
      // Summed over two channels of 30 pixels, of class 1.
      const of = data.subarray(60, 120)
      return Array.from({ length: 30 }, (_, k) => of[k]! + of[30 + k]!)
    }
    const ranks = (values: readonly number[]) =>
      values.map((value) => values.filter((each) => each < value).length)
    const [a, b] = [ranks(row(weights)), ranks(row(drawn.initializers.get(name)!.data as Float32Array))]
    const squares = a.reduce((sum, rank, k) => sum + (rank - b[k]!) ** 2, 0)
    const expected = 1 - (6 * squares) / (30 * (30 ** 2 - 1))
    const subject = { engine, network: linear, method: composites.gradient }
    const picture = randomInput([1, 2, 6, 5], 'input')
    const { value, layers } = await parameterRandomisation(subject, picture, 1, { similarity: 'rank' })
    expect(layers.length).toBe(1)
    expect(value).toBeCloseTo(expected, 5)
    // Noise does not change it.
    const smooth = await smoothParameterRandomisation(subject, picture, 1, { similarity: 'rank', samples: 3 })
    expect(smooth.value).toBeCloseTo(expected, 5)
    // The rise of the entropy of the histogram.
    const entropies = [weights, drawn.initializers.get(name)!.data as Float32Array].map((each) =>
      histogramEntropy(mapOf(row(each))),
    ) as [number, number]
    const efficient = await efficientParameterRandomisation(subject, picture, 1)
    expect(efficient.trained).toBeCloseTo(entropies[0], 5)
    expect(efficient.randomised).toBeCloseTo(entropies[1], 5)
    expect(efficient.value).toBeCloseTo(entropies[1] / entropies[0] - 1, 5)
  })

  it('reports progress, and stops before its next map', async () => {
    const told: number[][] = []
    await smoothParameterRandomisation(explained, input, 0, {
      samples: 2,
      progress: (...at) => told.push(at),
    })
    expect(told).toEqual(Array.from({ length: 14 }, (_, k) => [k + 1, 14]))
    const controller = new AbortController()
    const running = parameterRandomisation(explained, input, 0, {
      signal: controller.signal,
      progress: (done) => done === 2 && controller.abort(new Error('enough')),
    })
    await expect(running).rejects.toThrow('enough')
  })
})

test('the entropy of a histogram counts pixels in a hundred bins', () => {
  // 0, 0, 1, 100: three bins of ½, ¼ and ¼, as 1 begins the second.
  expect(histogramEntropy(mapOf([0, 0], [1, 100]))).toBeCloseTo(1.5 * Math.LN2, 12)
  expect(histogramEntropy(mapOf([3, 3, 3]))).toBe(0)
})

/** An explainer whose map of class k is that of the input times k + 1, and whose answer is class 0. */
function scaling(change: (value: number, k: number) => number) {
  return {
    output: 'y',
    classes: 3,
    conserves: false,
    shape: [1, 1, 12, 12],
    explain: async (picture: TensorOf<'float32'>, targets: readonly unknown[]) =>
      targets.map((target) => {
        const weights =
          typeof target === 'number'
            ? [0, 1, 2].map((k) => (k === target ? 1 : 0))
            : target === 'top'
              ? [1, 0, 0]
              : (target as { weights: number[] }).weights
        const relevance = { ...picture, data: picture.data.map((value) => change(value, weights.indexOf(1))) }
        return { target: Float32Array.from(weights), relevance } as unknown as Explanation
      }),
    release: async () => {},
  }
}

describe('random logit', () => {
  const picture = randomInput([1, 1, 12, 12], 'picture', -1, 1)

  it('compares the map with that of another class, drawn by the seed', async () => {
    const alike = scaling((value, k) => value * (k + 1))
    const found = await randomLogit(alike, picture, 'top')
    expect([1, 2]).toContain(found.class)
    expect(found.value).toBeCloseTo(1, 6)
    const drawn = await Promise.all(
      Array.from({ length: 20 }, async (_, seed) => (await randomLogit(alike, picture, 1, { seed })).class),
    )
    expect(new Set(drawn)).toEqual(new Set([0, 2]))
    const opposite = scaling((value, k) => (k === 0 ? value : -value))
    expect((await randomLogit(opposite, picture, 0, { similarity: 'rank' })).value).toBeCloseTo(-1, 12)
  })

  it('needs another class', async () => {
    const running = randomLogit(
      scaling((value) => value),
      picture,
      { weights: [1, 1, 1] },
    )
    await expect(running).rejects.toThrow(/^there is no other class to compare with/)
  })
})

describe('max-sensitivity', () => {
  it('is the greatest relative change of the map among nearby inputs', async () => {
    // The map is the input: its change is how far the drawn input is, over the norm of the input, √(16 · 2²) = 8.
    const picture = float32([1, 1, 4, 4], new Float32Array(16).fill(2))
    picture.data[0] = -2
    const { value, changes } = await maxSensitivity(
      scaling((each) => each),
      picture,
      0,
      {
        samples: 200,
        radius: 0.5,
      },
    )
    expect(changes.length).toBe(200)
    expect(value).toBe(Math.max(...changes))
    // Each number moves by up to ½ · 4 = 2: at most √(16 · 2²) / 8 = 1, about √(16 · 2²/3) / 8.
    expect(value).toBeLessThan(1)
    const mean = changes.reduce((sum, change) => sum + change ** 2 / 200, 0)
    expect(mean).toBeCloseTo(1 / 3, 1)
  })

  it('does not depend on the scale of the relevance, but on the seed and the radius', async () => {
    const picture = randomInput([1, 1, 12, 12], 'picture', -1, 1)
    const run = (by: number, options: object) =>
      maxSensitivity(
        scaling((value) => by * value),
        picture,
        'top',
        { samples: 5, ...options },
      )
    const { value } = await run(1, {})
    expect((await run(1000, {})).value).toBeCloseTo(value, 5)
    expect((await run(1, { seed: 'other' })).value).not.toBe(value)
    expect((await run(1, { radius: 0.04 })).value).toBeCloseTo(2 * value, 4)
    expect((await run(1, { radius: 0 })).value).toBe(0)
    await expect(run(0, {})).rejects.toThrow(/^map: has no relevance that could change/)
    await expect(run(1, { samples: 0 })).rejects.toThrow(/^samples: is 0/)
  })

  it('of the gradient of a linear network is 0', async () => {
    const explainer = await loadExplainer(engine, linearNetwork().network, composites.gradient)
    const picture = randomInput([1, 2, 6, 5], 'input')
    expect((await maxSensitivity(explainer, picture, 1, { samples: 3 })).value).toBeCloseTo(0, 6)
    await explainer.release()
  })
})

describe('completeness', () => {
  it('agrees with hand calculation: what reached the input, and what kept the rest', () => {
    const row = { layer: 'l', operator: 'Gemm', rule: 'epsilon' }
    const explanation = {
      relevance: float32([1, 1, 1, 2], [5, -1]),
      conservation: [
        { ...row, in: 10, out: 7, bias: 2, epsilon: 1, padding: 0 },
        { ...row, in: 7, out: 4, bias: 3, epsilon: -0.5, padding: 0.5 },
      ],
    } as unknown as Explanation
    // 4 of 10 reached it; 5 stayed with biases, ½ with ε, ½ with padding.
    expect(completeness(explanation)).toEqual({ value: 0.4, bias: 0.5, epsilon: 0.05, padding: 0.05 })
  })

  it('is the share of the logit in the sum of a real map', async () => {
    const explainer = await loadExplainer(engine, network, composites['epsilon-plus'], { conservation: true })
    const [explanation] = await explainer.explain(input, ['top'])
    const { value, bias, epsilon, padding } = completeness(explanation!)
    const sum = explanation!.relevance.data.reduce((total, each) => total + each, 0)
    expect(value).toBeCloseTo(sum / explanation!.logit, 3)
    expect(value + bias + epsilon + padding).toBeCloseTo(1, 6)
    await explainer.release()
  })

  it('needs the report', () => {
    const explanation = { relevance: float32([1]), conservation: [] } as unknown as Explanation
    expect(() => completeness(explanation)).toThrow(/^explanation: there is no conservation report\. Load/)
  })
})
