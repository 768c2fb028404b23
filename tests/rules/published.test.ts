import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { nodeEngine } from '../../src/engine/node.ts'
import { readNpy } from '../../src/formats/npy.ts'
import { GraphBuilder, type Value } from '../../src/graph/builder.ts'
import { float32, type Graph, type TensorOf } from '../../src/graph/types.ts'
import type { Composite, CompositeEntryInput } from '../../src/rules/composites/composite.ts'
import { relevance } from '../../src/rules/relevance/relevance.ts'
import { stabilised } from '../../src/rules/relevance/stabilise.ts'
import { shared } from '../shared.ts'
import { oneHot } from './targets.ts'

// Relevance that other programs published, for layers that regard computes by the same rule. (The folder's numbers
// on perturbation and on measures of maps belong to evaluation, not to rules.)

const folder = join(shared ?? '', 'reference/lrp')

function squares(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value * value, 0)
}

/** The relevance of the input, or of another value, given a rule for every layer or a composite. */
async function explain(
  graph: Graph,
  rule: CompositeEntryInput | Composite,
  input: TensorOf<'float32'>,
  targets: readonly number[],
  of = graph.inputs[0]!.name,
) {
  const composite = 'rule' in rule ? { name: rule.rule, layers: [rule] } : rule
  const { graph: explained } = relevance(graph, composite, { of: [of] })
  const program = await (await nodeEngine({ threads: 1 })).load(explained)
  const name = graph.inputs[0]!.name
  const target = oneHot(targets, Number(explained.inputs.find((each) => each.name === 'target')!.shape[1]))
  const results = await program.run({ [name]: input, target })
  await program.release()
  return results[of === name ? 'relevance' : `relevance of ${of}`]!.data as Float32Array
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

  // innvestigate divides by z with 1e-7 added where z is 0, or by z + 1e-7 · sign z for LRPEpsilon. Its biases are
  // all zero, so that a rule that ignores the bias is the same rule; its presets have ε = 0.1 on inner products.
  const epsilon = (value: number): CompositeEntryInput => ({ rule: 'epsilon', epsilon: value })
  const alphaBeta = (alpha: number, beta: number): CompositeEntryInput => ({
    rule: 'alpha-beta',
    alpha,
    beta,
  })
  const withoutBias = (rule: CompositeEntryInput) => ({ ...rule, bias: false }) as CompositeEntryInput
  const simple: CompositeEntryInput = { rule: 'simple' }
  const flat: CompositeEntryInput = { rule: 'flat' }
  const preset = (convolution: CompositeEntryInput) => (layer: string) =>
    layer.startsWith('Dense') ? epsilon(0.1) : convolution
  const gradients = (composite: object) => ({ name: 'gradient', method: 'gradient' as const, ...composite })
  const analyzers: Record<
    string,
    CompositeEntryInput | ((layer: string) => CompositeEntryInput) | Composite
  > = {
    LRPZ: simple,
    LRPZIgnoreBias: withoutBias(simple),
    LRPEpsilon: epsilon(1e-7),
    LRPEpsilonIgnoreBias: withoutBias(epsilon(1e-7)),
    LRPAlpha1Beta0: alphaBeta(1, 0),
    LRPAlpha1Beta0IgnoreBias: withoutBias(alphaBeta(1, 0)),
    LRPAlpha2Beta1: alphaBeta(2, -1),
    LRPAlpha2Beta1IgnoreBias: withoutBias(alphaBeta(2, -1)),
    LRPZPlus: { rule: 'z-plus' },
    LRPFlat: flat,
    LRPWSquare: { rule: 'w-square' },
    LRPZ_Flat_input_layer_rule: flat,
    LRPZ_boxed_input_layer_rule: { rule: 'z-box', low: -10, high: 10 },
    LRPSequentialPresetA: preset(alphaBeta(1, 0)),
    LRPSequentialPresetB: preset(alphaBeta(2, -1)),
    LRPSequentialPresetAFlat: flat,
    LRPSequentialPresetBFlat: flat,
    Gradient: gradients({}),
    InputTimesGradient: gradients({ timesInput: true }),
    GuidedBackprop: gradients({ activation: 'guided-backprop' }),
    Deconvnet: gradients({ activation: 'deconvnet' }),
  }
  // Its dense layer acts on the channels of each pixel: a convolution with a kernel of 1.
  const layers = ['Dense', 'Dense_relu', 'Conv2D', 'Conv2D_relu', 'MaxPooling2D', 'AveragePooling2D']

  test('every case is here, except Deep Taylor and a variant of z⁺, for which the folder lacks numbers', () => {
    const manifest = readFileSync(join(folder, 'innvestigate-layer/manifest.json'), 'utf8')
    const { cases } = JSON.parse(manifest) as { cases: Record<string, unknown> }
    const covered = Object.keys(analyzers).flatMap((analyzer) =>
      layers.map((layer) => `${analyzer}/${layer}`),
    )
    const left = Object.keys(cases).filter((name) => !covered.includes(name))
    expect([...new Set(left.map((name) => name.split('/')[0]))]).toEqual([
      'BoundedDeepTaylor',
      'DeepTaylor',
      'LRPZPlusFast',
    ])
    for (const name of left) {
      expect(
        existsSync(join(folder, 'innvestigate-layer', `${name.replace('/', '.')}.attribution.npy`)),
      ).toBe(false)
    }
  })

  for (const [analyzer, given] of Object.entries(analyzers)) {
    for (const layer of layers) {
      test(`${analyzer} ${layer}`, async () => {
        const input = channelsFirst(read('input'))
        const g = new GraphBuilder('layer')
        let x: Value = g.input('x', 'float32', [8, 3, 10, 10])
        const window = { kernel_shape: [2, 2], strides: [2, 2] }
        if (layer === 'MaxPooling2D') x = g.op('MaxPool', [x], window)
        else if (layer === 'AveragePooling2D') x = g.op('AveragePool', [x], window)
        else x = g.op('Conv', [x, g.constant(kernels(read(`${analyzer}.${layer}.w`)), 'w')])
        if (layer.endsWith('relu')) x = g.op('Relu', [x])
        const [, channels, side] = x.shape as number[]
        g.output('outputs', g.op('Flatten', [x]))
        const outputs = read(`${analyzer}.${layer}.output`).data
        const count = outputs.length / 8
        const rows = Array.from({ length: 8 }, (_, n) => outputs.subarray(n * count, (n + 1) * count))
        const targets = rows.map((row) => {
          const largest = row.indexOf(Math.max(...row))
          return (largest % channels!) * side! * side! + Math.floor(largest / channels!)
        })
        const map = await explain(
          g.graph(),
          typeof given === 'function' ? given(layer) : given,
          input,
          targets,
        )
        // There, guided backpropagation and the deconvnet start with the output itself, not with 1.
        const startsWithOutput = ['GuidedBackprop', 'Deconvnet'].includes(analyzer)
        const size = map.length / 8
        const scaled = map.map((value, k) =>
          startsWithOutput ? value * Math.max(...rows[Math.floor(k / size)]!) : value,
        )
        expectClose(scaled, channelsFirst(read(`${analyzer}.${layer}.attribution`)).data, 1e-4)
      })
    }
  }
})

