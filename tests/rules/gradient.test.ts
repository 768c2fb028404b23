import { describe, expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { nodeEngine } from '../../src/engine/node.ts'
import { GraphBuilder } from '../../src/graph/builder.ts'
import { float32, type Graph, int64, sizeOf, type Tensor } from '../../src/graph/types.ts'
import { verify } from '../../src/graph/verify.ts'
import { adienceNet } from '../../src/networks/adiencenet.ts'
import { gradient } from '../../src/rules/gradient/gradient.ts'
import { trainableWeights } from '../../src/training/trainableWeights.ts'
import { plainGradient } from './plainGradient.ts'
import { type Plain, plain, plainForward } from './plainGraph.ts'

/** The graph with a loss as its last output, and the gradients of the named values as outputs `d <name>`. */
function withGradients(network: Graph, batch: number, names: readonly string[]): Graph {
  const forward = GraphBuilder.from(network)
  const labels = forward.input('labels', 'int64', [batch])
  forward.output('loss', forward.op('SoftmaxCrossEntropyLoss', [forward.value('logits'), labels]))
  const { builder, gradients } = gradient(forward.graph(), 'loss', names)
  for (const [name, value] of gradients) builder.output(`d ${name}`, value)
  return builder.graph()
}

describe('the gradient of a small AdienceNet', () => {
  // A twenty-fourth of the channels and 51 pixels: every layer is there, and each weight can move alone.
  // Weights larger than the published start, so that the gradient reaches the lowest layer clearly.
  const random = new Random('gradient')
  const network = adienceNet({ input: 51, classes: 3, batch: 2, width: 1 / 24, random })
  for (const [name, tensor] of trainableWeights(network)) {
    if (!name.endsWith('.weight')) continue
    const fan = sizeOf(tensor.shape) / tensor.shape[0]!
    const deviation = Math.sqrt(2 / fan)
    ;(tensor.data as Float32Array).forEach((_, k) => {
      ;(tensor.data as Float32Array)[k] = random.normal(0, deviation)
    })
  }
  const pictures = float32(
    [2, 3, 51, 51],
    Float32Array.from({ length: 2 * 3 * 51 * 51 }, () => random.uniform(-3, 3)),
  )
  const labels = [2, 0]
  const names = [...trainableWeights(network).keys()]

  test('agrees with finite differences of a plain double-precision forward pass, for every weight', async () => {
    const graph = withGradients(network, 2, names)
    verify(graph)
    const program = await (await nodeEngine()).load(graph)
    const results = await program.run({ images: pictures, labels: int64([2], labels) })

    const size = 3 * 51 * 51
    const known = [0, 1].map((n) => {
      const picture = plain([1, 3, 51, 51], pictures.data.subarray(n * size, (n + 1) * size))
      return plainForward(network, { images: picture })
    })
    const loss = (moved: Record<string, Plain>) => {
      const losses = known.map((values, n) => {
        const logits = plainForward(network, { images: values.get('images')!, ...moved }, values).get(
          'logits',
        )!
        const sum = logits.data.reduce((total, logit) => total + Math.exp(logit), 0)
        return Math.log(sum) - logits.data[labels[n]!]!
      })
      return losses.reduce((a, b) => a + b) / losses.length
    }
    expect(results.loss!.data[0]).toBeCloseTo(loss({}), 5)

    for (const name of names) {
      const expected = plainGradient(known[0]!.get(name)!, (moved) => loss({ [name]: moved })).data
      const actual = (results[`d ${name}`] as Tensor).data as Float32Array
      const largest = Math.max(...expected.map(Math.abs))
      expect(largest, name).toBeGreaterThan(1e-4)
      const wrong = expected.findIndex(
        (e, k) => Math.abs(actual[k]! - e) > 1e-3 * Math.abs(e) + 1e-5 * largest,
      )
      expect(wrong, `${name}[${wrong}]: ${actual[wrong]} is not ${expected[wrong]}`).toBe(-1)
    }
  })
})

test('the gradient with respect to the pictures uses the strided transposed convolution', async () => {
  const random = new Random('strided')
  const g = new GraphBuilder('strided')
  const x = g.input('x', 'float32', [1, 2, 9, 8])
  const weights = Float32Array.from({ length: 3 * 2 * 3 * 3 }, () => random.normal())
  const y = g.op('Conv', [x, g.constant(float32([3, 2, 3, 3], weights), 'w')], {
    strides: [4, 3],
    pads: [1, 0, 1, 1],
  })
  const scores = g.op('Flatten', [y])
  g.output('logits', scores)
  const classes = Number(scores.shape[1])
  const picture = Float32Array.from({ length: 2 * 9 * 8 }, () => random.normal())
  const program = await (await nodeEngine()).load(withGradients(g.graph(), 1, ['x']))
  const run = (data: Float32Array) =>
    program.run({ x: float32([1, 2, 9, 8], data), labels: int64([1], [classes - 1]) })
  const actual = (await run(picture))['d x']!.data as Float32Array
  for (let k = 0; k < picture.length; k += 5) {
    const loss = async (by: number) =>
      Number((await run(picture.map((v, i) => (i === k ? v + by : v)))).loss!.data[0])
    const expected = ((await loss(0.01)) - (await loss(-0.01))) / 0.02
    expect(actual[k]).toBeCloseTo(expected, 3)
  }
})

test('an operator without a gradient gives an error that names the node', () => {
  const g = new GraphBuilder('scattered')
  const x = g.input('x', 'float32', [4])
  const places = g.constant(int64([2], [3, 0]))
  const scattered = g.op('ScatterElements', [x, places, g.constant(float32([2], [1, 2]))], {}, 'scatter')
  g.output('loss', g.reduceSum(scattered, [0], false))
  expect(() => gradient(g.graph(), 'loss', ['x'])).toThrow(/node scatter.*ScatterElements.*no gradient rule/)
})

test('the weight gradient of a batch processed in parts is the sum over its pictures', async () => {
  // Windows of 9 · 64 · 64² numbers for each picture: eight exceed what is laid out at once.
  const random = new Random('parts')
  const randomly = (shape: number[]) =>
    float32(
      shape,
      Float32Array.from({ length: sizeOf(shape) }, () => random.uniform(-1, 1)),
    )
  const [pictures, arriving, weight] = [
    randomly([8, 64, 64, 64]),
    randomly([8, 4, 64, 64]),
    randomly([4, 64, 3, 3]),
  ]
  const gradientOf = async (batch: number) => {
    const g = new GraphBuilder('parts')
    const [x, s] = [g.input('x', 'float32', [batch, 64, 64, 64]), g.input('s', 'float32', [batch, 4, 64, 64])]
    const y = g.op('Conv', [x, g.initializer('w', weight)], { pads: [1, 1, 1, 1] })
    g.output('loss', g.reduceSum(g.mul(y, s), [0, 1, 2, 3], false))
    const { builder, gradients } = gradient(g.graph(), 'loss', ['w'])
    builder.output('dw', gradients.get('w')!)
    return (await nodeEngine()).load(builder.graph())
  }
  const whole = await gradientOf(8)
  const products = whole.run({ x: pictures, s: arriving }).then(({ dw }) => dw!.data as Float32Array)
  const single = await gradientOf(1)
  const sum = new Float64Array(weight.data.length)
  for (let k = 0; k < 8; k++) {
    const part = (tensor: typeof pictures) => {
      const size = tensor.data.length / 8
      return float32([1, ...tensor.shape.slice(1)], tensor.data.subarray(k * size, (k + 1) * size))
    }
    const { dw } = await single.run({ x: part(pictures), s: part(arriving) })
    ;(dw!.data as Float32Array).forEach((v, i) => {
      sum[i]! += v
    })
  }
  const dw = await products
  const largest = Math.max(...sum.map(Math.abs))
  dw.forEach((v, k) => {
    expect(Math.abs(v - sum[k]!)).toBeLessThan(1e-5 * largest)
  })
})
