import { describe, expect, it } from 'vitest'
import { nodeEngine } from '../../src/engine/node.ts'
import { meanOf, softmaxOf } from '../../src/explanation/years.ts'
import type { GraphBuilder, Value } from '../../src/graph/builder.ts'
import { float32, type Graph } from '../../src/graph/types.ts'
import { explain } from '../../src/models/explain.ts'
import { modelOf } from '../../src/models/model.ts'
import { against, expectedAgeIn, questionsOf, targetIn } from '../../src/models/questions.ts'
import { input, network } from '../rules/tails.ts'

const engine = await nodeEngine({ threads: 1 })
const NAMES = ['5', '15', '25', '35', '45', '55', '65', '75']
const AGES = NAMES.map(Number)
const softmax = (g: GraphBuilder, z: Value) => g.op('Softmax', [z])
const ages = (tail = softmax) => modelOf(network(8, 'ages', tail), 'ages', { classes: NAMES })
const x = input('a face')

/** The derivative of a function of an output with respect to each number of the input, by small steps. */
async function slopes(graph: Graph, of: (y: readonly number[]) => number): Promise<number[]> {
  const program = await engine.load(graph)
  const at = async (k: number, by: number) => {
    const data = Float32Array.from(x.data)
    data[k]! += by
    const { y } = await program.run({ x: float32(x.shape, data) })
    return of(Array.from(y!.data as Float32Array))
  }
  const step = 1e-3
  const found: number[] = []
  for (let k = 0; k < x.data.length; k++)
    found.push(((await at(k, step)) - (await at(k, -step))) / (2 * step))
  await program.release()
  return found
}

function expectClose(found: ArrayLike<number>, wanted: readonly number[], within: number): void {
  const gap = Math.hypot(...wanted.map((value, k) => value - found[k]!))
  expect(gap).toBeLessThan(within * Math.hypot(...wanted))
}

describe('years', () => {
  it('explain the expected age, and what moves it', async () => {
    const model = ages()
    const own = await explain(model, x, { class: 'years', composite: 'gradient', engine })
    const { probabilities } = own.outputs.y!
    expect(own.value).toBeCloseTo(meanOf(AGES, [...probabilities!]), 4)
    expect(own).toMatchObject({ name: 'years', class: undefined, probability: undefined })
    const wanted = await slopes(model.network, (y) => meanOf(AGES, y))
    expectClose(own.relevance.data, wanted, 5e-3)
  })

  it('sum the maps of the classes, each weighted as its logit counts', async () => {
    const model = ages()
    const own = await explain(model, x, { class: 'years', minus: 30, composite: 'epsilon', engine })
    const sum = new Float64Array(x.data.length)
    for (let k = 0; k < NAMES.length; k++) {
      const { relevance } = await explain(model, x, { class: NAMES[k]!, composite: 'epsilon', engine })
      for (const [pixel, value] of relevance.data.entries()) sum[pixel]! += own.target[k]! * value
    }
    expectClose(own.relevance.data, [...sum], 1e-3)
    expect(own.value).not.toBe(30)
  })

  it('are the same behind logits and behind any tail', async () => {
    const tails = [
      softmax,
      (_: GraphBuilder, z: Value) => z,
      (g: GraphBuilder, z: Value) => g.op('LogSoftmax', [z]),
    ]
    const [a, b, c] = await Promise.all(
      tails.map((tail) => explain(ages(tail), x, { class: 'years', composite: 'epsilon', engine })),
    )
    expectClose(b!.relevance.data, [...a!.relevance.data], 1e-4)
    expectClose(c!.relevance.data, [...a!.relevance.data], 1e-4)
  })

  it('are warned of by their own output, whatever other outputs are called', async () => {
    // JavaScript lists the name 7 before all others, as older exports of PyTorch name their outputs.
    const tail = (g: GraphBuilder, z: Value) => {
      g.output('7', g.op('Relu', [g.slice(z, { 1: [0, 1] })]))
      return softmax(g, z)
    }
    const two = modelOf(network(8, 'ages', tail), 'two', { classes: NAMES, output: 'y' })
    const asked = { class: 'years', composite: 'epsilon-plus', engine } as const
    const { warnings } = await explain(two, x, asked)
    expect(warnings).toEqual([expect.stringContaining('of the logit reached the input')])
    expect(warnings).toEqual((await explain(ages(), x, asked)).warnings)
  })

  it('need classes that are ages, of one distribution', async () => {
    const letters = modelOf(network(8, 'ages', softmax), 'letters', { classes: [...'abcdefgh'] })
    expect(() => questionsOf(letters, ['years'])).toThrow(
      /its answers are not ages, so there is no expected age: a, b/,
    )
    const indices = modelOf(network(8, 'ages', softmax), 'indices')
    expect(() => questionsOf(indices, ['years'])).toThrow(/are not ages/)
    const sigmoids = ages((g, z) => g.op('Sigmoid', [z]))
    expect(() => questionsOf(sigmoids, ['years'])).toThrow(
      /its answers are ages, but not one softmax over them/,
    )
    expect(() => questionsOf(ages(), ['years'], 'young')).toThrow(/'young' is not a number/)
    const sliced = modelOf(
      network(8, 'ages', (g, z) => g.slice(g.op('Softmax', [z]), { 1: [0, 4] })),
      'sliced',
      { classes: NAMES.slice(0, 4) },
    )
    await expect(explain(sliced, x, { class: 'years', composite: 'epsilon', engine })).rejects.toThrow(
      /not those of one softmax/,
    )
  })

  it('cannot be grafted, since their weights depend on the picture', () => {
    const model = ages()
    expect(() => targetIn(model, questionsOf(model, ['years'])[0]!)).toThrow(
      /depends on the answer to each picture/,
    )
  })
})

