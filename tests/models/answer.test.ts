import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, test } from 'vitest'
import { UserError } from '../../src/base/errors.ts'
import { nodeEngine } from '../../src/engine/node.ts'
import { readModelFile } from '../../src/formats/node.ts'
import { readNpy } from '../../src/formats/npy.ts'
import { GraphBuilder, type Value } from '../../src/graph/builder.ts'
import { float32, type Graph, type TensorOf } from '../../src/graph/types.ts'
import { verify } from '../../src/graph/verify.ts'
import { explain } from '../../src/models/explain.ts'
import { modelOf } from '../../src/models/model.ts'
import { input, network } from '../rules/tails.ts'
import { shared } from '../shared.ts'

const engine = await nodeEngine({ threads: 1 })

interface Case {
  readonly network: Graph
  readonly input: TensorOf<'float32'>
  /** ONNX Runtime's result for the output. */
  readonly output: Float32Array
}

async function caseOf(name: string): Promise<Case> {
  const path = join(shared!, 'cases/models', name)
  const [input, network] = [
    readNpy(readFileSync(`${path}.npy`), name) as TensorOf<'float32'>,
    await readModelFile(`${path}.onnx`),
  ]
  const program = await engine.load(network)
  const results = await program.run({ [network.inputs[0]!.name]: input })
  await program.release()
  return { network, input, output: results.y!.data as Float32Array }
}

/** The same network with its scores `z` as its output. */
function withoutTail(graph: Graph): Graph {
  const { type, shape } = verify(graph).get('z')!
  return { ...graph, outputs: [{ name: 'z', type, shape }] }
}

function expectClose(found: ArrayLike<number>, wanted: ArrayLike<number>, within = 1e-4): void {
  const [a, b] = [Array.from(found), Array.from(wanted)]
  expect(a.length).toBe(b.length)
  const gap = Math.hypot(...a.map((value, k) => value - b[k]!))
  expect(gap).toBeLessThan(within * Math.max(Math.hypot(...b), 1e-6))
}

