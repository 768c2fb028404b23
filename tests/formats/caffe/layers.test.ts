import { describe, expect, test } from 'vitest'
import { float32, type TensorOf } from '../../../src/graph/types.ts'
import type { LayerBlobs } from './caffemodel.ts'
import { network, numbers, run } from './run.ts'

/** A layer that reads `data` and writes `y`. */
function layer(type: string, parameters = '', bottoms = ['data'], tops = ['y']): string {
  const list = (field: string, names: string[]) => names.map((name) => `${field}: "${name}"`).join(' ')
  return `layer { name: "y" type: "${type}" ${list('bottom', bottoms)} ${list('top', tops)} ${parameters} }`
}
const blobs = (...tensors: TensorOf<'float32'>[]): LayerBlobs[] => [{ name: 'y', blobs: tensors }]

/** The output of one or more layers for a picture; `y` by default. */
async function answer(data: TensorOf<'float32'>, layers: string, weights?: LayerBlobs[], of = 'y') {
  return (await run(network(data.shape, layers, weights), data))[of]!
}
function expectClose(found: readonly number[], expected: readonly number[]) {
  expect(found.length).toBe(expected.length)
  found.forEach((value, k) => {
    expect(Math.abs(value - expected[k]!)).toBeLessThan(1e-5 * Math.max(1, Math.abs(expected[k]!)))
  })
}

const x = numbers([2, 3, 2, 2])
const map = (value: (x: number, k: number) => number) => Array.from(x.data, value)
const channel = (k: number) => Math.floor(k / 4) % 3

describe('a layer that works on each number', () => {
  test.each<[string, string, (x: number, k: number) => number]>([
    ['ReLU', '', (x) => Math.max(x, 0)],
    ['ReLU', 'relu_param { negative_slope: 0.25 }', (x) => (x > 0 ? x : x / 4)],
    ['Sigmoid', '', (x) => 1 / (1 + Math.exp(-x))],
    ['TanH', '', Math.tanh],
    ['ELU', '', (x) => (x > 0 ? x : Math.exp(x) - 1)],
    ['ELU', 'elu_param { alpha: 0.5 }', (x) => (x > 0 ? x : 0.5 * (Math.exp(x) - 1))],
    ['Power', '', (x) => x],
    ['Power', 'power_param { scale: 2 }', (x) => 2 * x],
    ['Power', 'power_param { shift: -1 }', (x) => x - 1],
    ['Power', 'power_param { scale: 2 shift: -1 }', (x) => 2 * x - 1],
    ['Dropout', 'dropout_param { dropout_ratio: 0.5 }', (x) => x],
  ])('%s %s', async (type, parameters, value) => {
    expectClose(await answer(x, layer(type, parameters)), map(value))
  })

  test('PReLU has a slope per channel, or one for all', async () => {
    const slopes = [0.5, 0.25, 2]
    const each = await answer(x, layer('PReLU'), blobs(float32([3], slopes)))
    expectClose(
      each,
      map((x, k) => (x > 0 ? x : slopes[channel(k)]! * x)),
    )
    const shared = layer('PReLU', 'prelu_param { channel_shared: true }')
    expectClose(
      await answer(x, shared, blobs(float32([], [0.5]))),
      map((x) => (x > 0 ? x : x / 2)),
    )
  })

  test('Softmax runs over the channels of each pixel', async () => {
    const small = numbers([2, 3, 2, 2], 0.1)
    const y = await answer(small, layer('Softmax'))
    const e = (k: number) => Math.exp(small.data[k]!)
    expectClose(
      y,
      Array.from(small.data, (_, k) => {
        const first = k - 4 * channel(k)
        return e(k) / (e(first) + e(first + 4) + e(first + 8))
      }),
    )
  })

  test('Eltwise adds, with coefficients, multiplies, or takes the maximum', async () => {
    const double =
      'layer { name: "d" type: "Power" bottom: "data" top: "d" power_param { scale: 2 shift: 1 } }'
    const three = (parameters: string) =>
      answer(x, double + layer('Eltwise', `eltwise_param { ${parameters} }`, ['data', 'd', 'data']))
    const two = (parameters: string) =>
      answer(x, double + layer('Eltwise', `eltwise_param { ${parameters} }`, ['data', 'd']))
    expectClose(
      await two(''),
      map((x) => 3 * x + 1),
    )
    expectClose(
      await three('operation: SUM'),
      map((x) => 4 * x + 1),
    )
    expectClose(
      await two('coeff: 1 coeff: -1'),
      map((x) => -x - 1),
    )
    expectClose(
      await two('operation: PROD'),
      map((x) => x * (2 * x + 1)),
    )
    expectClose(
      await three('operation: PROD'),
      map((x) => x * x * (2 * x + 1)),
    )
    expectClose(
      await three('operation: MAX'),
      map((x) => Math.max(x, 2 * x + 1)),
    )
  })
})