describe('a group of ages', () => {
  it('is explained as its own logit, with the sum of its probabilities', async () => {
    const model = ages((_, z) => z)
    const own = await explain(model, x, { class: '60+', composite: 'gradient', engine })
    const { probabilities } = own.outputs.y!
    expect(own.name).toBe('60+')
    expect(own.probability).toBeCloseTo(probabilities![6]! + probabilities![7]!, 6)
    const wanted = await slopes(model.network, (z) => Math.log(Math.exp(z[6]!) + Math.exp(z[7]!)))
    expectClose(own.relevance.data, wanted, 5e-3)
  })

  it('may be compared with another, or with a class', async () => {
    const model = ages((_, z) => z)
    const own = await explain(model, x, { class: '60+', minus: '20-39', composite: 'gradient', engine })
    const log = (z: readonly number[], from: number, to: number) =>
      Math.log(z.slice(from, to).reduce((sum, each) => sum + Math.exp(each), 0))
    const wanted = await slopes(model.network, (z) => log(z, 6, 8) - log(z, 2, 4))
    expectClose(own.relevance.data, wanted, 5e-3)
    const one = await explain(model, x, { class: '60+', minus: '25', composite: 'gradient', engine })
    expectClose(one.relevance.data, await slopes(model.network, (z) => log(z, 6, 8) - z[2]!), 5e-3)
    await expect(
      explain(model, x, { class: '60+', minus: '60-80', composite: 'gradient', engine }),
    ).rejects.toThrow(/60\+ does not differ from itself/)
  })

  it('is in whole years: half a year is not a class, and is not rounded', () => {
    expect(() => questionsOf(ages(), ['25.9'])).toThrow(/no class '25\.9'/)
    expect(() => questionsOf(ages(), ['25'], '35.5')).toThrow(/no class '35\.5'/)
    expect(questionsOf(ages(), ['years'], '35.5')).toEqual([{ class: 'years', reference: 35.5 }])
  })

  it('of two ages separated by a comma means two classes', () => {
    const found = questionsOf(ages(), ['15,25', '(20, 40)', 'top'])
    expect(found.map(({ class: each }) => (typeof each === 'object' ? each.members : each))).toEqual([
      1,
      2,
      [2, 3],
      'top',
    ])
  })
})

describe('a number against another', () => {
  const number = modelOf(
    network(1, 'number', (_, z) => z),
    'number',
    { task: 'age' },
  )

  it('is explained with the reference subtracted from what the biases keep', async () => {
    const plain = await explain(number, x, { composite: 'epsilon', conservation: true, engine })
    const own = await explain(number, x, { minus: 3, composite: 'epsilon', conservation: true, engine })
    expect(own).toMatchObject({ name: 'age', class: 0, value: plain.value })
    expect(own.logit).toBeCloseTo(plain.logit - 3, 5)
    expectClose(own.relevance.data, [...plain.relevance.data], 1e-3)
    const keptBy = ({ conservation }: typeof own) => conservation.reduce((sum, { bias }) => sum + bias, 0)
    expect(keptBy(own)).toBeCloseTo(keptBy(plain) - 3, 4)
  })

  it('must be a number', () => {
    expect(() => against(number, 'young')).toThrow(/'young' is not a number/)
    expect(() => questionsOf(number, ['old'])).toThrow(/no class 'old'/)
    expect(() => questionsOf(number, ['top'], '30')).toThrow(/is compared with no number, not with 30/)
    expect(questionsOf(against(number, 30), ['top'], '30')).toEqual([{ class: 0, reference: 30 }])
    expect(questionsOf(number, ['years'])).toEqual([{ class: 0, reference: undefined }])
  })
})

it('takes the probabilities for its weights from a softmax of the logits', () => {
  expect(softmaxOf([1000, 1000]).map((p) => p)).toEqual([0.5, 0.5])
})

describe('the expected age of an answer', () => {
  const half = float32([], [0.5])
  const ensemble = modelOf(
    network(8, 'ages', (g, z) =>
      g.mul(g.add(g.op('Softmax', [z]), g.op('Softmax', [g.op('Neg', [z])])), g.constant(half)),
    ),
    'ensemble',
    { classes: NAMES },
  )

  it('is that of the probabilities that a mean of several softmaxes gives', async () => {
    const { outputs } = await explain(ensemble, x, { composite: 'epsilon', engine })
    const { y: scores } = outputs
    const program = await engine.load(ensemble.network)
    const { y } = await program.run({ x })
    await program.release()
    const wanted = meanOf(AGES, Array.from(y!.data as Float32Array))
    expect(expectedAgeIn(ensemble, scores!)).toBeCloseTo(wanted, 4)
    expect(Math.abs(wanted - meanOf(AGES, softmaxOf(y!.data as Float32Array)))).toBeGreaterThan(0.1)
  })

  it('is unknown for separate probabilities', async () => {
    const separate = modelOf(
      network(8, 'ages', (g, z) => g.op('Sigmoid', [z])),
      'separate',
      { classes: NAMES },
    )
    const { outputs } = await explain(separate, x, { composite: 'epsilon', engine })
    expect(expectedAgeIn(separate, outputs.y!)).toBeUndefined()
  })
})