describe.skipIf(!shared)('an answer behind its scores', () => {
  test.each<[string, (k: number, graph: Graph) => number, (y: number) => number]>([
    ['prob_softmax_clip', (k) => k, (y) => y],
    ['prob_softmax_mul100', (k) => k, (y) => y / 100],
    ['prob_softmax_slice', (k) => k + 1, (y) => y],
    ['prob_softmax_gather', (k, { initializers }) => Number(initializers.get('idx')!.data[k]), (y) => y],
    ['prob_softmax_spelt', (k) => k, (y) => y],
    ['r_logsoftmax_exp', (k) => k, (y) => y],
    ['i_out_nhwc_softmax', (k) => k, (y) => y],
    ['prob_tanh_half', (k) => k, (y) => y],
  ])(
    '%s: the map is that of the score, and the probability that of the output',
    async (name, score, decode) => {
      const { network, input, output } = await caseOf(name)
      const model = modelOf(network, name)
      const plain = modelOf(withoutTail(network), name, { classes: undefined })
      for (const composite of ['epsilon-plus', 'gradient'] as const) {
        for (let k = 0; k < output.length; k++) {
          const asked = model.logits === 1 ? 1 : k
          const own = await explain(model, input, { class: asked, composite, engine })
          const wanted = await explain(plain, input, {
            class: plain.kind === 'number' ? 0 : score(k, network),
            composite,
            engine,
          })
          expectClose(own.relevance.data, wanted.relevance.data)
          expect(own.probability).toBeCloseTo(decode(output[k]!), 5)
        }
      }
    },
  )

  it('prob_squeezed_sigmoid: one probability per picture gives two classes', async () => {
    const { network, input, output } = await caseOf('prob_squeezed_sigmoid')
    const model = modelOf(network, 'squeezed')
    expect(model).toMatchObject({ kind: 'sigmoid', logits: 1, classes: ['0', '1'] })
    const plain = modelOf(withoutTail(network), 'plain')
    const [yes, no, wanted] = await Promise.all([
      explain(model, input, { class: 1, composite: 'epsilon-plus', engine }),
      explain(model, input, { class: 0, composite: 'epsilon-plus', engine }),
      explain(plain, input, { composite: 'epsilon-plus', engine }),
    ])
    expectClose(yes!.relevance.data, wanted!.relevance.data)
    expectClose(
      no!.relevance.data,
      wanted!.relevance.data.map((value) => -value),
    )
    expect([yes!.probability, no!.probability]).toEqual([output[0], 1 - output[0]!])
  })

  it('prob_multihead_3d: one of its heads is selected, and explained as if it were alone', async () => {
    const { network, input, output } = await caseOf('prob_multihead_3d')
    expect(() => modelOf(network, 'heads')).toThrow(/y \[N, 2, 4\] has 2 heads.*y\[0\], y\[1\]/)
    expect(() => modelOf(network, 'heads', {}, { output: 'y[2]' })).toThrow(/has 2 heads/)
    const plain = modelOf(withoutTail(network), 'plain')
    const first = modelOf(network, 'heads', {}, { output: 'y[0]' })
    const second = modelOf(network, 'heads', { output: 'y[1]', classes: ['a', 'b', 'c', 'd'] })
    const own = await explain(first, input, { class: 2, composite: 'epsilon-plus', engine })
    const wanted = await explain(plain, input, { class: 2, composite: 'epsilon-plus', engine })
    expectClose(own.relevance.data, wanted.relevance.data)
    expect(own.probability).toBeCloseTo(output[2]!, 6)
    const other = await explain(second, input, { class: 'c', composite: 'epsilon-plus', engine })
    expect(other.probability).toBeCloseTo(output[6]!, 6)
  })

  it('prob_ensemble_mean: the mean of two softmaxes is explained directly, with its own probabilities', async () => {
    const { network, input, output } = await caseOf('prob_ensemble_mean')
    const model = modelOf(network, 'mean')
    expect(model.kind).toBe('other')
    const own = await explain(model, input, { composite: 'gradient', engine })
    expect(own.logit).toBeCloseTo(Math.max(...output), 6)
    expectClose(own.outputs.y!.probabilities!, output)
    expectClose(
      own.relevance.data,
      await slopes(network, input, (y) => y[output.indexOf(Math.max(...output))]!),
      0.03,
    )
  })

  it('i_out_map: for a map of scores the whole plane of each class is explained', async () => {
    const { network, input, output } = await caseOf('i_out_map')
    const model = modelOf(network, 'map')
    const classes = Number(network.outputs[0]!.shape[1])
    expect(model).toMatchObject({ output: 'y[mean]', logits: classes })
    const own = await explain(model, input, { class: 1, composite: 'gradient', engine })
    const mean = output.slice(64, 128).reduce((a, b) => a + b) / 64
    expect(own.logit).toBeCloseTo(mean, 5)
    expect(own.outputs['y[mean]']!.probabilities).toHaveLength(classes)
    const planes = (y: Float32Array) => y.slice(64, 128).reduce((a, b) => a + b) / 64
    expectClose(own.relevance.data, await slopes(network, input, planes), 0.03)
    const named = { classes: Array.from({ length: classes }, (_, k) => `kind ${k}`), output: 'y' }
    expect(modelOf(network, 'map', named).classes[0]).toBe('kind 0')
    expect(() => modelOf(network, 'map', {}, { output: 'y[9]' })).toThrow(/has 5 heads/)
  })

  test.each(['r_age', 'r_dex'])('%s: a plain number is a number', async (name) => {
    const { network, input, output } = await caseOf(name)
    const model = modelOf(network, name)
    expect(model).toMatchObject({ kind: 'number', logits: 1, classes: ['y'] })
    const own = await explain(model, input, { composite: 'gradient', engine })
    expect(own).toMatchObject({ class: 0, name: 'y', logit: output[0], probability: undefined })
    expect(own.outputs.y!.probabilities).toBeUndefined()
    expectClose(own.relevance.data, await slopes(network, input, (y) => y[0]!), 0.03)
  })
})

/** The gradient of a function of the output, by small steps; some step over the kink of a ReLU. */
async function slopes(
  graph: Graph,
  input: TensorOf<'float32'>,
  of: (y: Float32Array) => number,
): Promise<Float32Array> {
  const program = await engine.load(graph)
  const step = 1e-2
  const at = async (k: number, by: number) => {
    const data = Float32Array.from(input.data)
    data[k]! += by
    const results = await program.run({ [graph.inputs[0]!.name]: { ...input, data } })
    return of(results.y!.data as Float32Array)
  }
  const found = new Float32Array(input.data.length)
  for (let k = 0; k < found.length; k++) found[k] = ((await at(k, step)) - (await at(k, -step))) / (2 * step)
  await program.release()
  return found
}