/** A convolution by its definition; pictures [n, channels, h, w], weights [filters, channels / group, kh, kw]. */
function convolved(
  { shape: [n, channels, h, w], data }: TensorOf<'float32'>,
  { shape: [filters, perGroup, kh, kw], data: weight }: TensorOf<'float32'>,
  { stride, pad, dilation, group }: Record<'stride' | 'pad' | 'dilation' | 'group', number>,
  bias: (filter: number) => number,
): number[] {
  const size = (length: number, kernel: number) =>
    Math.floor((length + 2 * pad - dilation * (kernel - 1) - 1) / stride) + 1
  const y: number[] = []
  for (let image = 0; image < n!; image++) {
    for (let filter = 0; filter < filters!; filter++) {
      const first = Math.floor(filter / (filters! / group)) * perGroup!
      for (let row = 0; row < size(h!, kh!); row++) {
        for (let column = 0; column < size(w!, kw!); column++) {
          let sum = bias(filter)
          for (let c = 0; c < perGroup!; c++) {
            for (let i = 0; i < kh!; i++) {
              for (let j = 0; j < kw!; j++) {
                const [r, s] = [row * stride - pad + i * dilation, column * stride - pad + j * dilation]
                if (r < 0 || r >= h! || s < 0 || s >= w!) continue
                const pixel = data[((image * channels! + first + c) * h! + r) * w! + s]!
                sum += pixel * weight[((filter * perGroup! + c) * kh! + i) * kw! + j]!
              }
            }
          }
          y.push(sum)
        }
      }
    }
  }
  return y
}

describe('a layer with weights', () => {
  test.each([
    ['', { stride: 1, pad: 0, dilation: 1, group: 1 }],
    ['stride: 2 pad: 1', { stride: 2, pad: 1, dilation: 1, group: 1 }],
    ['dilation: 2 pad: 2', { stride: 1, pad: 2, dilation: 2, group: 1 }],
    ['group: 2 pad_h: 1 pad_w: 1', { stride: 1, pad: 1, dilation: 1, group: 2 }],
    ['stride_h: 3 stride_w: 3', { stride: 3, pad: 0, dilation: 1, group: 1 }],
    ['stride: 2 stride: 2 pad: 1 bias_term: false', { stride: 2, pad: 1, dilation: 1, group: 1 }],
  ])('Convolution %s', async (parameters, how) => {
    const data = numbers([2, 4, 7, 6])
    const weight = numbers([6, 4 / how.group, 3, 2], 0.1)
    const bias = numbers([6])
    const biased = !parameters.includes('bias_term')
    const written = `convolution_param { num_output: 6 kernel_h: 3 kernel_w: 2 ${parameters} }`
    const y = await answer(
      data,
      layer('Convolution', written),
      blobs(...(biased ? [weight, bias] : [weight])),
    )
    expectClose(
      y,
      convolved(data, weight, how, (filter) => (biased ? bias.data[filter]! : 0)),
    )
  })

  test('Deconvolution is the transpose of the convolution with the same weights', async () => {
    // ⟨conv(a), b⟩ = ⟨a, deconv(b)⟩ for all a and b.
    const how = { stride: 2, pad: 1, dilation: 1, group: 2 }
    const weight = numbers([6, 2, 3, 3], 0.1)
    const b = numbers([1, 6, 4, 4])
    const written =
      'convolution_param { num_output: 4 kernel_size: 3 stride: 2 pad: 1 group: 2 bias_term: false }'
    const transposed = await answer(b, layer('Deconvolution', written), blobs(weight))
    for (const hot of [0, 5, 50, 120]) {
      const a = float32([1, 4, 7, 7])
      a.data[hot] = 1
      const forward = convolved(a, weight, how, () => 0)
      const product = forward.reduce((sum, value, k) => sum + value * b.data[k]!, 0)
      expect(transposed[hot]).toBeCloseTo(product, 4)
    }
  })

  test.each([
    ['', false],
    ['transpose: true', true],
    ['axis: -3', false],
  ])('InnerProduct %s', async (parameters, transposed) => {
    const weight = numbers(transposed ? [12, 5] : [5, 12], 0.1)
    const bias = numbers([5])
    const y = await answer(
      x,
      layer('InnerProduct', `inner_product_param { num_output: 5 ${parameters} }`),
      blobs(weight, bias),
    )
    const at = (unit: number, k: number) => weight.data[transposed ? k * 5 + unit : unit * 12 + k]!
    expectClose(
      y,
      [0, 1].flatMap((image) =>
        Array.from(bias.data, (start, unit) => {
          const inputs = x.data.subarray(image * 12, image * 12 + 12)
          return inputs.reduce((sum, value, k) => sum + value * at(unit, k), start)
        }),
      ),
    )
  })
})

