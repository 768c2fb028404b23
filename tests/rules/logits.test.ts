import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { nodeEngine } from '../../src/engine/node.ts'
import { loadExplainer } from '../../src/explanation/explain.ts'
import { GraphBuilder, type Value } from '../../src/graph/builder.ts'
import { float32, type Graph } from '../../src/graph/types.ts'
import { composites } from '../../src/rules/composites/presets.ts'
import { logitsOf } from '../../src/rules/logits.ts'
import { input, MOVES, network, PAIRS, SIGMOIDS, SOFTMAXES, type Tail } from './tails.ts'

const engine = await nodeEngine({ threads: 1 })

/** The maps of some scores of a network, under two composites, and its probabilities. */
async function explained(graph: Graph, x: ReturnType<typeof float32>, count: number) {
  const maps: Float32Array[] = []
  let probabilities: Float32Array | undefined
  for (const composite of [composites.gradient, composites.epsilon]) {
    const explainer = await loadExplainer(engine, graph, composite)
    const found = await explainer.explain(
      x,
      Array.from({ length: count }, (_, k) => k),
    )
    maps.push(...found.map(({ relevance }) => relevance.data))
    probabilities = found[0]!.outputs.y!.probabilities
    await explainer.release()
  }
  return { maps, probabilities }
}

async function outputOf(graph: Graph, x: ReturnType<typeof float32>): Promise<Float32Array> {
  const program = await engine.load(graph)
  const { y } = await program.run({ x })
  await program.release()
  return y!.data as Float32Array
}

/** The parts of a tail: an ending, and the operations on its probabilities, in order. */
const ENDINGS = { ...SOFTMAXES, ...SIGMOIDS, ...PAIRS }

async function check(name: string, moves: readonly string[], seed: string): Promise<void> {
  const count = name in PAIRS ? 1 : 4
  let tail: Tail | undefined
  const graph = network(count, seed, (g, z) => {
    const random = new Random(seed)
    tail = moves.reduce((made, move) => MOVES[move]!(g, made, random), ENDINGS[name]!(g, z))
    return tail.value
  })
  const { scores, sides, scale, isLog } = tail!
  const x = input(seed)
  const [plain, own, output] = await Promise.all([
    explained(
      network(count, seed, (_, z) => z),
      x,
      count,
    ),
    explained(graph, x, scores.length),
    outputOf(graph, x),
  ])
  const where = `${name}, ${moves.join(', ')}`
  scores.forEach((score, k) => {
    for (const half of [0, 1]) {
      const map = own.maps[half * scores.length + k]!
      const wanted = plain.maps[half * count + score]!.map((value) => value * sides[k]!)
      expect(distance(map, wanted), where).toBeLessThan(1e-4)
    }
    const unscaled = output[k]! / scale
    expect(own.probabilities![k], where).toBeCloseTo(isLog ? Math.exp(unscaled) : unscaled, 5)
  })
}

function distance(a: Float32Array, b: Float32Array): number {
  expect(a.length).toBe(b.length)
  const norm = Math.hypot(...b)
  return Math.hypot(...a.map((value, k) => value - b[k]!)) / Math.max(norm, 1e-6)
}

describe('what follows the scores does not change their maps', () => {
  test.each(Object.keys(ENDINGS))('%s', (name) => check(name, [], name))

  test('also with any operation on probabilities', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...Object.keys(ENDINGS)),
        fc.array(fc.constantFrom(...Object.keys(MOVES)), { minLength: 1, maxLength: 4 }),
        fc.nat(1e6),
        (name, moves, seed) => check(name, moves, String(seed)),
      ),
      { numRuns: 40 },
    )
  })
})

