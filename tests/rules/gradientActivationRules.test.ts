import { expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { nodeEngine } from '../../src/engine/node.ts'
import { GraphBuilder, type Value } from '../../src/graph/builder.ts'
import { float32 } from '../../src/graph/types.ts'
import { type ActivationRule, gradient, gradientTable } from '../../src/rules/gradient/gradient.ts'
import { walkBackward } from '../../src/rules/walk.ts'
import { expectClose } from './differences.ts'

const random = new Random('activation rules')
const numbers = (count: number) => Array.from({ length: count }, () => random.normal())

/** What arrives at x of a graph when 1 or −1 and so on arrives at its output y. */
async function arrivedAt(
  build: (g: GraphBuilder, x: Value) => Value,
  x: number[],
  dy: number[],
  activation?: ActivationRule,
): Promise<Float32Array> {
  const g = new GraphBuilder('network')
  const y = build(g, g.input('x', 'float32', [1, x.length]))
  const start = new Map([[y.name, g.constant(float32([1, dy.length], dy))]])
  const dx = walkBackward(g, g.graph(), gradientTable(activation), start, ['x']).get('x')!
  g.output('dx', dx)
  const program = await (await nodeEngine({ threads: 1 })).load(g.graph())
  const result = await program.run({ x: float32([1, x.length], x) })
  await program.release()
  return result.dx!.data as Float32Array
}

test('three layers with ReLUs pass back what each rule lets through', async () => {
  const [size, x, dy] = [12, numbers(12), numbers(12)]
  const weights = [numbers(144), numbers(144), numbers(144)]
  const build = (g: GraphBuilder, input: Value) =>
    weights.reduce((value, w) => g.op('Relu', [g.matmul(value, g.constant(float32([size, size], w)))]), input)

  // Row by row: z_j = Σ_i h_i w_ij, h = max(z, 0); backwards d_i = Σ_j d_j w_ij.
  const sums: number[][] = []
  let h = x
  for (const w of weights) {
    const z = Array.from({ length: size }, (_, j) => h.reduce((sum, v, i) => sum + v * w[i * size + j]!, 0))
    sums.push(z)
    h = z.map((v) => Math.max(v, 0))
  }
  const plain = (passes: (z: number, d: number) => boolean) => {
    let d = dy
    for (let layer = weights.length - 1; layer >= 0; layer--) {
      const through = d.map((v, j) => (passes(sums[layer]![j]!, v) ? v : 0))
      const w = weights[layer]!
      d = x.map((_, i) => through.reduce((sum, v, j) => sum + v * w[i * size + j]!, 0))
    }
    return d
  }

  expectClose(
    await arrivedAt(build, x, dy),
    plain((z) => z > 0),
    1e-5,
    'gradient',
  )
  const guided = await arrivedAt(build, x, dy, 'guided-backprop')
  expectClose(
    guided,
    plain((z, d) => z > 0 && d > 0),
    1e-5,
    'guided backpropagation',
  )
  const deconvnet = await arrivedAt(build, x, dy, 'deconvnet')
  expectClose(
    deconvnet,
    plain((_, d) => d > 0),
    1e-5,
    'deconvnet',
  )
})

test("other activations keep their slope in guided backpropagation, and lose it in deconvnet's", async () => {
  const [x, dy] = [
    [-2, -2, 3, 3, 8, 8],
    [1, -1, 1, -1, 1, -1],
  ]
  const leaky = (g: GraphBuilder, input: Value) => g.op('LeakyRelu', [input], { alpha: 0.25 })
  expect([...(await arrivedAt(leaky, x, dy, 'guided-backprop'))]).toEqual([0.25, 0, 1, 0, 1, 0])
  expect([...(await arrivedAt(leaky, x, dy, 'deconvnet'))]).toEqual([1, 0, 1, 0, 1, 0])
  const clip = (g: GraphBuilder, input: Value) => g.op('Clip', [input, g.scalar(0), g.scalar(6)])
  expect([...(await arrivedAt(clip, x, dy, 'guided-backprop'))]).toEqual([0, 0, 1, 0, 0, 0])
  const gate = (g: GraphBuilder, input: Value) => g.op('HardSigmoid', [input], { alpha: 0.125 })
  const derivative = await arrivedAt(gate, x, dy)
  expect([...derivative]).toEqual([0.125, -0.125, 0.125, -0.125, 0, 0])
  expect(await arrivedAt(gate, x, dy, 'guided-backprop')).toEqual(derivative)
})

test('if several are the largest, the first one takes all', async () => {
  const largest = (g: GraphBuilder, x: Value) => g.op('ReduceMax', [x, g.integers([1])])
  expect([...(await arrivedAt(largest, [1, 3, 3, 2], [5]))]).toEqual([0, 5, 0, 0])
  const pooled = (g: GraphBuilder, x: Value) =>
    g.op('Flatten', [g.op('GlobalMaxPool', [g.reshape(x, [0, 2, 2, 2])])])
  expect([...(await arrivedAt(pooled, [1, 4, 4, 4, 0, 0, 0, 0], [5, 7]))]).toEqual([0, 5, 0, 0, 7, 0, 0, 0])
  const either = (g: GraphBuilder, x: Value) => g.op('Max', [x, g.scalar(2), g.mul(x, x)])
  expect([...(await arrivedAt(either, [2, 0, 1], [1, 1, 1]))]).toEqual([4, 0, 0])
})

test('at a kink an activation passes on what its flatter side does', async () => {
  const kinks: [(g: GraphBuilder, x: Value) => Value, number[], number[]][] = [
    [(g, x) => g.op('Relu', [x]), [0], [0]],
    [(g, x) => g.op('Clip', [x, g.scalar(0), g.scalar(6)]), [0, 6], [0, 0]],
    [(g, x) => g.op('LeakyRelu', [x], { alpha: 0.25 }), [0], [0.25]],
    [(g, x) => g.op('Abs', [x]), [0], [0]],
  ]
  for (const [build, x, expected] of kinks) {
    expect([
      ...(await arrivedAt(
        build,
        x,
        x.map(() => 1),
      )),
    ]).toEqual(expected)
  }
})

test('targets cannot share a forward pass if a layer mixes the pictures of a batch', () => {
  const g = new GraphBuilder('mixing')
  const x = g.input('x', 'float32', [1, 3, 4])
  const y = g.op('Relu', [g.reshape(x, [3, 4])], {}, 'rows')
  const arrived = g.input('arrived', 'float32', ['targets', 4])
  expect(() => walkBackward(g, g.graph(), gradientTable(), new Map([[y.name, arrived]]), ['x'])).toThrow(
    /node rows \(Relu\).*should have the shape \[3, 4\]/,
  )
})

test('a value that the output does not depend on gives an error', () => {
  const g = new GraphBuilder('apart')
  const x = g.input('x', 'float32', [2])
  g.input('other', 'float32', [2])
  g.output('sum', g.reduceSum(x, [0], false))
  expect(() => gradient(g.graph(), 'sum', ['other'])).toThrow(/sum does not depend on other/)
})