describe('a layer that normalises', () => {
  test('LRN divides alpha by the number of channels', async () => {
    const data = numbers([1, 6, 1, 1])
    const y = await answer(data, layer('LRN', 'lrn_param { local_size: 3 alpha: 0.6 beta: 0.75 k: 2 }'))
    expectClose(
      y,
      Array.from(data.data, (value, c) => {
        const near = data.data.subarray(Math.max(0, c - 1), c + 2)
        return value / (2 + (0.6 / 3) * near.reduce((sum, v) => sum + v * v, 0)) ** 0.75
      }),
    )
  })

  test.each([4, 0])('BatchNorm divides its sums by the scale factor %d', async (total) => {
    const [mean, variance] = [float32([3], [4, -8, 2]), float32([3], [4, 1, 16])]
    const y = await answer(
      x,
      layer('BatchNorm', 'batch_norm_param { eps: 0.01 }'),
      blobs(mean, variance, float32([1], [total])),
    )
    const over = (sums: TensorOf<'float32'>, k: number) => (total === 0 ? 0 : sums.data[channel(k)]! / total)
    expectClose(
      y,
      map((x, k) => (x - over(mean, k)) / Math.sqrt(over(variance, k) + 0.01)),
    )
  })

  const [weight, bias] = [float32([3], [2, -1, 0.5]), float32([3], [1, 2, 3])]

  test('Scale multiplies each channel, and adds its bias if it has one', async () => {
    expectClose(
      await answer(x, layer('Scale'), blobs(weight)),
      map((x, k) => x * weight.data[channel(k)]!),
    )
    expectClose(
      await answer(x, layer('Scale', 'scale_param { bias_term: true }'), blobs(weight, bias)),
      map((x, k) => x * weight.data[channel(k)]! + bias.data[channel(k)]!),
    )
  })

  test('Scale may act along other axes', async () => {
    const pixels = float32([2, 2], [1, 2, 3, 4])
    expectClose(
      await answer(x, layer('Scale', 'scale_param { axis: 2 num_axes: -1 }'), blobs(pixels)),
      map((x, k) => x * pixels.data[k % 4]!),
    )
    expectClose(
      await answer(x, layer('Scale', 'scale_param { num_axes: 0 }'), blobs(float32([], [3]))),
      map((x) => x * 3),
    )
  })

  test('Scale by a second blob: one factor per picture and channel', async () => {
    const mean =
      'layer { name: "m" type: "Pooling" bottom: "data" top: "m" pooling_param { pool: AVE global_pooling: true } }'
    const flat = 'layer { name: "f" type: "Flatten" bottom: "m" top: "f" }'
    const y = await answer(x, mean + flat + layer('Scale', 'scale_param { axis: 0 }', ['data', 'f']))
    expectClose(
      y,
      map((x, k) => x * (x0(k) / 4)),
    )
  })
  const x0 = (k: number) => x.data.subarray(k - (k % 4), k - (k % 4) + 4).reduce((a, b) => a + b)

  test('Bias adds to each channel', async () => {
    expectClose(
      await answer(x, layer('Bias'), blobs(bias)),
      map((x, k) => x + bias.data[channel(k)]!),
    )
  })
})