describe('the logits behind an output', () => {
  const kindOf = (count: number, tail: (g: GraphBuilder, z: Value) => Value) =>
    logitsOf(network(count, 'kinds', tail), 'y').kind

  it.each<[string, string, number, (g: GraphBuilder, z: Value) => Value]>([
    ['scores, times a number', 'logits', 4, (g, z) => g.mul(z, g.scalar(100))],
    ['scores, sliced', 'logits', 4, (g, z) => g.slice(z, { 1: [0, 2] })],
    ['scores less the largest', 'logits', 4, (g, z) => g.sub(z, g.op('ReduceMax', [z, g.integers([-1])]))],
    ['a gated score', 'logits', 4, (g, z) => g.mul(z, g.op('Sigmoid', [z]))],
    [
      'the mean of two softmaxes',
      'other',
      4,
      (g, z) => {
        const other = g.op('Softmax', [g.mul(z, g.constant(float32([4], [1, -1, 2, 3])))])
        return g.div(g.add(g.op('Softmax', [z]), other), g.scalar(2))
      },
    ],
    [
      'the product of two sigmoids',
      'other',
      4,
      (g, z) => g.mul(g.op('Sigmoid', [z]), g.op('Sigmoid', [g.op('Neg', [z])])),
    ],
    [
      'sums of classes',
      'other',
      4,
      (g, z) => g.matmul(g.op('Softmax', [z]), g.constant(float32([4, 2], [1, 0, 1, 0, 0, 1, 0, 1]))),
    ],
    ['a sigmoid over 116 years', 'other', 1, (g, z) => g.mul(g.op('Sigmoid', [z]), g.scalar(116))],
    ['a tanh', 'other', 1, (g, z) => g.op('Tanh', [z])],
    [
      'a softmax of scores with limits',
      'softmax',
      4,
      (g, z) => g.op('Softmax', [g.op('Clip', [z, g.scalar(0), g.scalar(1)])]),
    ],
    ['a score beside a tanh', 'logits', 4, (g, z) => g.add(z, g.op('Tanh', [g.op('Neg', [z])]))],
    [
      'a hard sigmoid, spelt out',
      'other',
      4,
      (g, z) => g.div(g.op('Clip', [g.add(z, g.scalar(3)), g.scalar(0), g.scalar(6)]), g.scalar(6)),
    ],
    ['half of 1 + erf', 'other', 4, (g, z) => g.mul(g.add(g.op('Erf', [z]), g.scalar(1)), g.scalar(0.5))],
    ['what a ReLU leaves up to 1', 'other', 4, (g, z) => g.op('Min', [g.op('Relu', [z]), g.scalar(1)])],
    ['scores from 0 to 6', 'logits', 4, (g, z) => g.op('Clip', [z, g.scalar(0), g.scalar(6)])],
    [
      'a softmax of a mean of softmaxes',
      'softmax',
      4,
      (g, z) => {
        const p = g.op('Softmax', [z])
        return g.op('Softmax', [g.add(p, g.op('Softmax', [g.op('Neg', [z])]))])
      },
    ],
    ['scores between 0 and 1', 'other', 4, (g, z) => g.op('Clip', [z, g.scalar(0), g.scalar(1)])],
    ['one class of a softmax', 'softmax', 4, (g, z) => g.slice(g.op('Softmax', [z]), { 1: [1, 2] })],
    [
      'a layer that reads probabilities',
      'logits',
      4,
      (g, z) => g.matmul(g.op('Softmax', [z]), g.constant(float32([4, 2], [1, -2, 1, 0, 3, 1, 0, -1]))),
    ],
  ])('of %s: %s', (_, kind, count, tail) => {
    expect(kindOf(count, tail)).toBe(kind)
  })

  it('are those of each class if classes have weights, so that the largest is the answer', async () => {
    const weights = [0.1, 2, 0.5, 1]
    const graph = network(4, 'weights', (g, z) => {
      const e = g.mul(g.op('Exp', [z]), g.constant(float32([4], weights)))
      return g.div(e, g.op('ReduceSum', [e, g.integers([-1])]))
    })
    const explainer = await loadExplainer(engine, graph, composites.epsilon)
    const [top] = await explainer.explain(input('weights'), ['top'])
    await explainer.release()
    const { logits, probabilities } = top!.outputs.y!
    const powers = logits.map(Math.exp)
    const sum = powers.reduce((a, b) => a + b)
    powers.forEach((power, k) => {
      expect(power / sum).toBeCloseTo(probabilities![k]!, 5)
    })
    expect(top!.target.indexOf(1)).toBe(probabilities!.indexOf(Math.max(...probabilities!)))
  })

  it('of two networks side by side are explained in their place', async () => {
    const graph = network(4, 'two', (g, z) => {
      const [a, b] = [g.slice(z, { 1: [0, 1] }), g.slice(z, { 1: [3, 4] })]
      return g.concat([g.op('Sigmoid', [g.op('Relu', [b])]), g.op('Sigmoid', [g.op('Tanh', [a])])], 1)
    })
    const found = logitsOf(graph, 'y')
    expect(found.kind).toBe('sigmoid')
    expect(new Set(found.places!.map(({ value }) => value)).size).toBe(2)
    const explainer = await loadExplainer(engine, graph, composites.gradient)
    const maps = await explainer.explain(input('two'), [0, 1])
    await explainer.release()
    expect(maps.map(({ outputs }) => outputs.y!.logits.length)).toEqual([2, 2])
  })

  // If every class were compared with every other, this would take minutes.
  it('are found among 21 843 classes', () => {
    const g = new GraphBuilder('many')
    const x = g.input('z', 'float32', ['batch', 21_843])
    g.output('y', g.op('Gather', [g.op('Softmax', [x]), g.integers([7, 5])], { axis: 1 }))
    expect(logitsOf(g.graph(), 'y').places!.map(({ index }) => index)).toEqual([7, 5])
  })
})