describe.skipIf(!shared)('captum: small nets worked out by hand', () => {
  const text = shared ? readFileSync(join(folder, 'captum-handcomputed/cases.json'), 'utf8') : '{"cases":[]}'
  const { cases, stabilize_table } = JSON.parse(text) as {
    cases: { name: string; input: unknown; expected: unknown; expected_hidden?: Record<string, number[]> }[]
    stabilize_table: { rows: { eps: number; in: number[]; out: number[]; clip?: true; norm_scale?: true }[] }
  }
  const epsilon: CompositeEntryInput = { rule: 'epsilon', epsilon: 1e-9 }
  const flattened = (nested: unknown): number[] => [nested].flat(Number.POSITIVE_INFINITY) as number[]
  const ones = (rows: number, columns: number, value: number) =>
    Array.from({ length: rows }, () => Array<number>(columns).fill(value))

  /** Weights [out, in], as captum has them. */
  function inner(g: GraphBuilder, x: Value, rows: readonly (readonly number[])[], name: string): Value {
    const weights = g.constant(float32([rows.length, rows[0]!.length], rows.flat()), `${name}.weight`)
    return g.op('Gemm', [x, weights], { transB: 1 }, name)
  }

  interface Net {
    readonly shape: readonly number[]
    readonly build: (g: GraphBuilder, x: Value) => Value
    readonly layers?: readonly CompositeEntryInput[]
    readonly target?: number
    /** The value whose relevance is published, if not the input. */
    readonly of?: string
  }
  const mixed = [
    [-2, 2, 2],
    [2, 2, 2],
    [2, 2, 2],
  ]
  const simple = (first: readonly (readonly number[])[], activation: 'Relu' | 'Tanh' = 'Relu', last = 3) => ({
    shape: [1, 3],
    build: (g: GraphBuilder, x: Value) =>
      inner(g, g.op(activation, [inner(g, x, first, 'first')], {}, 'hidden'), ones(1, 3, last), 'second'),
  })
  const nets: Record<string, Net> = {
    one_conv_epsilon: {
      shape: [1, 1, 4, 4],
      build: (g, x) => {
        const weights = g.constant(float32([2, 1, 3, 3], Array(18).fill(1)))
        const conv = g.op('Conv', [x, weights, g.constant(float32([2], [-50, -75]))])
        const row = [1, 1, 1, 1, 1, -1, -1, -1]
        return g.op('Relu', [
          inner(g, g.op('Flatten', [g.op('Relu', [conv])]), [row, row, row, row], 'linear'),
        ])
      },
      target: 0,
    },
    simple_epsilon: simple(ones(3, 3, 2)),
    'simple_gamma1_gamma0.25': {
      ...simple(mixed),
      layers: [
        { first: 1, rule: 'gamma', gamma: 1 },
        { rule: 'gamma', gamma: 0.25 },
      ],
    },
    simple_alpha1beta0: { ...simple(mixed), layers: [{ rule: 'alpha-beta', alpha: 1, beta: 0 }] },
    // Captum's identity rule hands on what arrives at a layer as it is; regard has no such rule for a layer, but
    // gives what arrives there.
    simple_identity_then_epsilon: { ...simple(mixed), of: 'hidden' },
    tanh_passthrough: simple(ones(3, 3, 0.1), 'Tanh', 0.1),
    residual_add: {
      shape: [1, 2],
      build: (g, x) => g.add(x, inner(g, x, ones(2, 2, 5), 'linear')),
      target: 1,
    },
    maxpool2d: {
      shape: [1, 1, 2, 2],
      build: (g, x) => g.op('Flatten', [g.op('MaxPool', [x], { kernel_shape: [2, 2] })]),
    },
    // regard pools pictures, not volumes: the volume's one window is laid out flat.
    maxpool3d: {
      shape: [1, 1, 2, 4],
      build: (g, x) => g.op('Flatten', [g.op('MaxPool', [x], { kernel_shape: [2, 4] })]),
    },
    'concat_two_branches (zennit-crp)': {
      shape: [1, 2],
      build: (g, x) => {
        const y1 = inner(
          g,
          x,
          [
            [1, 2],
            [0, 1],
          ],
          'y1',
        )
        const y2 = inner(
          g,
          x,
          [
            [2, 3],
            [0, 0],
          ],
          'y2',
        )
        return inner(g, g.concat([y1, y2], 1), [[1, 4, 5, 0]], 'y')
      },
      layers: [{ rule: 'epsilon', epsilon: 1e-6 }],
    },
  }

  test('every case is here', () => {
    expect(Object.keys(nets)).toEqual(cases.map(({ name }) => name))
  })

  for (const { name, input, expected, expected_hidden } of cases) {
    test(name, async () => {
      const { shape, build, layers = [epsilon], target = 0, of = 'x' } = nets[name]!
      const numbers = typeof input === 'string' ? Array.from({ length: 16 }, (_, k) => k) : flattened(input)
      const g = new GraphBuilder('net')
      g.output('outputs', build(g, g.input('x', 'float32', shape)))
      const maps = async (value: string) =>
        explain(g.graph(), { name: 'captum', layers: [...layers] }, float32(shape, numbers), [target], value)
      // ε = 1e-6 stands beside a sum of 1 in the last; tanh is published with four digits.
      const tolerance = name.startsWith('tanh') ? 1e-3 : 1e-5
      expectClose(await maps(of), flattened(expected), tolerance)
      for (const [value, published] of Object.entries(expected_hidden ?? {})) {
        expectClose(await maps(value), published, tolerance)
      }
    })
  }

  // zennit can also clip a denominator, or scale ε with the norm: regard neither has nor needs these.
  const plain = stabilize_table?.rows.filter(({ clip, norm_scale }) => !clip && !norm_scale) ?? []
  test.each(plain)(
    'z + ε · sign z for ε = $eps: the sign of 0, and of −0, is +',
    async ({ eps, in: z, out }) => {
      const g = new GraphBuilder('stabilised')
      g.output('y', stabilised(g, g.input('z', 'float32', [4]), eps))
      const program = await (await nodeEngine({ threads: 1 })).load(g.graph())
      const { y } = await program.run({ z: float32([4], z) })
      expect([...(y!.data as Float32Array)]).toEqual(out.map(Math.fround))
    },
  )
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
    test('every case is here', () => {
      expect(cases.map(([name]) => name).sort()).toEqual(Object.keys(expected).sort())
    })

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