describe('an output', () => {
  const of = (tail: (g: GraphBuilder, z: Value) => Value, count = 4) => network(count, 'answer', tail)

  it('with two softmaxes side by side has two heads', () => {
    const graph = of((g, z) => {
      const [a, b] = g.ops('Split', 2, [z, g.integers([1, 3])], { axis: 1 })
      return g.concat([g.op('Softmax', [g.concat([a!, g.op('Neg', [a!])], 1)]), g.op('Softmax', [b!])], 1)
    })
    expect(() => modelOf(graph, 'two')).toThrow(/has 2 heads.*y\[0\], y\[1\]/)
    expect(modelOf(graph, 'two', {}, { output: 'y[0]' }).logits).toBe(2)
    expect(modelOf(graph, 'two', {}, { output: 'y[1]' })).toMatchObject({ logits: 3, kind: 'softmax' })
  })

  it('of one number is a yes or no if the card names two classes', async () => {
    const graph = of((_, z) => z, 1)
    const x = float32([1, 6], [1, -1, 0.5, 0.2, 0, 1])
    const model = modelOf(graph, 'one', { classes: ['m', 'f'] })
    expect(model.kind).toBe('logits')
    const { logit, probability } = await explain(model, x, { class: 'f', engine, composite: 'epsilon' })
    expect(probability).toBeCloseTo(1 / (1 + Math.exp(-logit)), 6)
    expect(modelOf(graph, 'one', { task: 'age' })).toMatchObject({ kind: 'number', classes: ['age'] })
  })

  it('that is one class of a softmax answers yes if its probability is at least a half', async () => {
    const graph = of((g, z) => g.slice(g.op('Softmax', [g.mul(z, g.scalar(3))]), { 1: [1, 2] }))
    const answers = new Set<number>()
    for (let seed = 0; seed < 8; seed++) {
      const x = input(String(seed))
      const own = await explain(modelOf(graph, 'one'), x, { engine, composite: 'epsilon' })
      expect(own.probability).toBeGreaterThanOrEqual(0.5)
      answers.add(own.class!)
    }
    expect([...answers].sort()).toEqual([0, 1])
  })

  it('without a batch dimension has the scores of one picture', async () => {
    const g = new GraphBuilder('squeezed')
    const weights = Float32Array.from({ length: 18 }, (_, k) => Math.sin(k))
    const z = g.op('Gemm', [g.input('x', 'float32', [1, 6]), g.constant(float32([6, 3], weights))], {}, 'z')
    g.output('scores', g.op('Squeeze', [z]))
    g.output('y', g.op('Softmax', [g.op('Squeeze', [z])]))
    const x = float32([1, 6], [1, -1, 0.5, 0.2, 0, 1])
    const maps: number[][] = []
    for (const output of ['scores', 'y']) {
      const model = modelOf(g.graph(), 'squeezed', {}, { output })
      expect(model.logits).toBe(3)
      const own = await explain(model, x, { class: 2, composite: 'epsilon', engine })
      expect(own.probability).toBeCloseTo(own.outputs.y!.probabilities![2]!, 6)
      maps.push([...own.relevance.data])
    }
    expectClose(maps[1]!, maps[0]!)
  })

  it('that adds up to 1 counts as probabilities, whatever made it', async () => {
    // Powers of scores over their sum, which nothing takes back to logits.
    const graph = of((g, z) => {
      const squares = g.mul(z, z)
      return g.div(squares, g.op('ReduceSum', [squares, g.integers([-1])]))
    })
    const x = float32([1, 6], [1, -1, 0.5, 0.2, 0, 1])
    const { outputs } = await explain(modelOf(graph, 'squares'), x, { engine, composite: 'gradient' })
    expect([...outputs.y!.probabilities!]).toEqual([...outputs.y!.logits])
  })

  it('that needs several pictures is refused', () => {
    const third = of((g, z) =>
      g.op('Gather', [g.op('Softmax', [z], { axis: 1 }), g.integers([2])], { axis: 0 }),
    )
    const refused = /^third: cannot take one picture: .*index 2 is outside an axis of 1/
    expect(() => modelOf(third, 'third')).toThrow(refused)
    expect(() => modelOf(third, 'third')).toThrow(UserError)
  })

  it('of labels is not an answer', () => {
    const graph = of((g, z) => g.op('ArgMax', [z], { axis: 1 }))
    expect(() => modelOf(graph, 'label')).toThrow(/is int64: a label, not scores/)
  })
})

test('an output with more elements than scores of anything is refused', () => {
  const g = new GraphBuilder('huge')
  g.output('y', g.op('Relu', [g.input('x', 'float32', ['batch', 3, 8, 2 ** 31])]))
  expect(() => modelOf(g.graph(), 'huge.onnx')).toThrow(/is not a list of scores/)
})
