import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { nodeEngine } from '../../src/engine/node.ts'
import { readNpy } from '../../src/formats/npy.ts'
import { GraphBuilder, type Value } from '../../src/graph/builder.ts'
import { float32, type Graph, type TensorOf } from '../../src/graph/types.ts'
import type { CompositeEntryInput } from '../../src/rules/composites/composite.ts'
import { relevance } from '../../src/rules/relevance/relevance.ts'
import { shared } from '../shared.ts'
import { oneHot } from './targets.ts'

// Relevance that other programs published, for layers that regard computes by the same rule.

const folder = join(shared ?? '', 'reference/lrp')

function squares(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value * value, 0)
}

async function explain(
  graph: Graph,
  rule: CompositeEntryInput,
  input: TensorOf<'float32'>,
  targets: readonly number[],
) {
  const { graph: explained } = relevance(graph, { name: rule.rule, layers: [rule] })
  const program = await nodeEngine({ threads: 1 }).load(explained)
  const name = graph.inputs[0]!.name
  const target = oneHot(targets, Number(explained.inputs.find((each) => each.name === 'target')!.shape[1]))
  const results = await program.run({ [name]: input, target })
  await program.release()
  return results.relevance!.data as Float32Array
}

function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  expect(actual.length).toBe(expected.length)
  const largest = Math.max(...Array.from(expected, Math.abs))
  const worst = Array.from(expected).reduce((most, e, k) => Math.max(most, Math.abs(actual[k]! - e)), 0)
  expect(worst / largest).toBeLessThan(tolerance)
}

describe.skipIf(!shared)('innvestigate: single layers, the largest output explained', () => {
  const read = (name: string) => {
    const tensor = readNpy(readFileSync(join(folder, 'innvestigate-layer', `${name}.npy`)), name)
    return { shape: tensor.shape, data: Float32Array.from(tensor.data as ArrayLike<number>) }
  }
  /** From [n, h, w, c], which innvestigate uses, to [n, c, h, w]. */
  const channelsFirst = ({ shape, data }: { shape: readonly number[]; data: Float32Array }) => {
    const [n, h, w, c] = shape as [number, number, number, number]
    const moved = new Float32Array(data.length)
    for (let k = 0; k < data.length; k++) {
      const [picture, place, channel] = [Math.floor(k / (h * w * c)), Math.floor(k / c) % (h * w), k % c]
      moved[(picture * c + channel) * h * w + place] = data[k]!
    }
    return float32([n, c, h, w], moved)
  }
  /** Kernels [h, w, in, out] as [out, in, h, w]. */
  const kernels = ({ shape, data }: { shape: readonly number[]; data: Float32Array }) => {
    const [h, w, i, o] = (shape.length === 2 ? [1, 1, ...shape] : shape) as [number, number, number, number]
    const moved = new Float32Array(data.length)
    for (let k = 0; k < data.length; k++) {
      const [place, input, output] = [Math.floor(k / (i * o)), Math.floor(k / o) % i, k % o]
      moved[(output * i + input) * h * w + place] = data[k]!
    }
    return float32([o, i, h, w], moved)
  }

  // innvestigate divides by z with 1e-7 added where z is 0, or by z + 1e-7 · sign z for LRPEpsilon.
  const rules: Record<string, CompositeEntryInput> = {
    LRPZ: { rule: 'simple' },
    LRPEpsilon: { rule: 'epsilon', epsilon: 1e-7 },
    LRPAlpha1Beta0: { rule: 'alpha-beta', alpha: 1, beta: 0 },
    LRPAlpha2Beta1: { rule: 'alpha-beta', alpha: 2, beta: -1 },
    LRPZPlus: { rule: 'z-plus' },
    LRPFlat: { rule: 'flat' },
    LRPWSquare: { rule: 'w-square' },
  }
  // A dense layer there acts on the channels of each pixel: a convolution with a kernel of 1.
  const layers = ['Dense', 'Dense_relu', 'Conv2D', 'Conv2D_relu', 'MaxPooling2D']

  for (const [analyzer, rule] of Object.entries(rules)) {
    for (const layer of layers) {
      test(`${analyzer} ${layer}`, async () => {
        const input = channelsFirst(read('input'))
        const g = new GraphBuilder('layer')
        let x: Value = g.input('x', 'float32', [8, 3, 10, 10])
        if (layer === 'MaxPooling2D') x = g.op('MaxPool', [x], { kernel_shape: [2, 2], strides: [2, 2] })
        else x = g.op('Conv', [x, g.constant(kernels(read(`${analyzer}.${layer}.w`)), 'w')])
        if (layer.endsWith('relu')) x = g.op('Relu', [x])
        const [, channels, side] = x.shape as number[]
        g.output('outputs', g.op('Flatten', [x]))
        const outputs = read(`${analyzer}.${layer}.output`).data
        const count = outputs.length / 8
        const targets = Array.from({ length: 8 }, (_, n) => {
          const row = outputs.subarray(n * count, (n + 1) * count)
          const largest = row.indexOf(Math.max(...row))
          return (largest % channels!) * side! * side! + Math.floor(largest / channels!)
        })
        const map = await explain(g.graph(), rule, input, targets)
        expectClose(map, channelsFirst(read(`${analyzer}.${layer}.attribution`)).data, 1e-4)
      })
    }
  }
})