describe('a layer that moves numbers', () => {
  const slice = (parameters: string, tops: string[]) =>
    layer('Slice', `slice_param { ${parameters} }`, ['data'], tops)

  test('Slice cuts at its points, or into equal parts; Concat joins', async () => {
    const cut = network([1, 3, 2, 2], slice('slice_point: 1', ['a', 'b']))
    expect(cut.outputs.map(({ name, shape }) => [name, shape])).toEqual([
      ['a', ['batch', 1, 2, 2]],
      ['b', ['batch', 2, 2, 2]],
    ])
    const turned = layer('Concat', '', ['c', 'a', 'b'], ['turned']).replace('"y"', '"turned"')
    const y = await answer(x, slice('axis: 1', ['a', 'b', 'c']) + turned, undefined, 'turned')
    expectClose(
      y,
      map((_, k) => x.data[12 * Math.floor(k / 12) + 4 * ((channel(k) + 2) % 3) + (k % 4)]!),
    )
  })

  test('Split gives the same blob several names', async () => {
    const graph = network([2, 3, 2, 2], layer('Split', '', ['data'], ['a', 'b']))
    const { a, b } = await run(graph, x)
    expect([a, b]).toEqual([Array.from(x.data), Array.from(x.data)])
  })

  const shapeOf = (layers: string) => network([5, 3, 4, 2], layers).outputs[0]!.shape
  test.each([
    ['Flatten', '', ['batch', 24]],
    ['Flatten', 'flatten_param { axis: 2 }', ['batch', 3, 8]],
    ['Flatten', 'flatten_param { axis: 1 end_axis: 2 }', ['batch', 12, 2]],
    ['Reshape', 'reshape_param { shape { dim: 0 dim: -1 } }', ['batch', 24]],
    ['Reshape', 'reshape_param { shape { dim: 5 dim: 6 dim: -1 } }', ['batch', 6, 4]],
    ['Reshape', 'reshape_param { shape { dim: -1 dim: 24 } }', ['batch', 24]],
    ['Reshape', 'reshape_param { shape { dim: 0 dim: 0 dim: 8 } }', ['batch', 3, 8]],
    ['Reshape', 'reshape_param { axis: 2 shape { dim: 2 dim: 4 } }', ['batch', 3, 2, 4]],
    ['Reshape', 'reshape_param { axis: 1 num_axes: 1 shape { dim: 3 dim: 1 } }', ['batch', 3, 1, 4, 2]],
    ['Permute', 'permute_param { order: 0 order: 2 order: 3 order: 1 }', ['batch', 4, 2, 3]],
    ['Permute', 'permute_param { order: 0 order: 3 }', ['batch', 2, 3, 4]],
  ])('%s %s', (type, parameters, shape) => {
    expect(shapeOf(layer(type, parameters))).toEqual(shape)
  })
})

test('what has no effect outside training need not be read', async () => {
  const harmless =
    'phase: TEST loss_weight: 0 param { lr_mult: 2 } relu_param { engine: CUDNN } include { phase: TEST }'
  expect(network([1, 3, 2, 2], layer('ReLU', harmless)).nodes.map(({ op }) => op)).toEqual(['Relu'])
})

