import { describe, expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { nodeEngine } from '../../src/engine/node.ts'
import { GraphBuilder, type Value } from '../../src/graph/builder.ts'
import { float32, type Graph } from '../../src/graph/types.ts'
import { composites } from '../../src/rules/composites/presets.ts'
import { logitsOf, logitValues } from '../../src/rules/logits.ts'
import { type RelevanceOptions, relevance } from '../../src/rules/relevance/relevance.ts'
import { drawn, expectClose } from './layer.ts'

const engine = await nodeEngine({ threads: 1 })

/** An inner product of three numbers, and what follows it. */
function network(classes: number, end: (g: GraphBuilder, logits: Value) => Value): Graph {
  const random = new Random('targets')
  const g = new GraphBuilder('network')
  const x = g.input('x', 'float32', ['batch', 3])
  const constants = [g.constant(drawn([3, classes], random), 'w'), g.constant(drawn([classes], random), 'b')]
  g.output('answer', end(g, g.op('Gemm', [x, ...constants], {}, 'fc')))
  return g.graph()
}

const x = [0.3, -1, 2]

/** The map and the explained target for each row of targets, all of one input. */
async function explained(graph: Graph, targets: readonly number[][], options: RelevanceOptions = {}) {
  const { graph: explaining, outputs } = relevance(graph, composites.epsilon, {
    onePicture: true,
    ...options,
  })
  const program = await engine.load(explaining)
  const target = float32([targets.length, targets[0]!.length], targets.flat())
  const results = await program.run({ x: float32([1, 3], x), target })
  await program.release()
  const rows = (name: string) => {
    const data = results[name]!.data as Float32Array
    const size = data.length / targets.length
    return targets.map((_, k) => [...data.subarray(k * size, (k + 1) * size)])
  }
  const logits = [...(results[outputs[0]!.logits]!.data as Float32Array)]
  return { maps: rows('relevance'), explained: rows('explained'), logits }
}

describe('targets', () => {
  const softmax = network(4, (g, logits) => g.op('Softmax', [logits], { axis: 1 }))
  const sigmoid = network(1, (g, logit) => g.op('Sigmoid', [logit]))

  test('the relevance of a difference is the difference of two', async () => {
    const { maps, explained: targets } = await explained(softmax, [
      [0, 1, 0, 0],
      [0, 0, 1, 0],
      [0, 1, -1, 0],
    ])
    expectClose(
      maps[2]!,
      maps[0]!.map((value, k) => value - maps[1]![k]!),
      1e-6,
    )
    expect(targets[2]).toEqual([0, 1, -1, 0])
  })

  test("a row of zeros stands for the network's own answer", async () => {
    const {
      maps,
      explained: targets,
      logits,
    } = await explained(softmax, [
      [0, 0, 0, 0],
      [1, 0, 0, 0],
    ])
    const top = logits.indexOf(Math.max(...logits))
    expect(targets).toEqual([logits.map((_, k) => Number(k === top)), [1, 0, 0, 0]])
    const row = logits.map((_, k) => Number(k === top))
    expect(maps[0]).toEqual((await explained(softmax, [row])).maps[0])
  })

  test('a single logit is explained for either side; its own answer is the side that it is on', async () => {
    const { maps, explained: targets, logits } = await explained(sigmoid, [[1], [-1], [0]])
    expect(maps[1]).toEqual(maps[0]!.map((value) => -value))
    const side = logits[0]! >= 0 ? 0 : 1
    expect(targets[2]).toEqual([side === 0 ? 1 : -1])
    expect(maps[2]).toEqual(maps[side])
    expect(maps[2]!.reduce((a, b) => a + b, 0)).not.toBe(0)
  })

  test('each row of a batch has a target of its own', async () => {
    const program = await engine.load(relevance(softmax, composites.epsilon).graph)
    const target = float32([2, 4], [0, 1, 0, 0, 0, 0, 0, 0])
    const both = await program.run({ x: float32([2, 3], [...x, -0.5, 1, 0]), target })
    expect(both.explained!.shape).toEqual([2, 4])
    const [one] = (await explained(softmax, [[0, 1, 0, 0]])).maps
    expectClose((both.relevance!.data as Float32Array).subarray(0, 3), one!, 1e-6)
  })

  test('scores of a picture of one pixel are scores', async () => {
    const g = new GraphBuilder('convolution')
    const input = g.input('x', 'float32', ['batch', 3, 1, 1])
    g.output('answer', g.op('Conv', [input, g.constant(drawn([4, 3, 1, 1], new Random('conv')))]))
    const { graph } = relevance(g.graph(), composites.epsilon)
    const program = await engine.load(graph)
    const results = await program.run({ x: float32([1, 3, 1, 1], x), target: float32([1, 4], [0, 0, 1, 0]) })
    expect(results.relevance!.shape).toEqual([1, 3, 1, 1])
    const sum = (results.relevance!.data as Float32Array).reduce((a, b) => a + b, 0)
    expect(sum).toBeCloseTo(Number(results.answer!.data[2]), 4)
  })
})

describe('the logits of an output', () => {
  test.each<[string, (g: GraphBuilder, logits: Value) => Value, string, string]>([
    ['are what goes into a softmax', (g, v) => g.op('Softmax', [v]), 'fc', 'softmax'],
    ['are what goes into a log-softmax', (g, v) => g.op('LogSoftmax', [v]), 'fc', 'log-softmax'],
    ['are what goes into a sigmoid', (g, v) => g.op('Sigmoid', [v]), 'fc', 'sigmoid'],
    ['also behind a change of shape', (g, v) => g.reshape(g.op('Softmax', [v]), [-1, 2, 2]), 'fc', 'softmax'],
    ['are the output itself otherwise', (_, v) => v, 'answer', 'logits'],
    ['also where a ReLU ends the network', (g, v) => g.op('Relu', [v]), 'answer', 'logits'],
  ])('%s', (_, end, name, kind) => {
    const found = logitsOf(network(4, end), 'answer')
    expect(found.kind).toBe(kind)
    expect(logitValues(found)).toEqual([name])
  })

  test('of every output are given beside its probabilities', async () => {
    const g = new GraphBuilder('heads')
    const input = g.input('x', 'float32', ['batch', 3])
    const age = g.op('Gemm', [input, g.constant(drawn([3, 4], new Random(1)))], {}, 'age.logits')
    const gender = g.op('Gemm', [input, g.constant(drawn([3, 1], new Random(2)))], {}, 'gender.logit')
    g.output('age', g.op('Softmax', [age]))
    g.output('gender', g.op('Sigmoid', [gender]))
    const { graph, outputs } = relevance(g.graph(), composites.epsilon, { output: 'gender' })
    expect(outputs).toEqual([
      { name: 'gender', kind: 'sigmoid', scale: 1, shift: 0, logits: 'logits of gender' },
      { name: 'age', kind: 'softmax', scale: 1, shift: 0, logits: 'logits of age' },
    ])
    const program = await engine.load(graph)
    const results = await program.run({ x: float32([1, 3], x), target: float32([1, 1], [1]) })
    const logit = Number(results['logits of gender']!.data[0])
    expect(1 / (1 + Math.exp(-logit))).toBeCloseTo(Number(results.gender!.data[0]), 6)
  })
})

describe('the relevance of other values', () => {
  const deep = (() => {
    const g = new GraphBuilder('deep')
    const input = g.input('x', 'float32', ['batch', 3])
    const hidden = g.op('Gemm', [input, g.constant(drawn([3, 4], new Random(1)))], {}, 'fc1')
    const shifted = g.op('Add', [hidden, g.constant(drawn([4], new Random(2)))], {}, 'shift')
    const active = g.op('Relu', [shifted], {}, 'relu')
    g.output('answer', g.op('Gemm', [active, g.constant(drawn([4, 2], new Random(3)))], {}, 'fc2'))
    return g.graph()
  })()

  test('is an output of its own', async () => {
    const { graph } = relevance(deep, composites.epsilon, { of: ['x', 'relu'] })
    const program = await engine.load(graph)
    const results = await program.run({ x: float32([1, 3], x), target: float32([1, 2], [0, 1]) })
    const sum = (results['relevance of relu']!.data as Float32Array).reduce((a, b) => a + b, 0)
    expect(sum).toBeCloseTo(Number(results.answer!.data[1]), 4)
    expect(results.relevance!.shape).toEqual([1, 3])
  })

  test('does not exist for a merged or unknown value; the error says which to ask for', () => {
    const of = (name: string) => () => relevance(deep, composites.epsilon, { of: [name] })
    expect(of('fc1')).toThrow(/node shift: the value fc1 is merged into a layer.*Ask for shift instead/s)
    expect(of('fc9')).toThrow(/no value called fc9/)
  })
})