describe.skipIf(!shared)(
  'zennit: a linear layer with bias and inputs of either sign, all outputs explained',
  () => {
    const text = shared ? readFileSync(join(folder, 'zennit-rule-definitions/linear.json'), 'utf8') : '{}'
    const { weight, bias, input, input_relu, expected } = JSON.parse(text) as {
      weight: number[][]
      bias: number[]
      input: number[][]
      input_relu: number[][]
      expected: Record<string, number[][]>
    }
    // zennit adds 1e-6 to every denominator; regard gives 0 where a sum is empty and needs that for ε alone. A sum
    // of 0.02, as there is here, makes it a difference of 5e-5: so it is added for the comparison.
    const epsilon = (value: number): CompositeEntryInput => ({ rule: 'epsilon', epsilon: value })
    const alphaBeta = (alpha: number, beta: number): CompositeEntryInput => ({
      rule: 'alpha-beta',
      alpha,
      beta,
      epsilon: 1e-6,
    })
    const gamma: CompositeEntryInput = { rule: 'gamma', gamma: 0.25, epsilon: 1e-6 }
    const zPlus: CompositeEntryInput = { rule: 'z-plus', epsilon: 1e-6 }
    // zennit's zero_params leaves the bias out of a rule; what arrives is still the layer's own output.
    const withoutBias = (rule: CompositeEntryInput) => ({ ...rule, bias: false }) as CompositeEntryInput
    const cases: [
      name: string,
      rule: CompositeEntryInput,
      changes: { relu?: boolean; share?: (output: number) => number },
    ][] = [
      ['epsilon_1e-6', epsilon(1e-6), {}],
      ['epsilon_0.01', epsilon(0.01), {}],
      ['epsilon_1', epsilon(1), {}],
      ['epsilon_1_zerobias', withoutBias(epsilon(1)), {}],
      ['alpha2beta1', alphaBeta(2, -1), {}],
      ['alpha2beta1_zerobias', withoutBias(alphaBeta(2, -1)), {}],
      ['alpha1beta0', alphaBeta(1, 0), {}],
      ['flat', { rule: 'flat' }, {}],
      ['zplus', zPlus, {}],
      ['zplus_zerobias', withoutBias(zPlus), {}],
      ['gamma_0.25', gamma, {}],
      ['gamma_0.25_zerobias', withoutBias(gamma), {}],
      ['zbox_-3_3', { rule: 'z-box', low: -3, high: 3 }, {}],
      // zennit's w² gives the square of the bias a share, which the paper's formula does not have.
      [
        'wsquare',
        { rule: 'w-square' },
        { share: (k) => 1 - bias[k]! ** 2 / (squares(weight[k]!) + bias[k]! ** 2) },
      ],
      ['wsquare_zerobias', { rule: 'w-square' }, {}],
      ['relu_input_zplus', zPlus, { relu: true }],
      ['relu_input_gamma_0.25', gamma, { relu: true }],
      ['relu_input_epsilon_0.01', epsilon(0.01), { relu: true }],
      ['relu_input_alpha2beta1', alphaBeta(2, -1), { relu: true }],
    ]
    for (const [name, rule, { relu, share = () => 1 }] of cases) {
      test(name, async () => {
        const g = new GraphBuilder('linear')
        const [outputs, inputs] = [weight.length, weight[0]!.length]
        const x = g.input('x', 'float32', ['batch', inputs])
        const w = g.constant(float32([outputs, inputs], weight.flat()), 'w')
        const b = g.constant(float32([outputs], bias), 'b')
        g.output('outputs', g.op('Gemm', [relu ? g.op('Relu', [x]) : x, w, b], { transB: 1 }))
        for (const [n, row] of (relu ? input_relu : input).entries()) {
          // One output at a time, all in one batch; the maps add up to that of all outputs.
          const batch = Array.from({ length: outputs }, () => row).flat()
          const targets = Array.from({ length: outputs }, (_, k) => k)
          const maps = await explain(g.graph(), rule, float32([outputs, inputs], batch), targets)
          const sum = row.map((_, i) =>
            targets.reduce((total, k) => total + share(k) * maps[k * inputs + i]!, 0),
          )
          expectClose(sum, expected[name]![n]!, 1e-5)
        }
      })
    }
  },
)