describe('an unreadable layer gives its name, type, line and what to do', () => {
  test.each<[string, string]>([
    [
      layer('Python'),
      'layer y (Python): regard does not read layers of this type. Cut the network off before',
    ],
    [
      layer('Innerproduct'),
      'layer y (Innerproduct): regard does not read layers of this type. Did you mean “InnerProduct”?',
    ],
    [layer('constructor'), 'layer y (constructor): regard does not read layers of this type'],
    [
      layer('LRN', 'lrn_param { norm_region: WITHIN_CHANNEL }'),
      'layer y (LRN): norm_region: WITHIN_CHANNEL is not supported. Only',
    ],
    [layer('LRN', 'lrn_param { local_size: 4 }'), 'local_size must be odd, not 4'],
    [
      layer('Power', 'power_param { power: 2 }'),
      'layer y (Power): a power of 2 is not supported, only scale and shift are',
    ],
    [layer('BatchNorm', 'batch_norm_param { use_global_stats: false }'), 'Set use_global_stats: true'],
    // From forks.
    [
      layer('Pooling', 'pooling_param { kernel_size: 2 ceil_mode: false }'),
      'layer y (Pooling): regard does not read its ceil_mode, which may change what it computes',
    ],
    [layer('Pooling', 'pooling_param { kernel_size: 2 dilation: 2 }'), 'regard does not read its dilation'],
    [layer('ReLU', 'relu_param { clip { most: 6 } }'), 'regard does not read its most'],
    [layer('ReLU', 'power: 2'), 'regard does not read its power'],
    [layer('Sigmoid', 'sigmoid_param { slope: 2 }'), 'regard does not read its slope'],
    [layer('Dropout', 'dropout_param { scale_train: false }'), 'scale_train: false is not supported'],
    [
      layer('Pooling', 'pooling_param { global_pooling: true stride: 2 }'),
      'with global_pooling, its stride must be 1 and its pad 0',
    ],
    [
      layer('Concat', 'concat_param { axis: 0 }'),
      'layer y (Concat): it works along axis 0, the pictures of a batch',
    ],
    [layer('Concat', '', ['data', 'nothing']), 'it reads the blob nothing, which no layer before it writes'],
    [
      layer('ReLU', '', ['dat']),
      'it reads the blob dat, which no layer before it writes. Did you mean “data”?',
    ],
    [layer('ReLU', '', ['data', 'data']), 'layer y (ReLU): it reads 2 blobs, not one'],
    [layer('ReLU', '', ['data'], ['a', 'b']), 'layer y (ReLU): it names 2 tops, not 1'],
    [
      layer('Slice', 'slice_param { slice_point: 3 }', ['data'], ['a', 'b']),
      '3 along axis 1 cannot be cut at [3] into 2 parts',
    ],
    [layer('Slice', '', ['data'], ['a', 'b']), '3 along axis 1 cannot be cut at [1.5] into 2 parts'],
    [layer('Convolution', 'convolution_param { kernel_size: 3 }'), 'num_output is missing'],
    [
      layer('Convolution', 'convolution_param { num_output: 1 }'),
      'layer y (Convolution): kernel_size is missing',
    ],
    [
      layer('Convolution', 'convolution_param { num_output: 4 kernel_size: 1 group: 2 }'),
      '3 channels and 4 filters cannot be divided into 2 groups',
    ],
    [
      layer(
        'Convolution',
        'convolution_param { num_output: 1 kernel_size: 3 kernel_size: 3 kernel_size: 3 }',
      ),
      'kernel_size has 3 numbers: only pictures are read',
    ],
    [layer('Eltwise', '', ['data']), 'it needs at least two blobs'],
    [
      layer('Eltwise', 'eltwise_param { coeff: 1 }', ['data', 'data']),
      'coeff must have a number for each blob of a SUM',
    ],
    [
      layer('Flatten').replace('"y"', '"f"').replace('"y"', '"f"') + layer('Eltwise', '', ['data', 'f']),
      'its blobs differ in shape: [batch, 3, 4, 4] and [batch, 48]',
    ],
    [
      layer('Flatten').replace('"y"', '"f"').replace('"y"', '"f"') + layer('LRN', '', ['f']),
      'it needs pictures, [batch, channels, height, width], not [batch, 48]',
    ],
    [
      layer('Reshape', 'reshape_param { shape { dim: 3 dim: -1 } }'),
      'with the pictures of a batch kept apart. Write 0 for the first dimension',
    ],
    [layer('Permute', 'permute_param { order: 1 order: 0 }'), 'the order [1, 0] does not fit'],
    [
      layer('Scale', 'scale_param { axis: 2 }', ['data', 'data']),
      'does not fit [batch, 3, 4, 4] from axis 2 on',
    ],
  ])('%s', (text, message) => {
    expect(() => network([2, 3, 4, 4], text)).toThrow(message)
    expect(() => network([2, 3, 4, 4], text)).toThrow('net.prototxt:2: ')
  })

  test('a kernel that does not fit its picture', () => {
    const text = layer('Convolution', 'convolution_param { num_output: 1 kernel_size: 9 }')
    expect(() => network([1, 1, 4, 4], text, blobs(numbers([1, 1, 9, 9]), numbers([1])))).toThrow(
      /net\.prototxt:2: layer y \(Convolution\): .*a kernel of 9 does not fit an input of 4/,
    )
  })
})
