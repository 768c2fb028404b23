import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { NodeOf } from '../../../src/graph/operators.ts'
import {
  byRegard,
  expectSame,
  flag,
  floats,
  imported,
  int,
  ints,
  model,
  noise,
  ops,
  single,
  text,
  texts,
  type Weight,
  whole,
} from './compare.ts'

const step = (size: number) => ints(1, size, size, 1)
const convolution = { strides: step(1), padding: text('SAME'), dilations: step(1), data_format: text('NHWC') }

describe('layers', () => {
  test('convolution, bias, ReLU, convolution need no transpose between, and the bias is in the layer', async () => {
    const made = model(
      [-1, 5, 4, 2],
      { w1: noise([3, 3, 2, 6], 1), b1: noise([6], 2), w2: noise([1, 1, 6, 3], 3) },
      {
        conv1: ['Conv2D', ['x', 'w1'], convolution],
        bias1: ['BiasAdd', ['conv1', 'b1']],
        relu1: ['Relu', ['bias1']],
        conv2: ['Conv2D', ['relu1', 'w2'], convolution],
      },
    )
    const graph = await expectSame(made, [2, 5, 4, 2])
    expect(ops(graph)).toEqual(['Transpose', 'Conv', 'Relu', 'Conv', 'Transpose'])
    expect(graph.nodes[1]!.inputs).toHaveLength(3)
    expect(graph.inputs[0]!.shape).toEqual(['batch', 5, 4, 2])
    expect(graph.outputs[0]!.shape).toEqual(['batch', 5, 4, 3])
  })

  test('the remains of a batch normalisation after a layer become part of it', async () => {
    const made = model(
      [-1, 4, 4, 3],
      {
        w: noise([3, 3, 3, 2], 1),
        scale: noise([6], 2),
        shift: noise([1, 1, 1, 6], 3),
        dense: noise([6, 4], 4),
        scale2: noise([4], 5),
        shift2: noise([4], 6),
        axes: whole(1, 2),
      },
      {
        conv: ['DepthwiseConv2dNative', ['x', 'w'], convolution],
        scaled: ['Mul', ['conv', 'scale']],
        shifted: ['AddV2', ['shift', 'scaled']],
        mean: ['Mean', ['shifted', 'axes'], { keep_dims: flag(false) }],
        product: ['MatMul', ['mean', 'dense'], {}],
        scaled2: ['Mul', ['product', 'scale2']],
        y: ['BiasAdd', ['scaled2', 'shift2']],
      },
    )
    const graph = await expectSame(made, [1, 4, 4, 3])
    expect(ops(graph)).toEqual(['Transpose', 'Conv', 'ReduceMean', 'Gemm'])
  })

  test('a layer whose result is also read elsewhere keeps it', async () => {
    const made = model(
      [-1, 3, 3, 2],
      { w: noise([1, 1, 2, 2], 1), b: noise([2], 2) },
      {
        conv: ['Conv2D', ['x', 'w'], convolution],
        biased: ['BiasAdd', ['conv', 'b']],
        y: ['Mul', ['conv', 'biased']],
      },
    )
    expect(ops(await expectSame(made, [1, 3, 3, 2]))).toEqual([
      'Transpose',
      'Conv',
      'Add',
      'Mul',
      'Transpose',
    ])
  })

  test('SAME padding puts the odd pixel at the end', () => {
    const made = model(
      [1, 6, 8, 1],
      { w: noise([3, 3, 1, 1]) },
      { y: ['Conv2D', ['x', 'w'], { ...convolution, strides: step(2) }] },
    )
    const conv = imported(made).nodes.find(({ op }) => op === 'Conv') as NodeOf<'Conv'>
    expect(conv.attributes.pads).toEqual([0, 0, 1, 1])
  })

  test('windows lie as in TensorFlow.js, for any size, stride, dilation and padding', async () => {
    const size = fc.integer({ min: 5, max: 9 })
    const kernel = fc.integer({ min: 1, max: 4 })
    const windows = fc.record({
      height: size,
      width: size,
      rows: kernel,
      columns: kernel,
      stride: fc.integer({ min: 1, max: 3 }),
      dilation: fc.constantFrom(1, 2),
      padding: fc.constantFrom('SAME', 'VALID'),
    })
    await fc.assert(
      fc.asyncProperty(windows, async ({ height, width, rows, columns, stride, dilation, padding }) => {
        // TensorFlow has no convolution that is both dilated and strided.
        const spread = stride > 1 || (padding === 'VALID' && Math.max(rows, columns) > 3) ? 1 : dilation
        const window = { strides: step(stride), padding: text(padding) }
        const made = model(
          [1, height, width, 2],
          { w: noise([rows, columns, 2, 3], 1), d: noise([rows, columns, 2, 2], 2) },
          {
            conv: ['Conv2D', ['x', 'w'], { ...window, dilations: step(spread) }],
            depthwise: ['DepthwiseConv2dNative', ['x', 'd'], { ...window, dilations: step(spread) }],
            most: ['MaxPool', ['x'], { ...window, ksize: ints(1, rows, columns, 1) }],
            mean: ['AvgPool', ['x'], { ...window, ksize: ints(1, rows, columns, 1) }],
          },
        )
        await expectSame(made, [1, height, width, 2])
      }),
      { numRuns: 25 },
    )
  })

  test('average pooling at a border divides by the number of real pixels', async () => {
    const pool = { ksize: step(3), strides: step(1), padding: text('SAME') }
    const made = model([1, 3, 3, 1], {}, { y: ['AvgPool', ['x'], pool] })
    const ones = { type: 'float32', shape: [1, 3, 3, 1], data: new Float32Array(9).fill(1) } as const
    expect((await byRegard(imported(made), ones)).get('y')!.data).toEqual(new Float32Array(9).fill(1))
  })

  test.each([
    ['BiasAdd'],
    ['BiasAdd', 'Relu'],
    ['BiasAdd', 'Relu6'],
    ['BiasAdd', 'Elu'],
    ['BiasAdd', 'LeakyRelu'],
    ['BiasAdd', 'Sigmoid'],
    ['BiasAdd', 'Prelu'],
  ])('what is fused into a layer: %s %s', async (...fused) => {
    const slopes: Record<string, Weight> = fused.includes('Prelu')
      ? { slope3: noise([1, 1, 3], 5), slope4: noise([4], 6) }
      : {}
    const [slope3, slope4] = Object.keys(slopes).map((name) => [name])
    const attributes = {
      ...convolution,
      fused_ops: texts(...fused),
      num_args: int(slope3 ? 2 : 1),
      leakyrelu_alpha: { f: 0.3 },
    }
    const made = model(
      [-1, 4, 4, 2],
      {
        w: noise([3, 3, 2, 3], 1),
        b3: noise([3], 3),
        ...(fused[1] !== 'LeakyRelu' && { d: noise([3, 3, 2, 2], 2), b4: noise([4], 4) }),
        ...slopes,
      },
      {
        conv: ['_FusedConv2D', ['x', 'w', 'b3', ...(slope3 ?? [])], attributes],
        // TensorFlow.js 4.22 loses the slope of a fused LeakyRelu, and gives NaN.
        ...(fused[1] !== 'LeakyRelu' && {
          depthwise: ['FusedDepthwiseConv2dNative', ['x', 'd', 'b4', ...(slope4 ?? [])], attributes],
        }),
      },
    )
    await expectSame(made, [2, 4, 4, 2])
  })

  test.each([
    [false, false],
    [true, false],
    [false, true],
    [true, true],
  ])('inner products with a transposed left side %s and right side %s', async (a, b) => {
    const weights = noise(b ? [5, 4] : [4, 5], 1)
    const made = model(
      a ? [4, 3] : [3, 4],
      { w: weights, b: noise([5], 2), scale: noise([5], 3) },
      {
        product: ['MatMul', ['x', 'w'], { transpose_a: flag(a), transpose_b: flag(b) }],
        scaled: ['Mul', ['product', 'scale']],
        fused: [
          '_FusedMatMul',
          ['x', 'w', 'b'],
          {
            transpose_a: flag(a),
            transpose_b: flag(b),
            fused_ops: texts('BiasAdd', 'Relu'),
            num_args: int(1),
          },
        ],
      },
    )
    expect(ops(await expectSame(made, a ? [4, 3] : [3, 4])).filter((op) => op === 'Gemm')).toHaveLength(2)
  })

  test('a batch normalisation of its own', async () => {
    const made = model(
      [-1, 3, 2, 4],
      {
        scale: noise([4], 1),
        shift: noise([4], 2),
        mean: noise([4], 3),
        variance: floats([4], [0.5, 1, 2, 3]),
      },
      {
        y: [
          'FusedBatchNormV3',
          ['x', 'scale', 'shift', 'mean', 'variance'],
          { epsilon: { f: 0.001 }, is_training: flag(false) },
        ],
      },
    )
    expect(ops(await expectSame(made, [2, 3, 2, 4]))).toContain('BatchNormalization')
  })
})

describe('pictures of another size', () => {
  const cases = fc.record({
    from: fc.tuple(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 8 })),
    to: fc.tuple(fc.integer({ min: 1, max: 16 }), fc.integer({ min: 1, max: 16 })),
    op: fc.constantFrom('ResizeBilinear', 'ResizeNearestNeighbor'),
    align: fc.constantFrom('align_corners', 'half_pixel_centers', 'neither'),
  })
  const resized = (from: readonly number[], to: readonly number[], op: string, align: string) =>
    model([-1, ...from, 2], { size: whole(...to) }, { y: [op, ['x', 'size'], { [align]: flag(true) }] })

  test('agree with TensorFlow.js, or are refused', async () => {
    let refused = 0
    let runs = 0
    await fc.assert(
      fc.asyncProperty(cases, async ({ from, to, op, align }) => {
        runs++
        try {
          imported(resized(from, to, op, align))
        } catch (error) {
          expect((error as Error).message).toMatch(/cannot be written exactly/)
          refused++
          return
        }
        await expectSame(resized(from, to, op, align), [2, ...from, 2])
      }),
      { numRuns: 100 },
    )
    expect(refused / runs).toBeLessThan(0.1)
  })

  test('twice as large works in every way', async () => {
    for (const op of ['ResizeBilinear', 'ResizeNearestNeighbor']) {
      for (const align of ['align_corners', 'half_pixel_centers', 'neither']) {
        await expectSame(resized([7, 5], [14, 10], op, align), [1, 7, 5, 2])
      }
    }
  })
})

test('several outputs keep the names of the signature', async () => {
  const made = model(
    [-1, 4],
    { w: noise([4, 3], 1), w2: noise([4, 1], 2) },
    {
      a: ['MatMul', ['x', 'w']],
      age: ['Softmax', ['a']],
      b: ['MatMul', ['x', 'w2']],
      gender: ['Sigmoid', ['b']],
    },
  )
  made.json.signature = {
    inputs: { face: { name: 'x:0' } },
    outputs: { gender: { name: 'gender:0' }, 'age:0': { name: 'age:0' }, scores: { name: 'a:0' } },
  }
  const graph = imported(made)
  expect(graph.inputs.map(({ name }) => name)).toEqual(['face'])
  expect(graph.outputs.map(({ name, shape }) => [name, shape])).toEqual([
    ['gender', ['batch', 1]],
    ['age', ['batch', 3]],
    ['scores', ['batch', 3]],
  ])
  const found = await byRegard(graph, noise([2, 4]))
  const sums = [0, 3].map((start) =>
    (found.get('age')!.data as Float32Array).slice(start, start + 3).reduce((sum, p) => sum + p),
  )
  expect(sums[0]).toBeCloseTo(1)
  expect(sums[1]).toBeCloseTo(1)
})

test('a picture whose size the model leaves open gets the requested one', () => {
  const made = model([-1, -1, -1, 3], { axis: single(-1) }, { y: ['Max', ['x', 'axis']] })
  expect(() => imported(made)).toThrow(/node x,.*pictures of any size: say for which height and width/)
  expect(imported(made, { size: [20, 30] }).outputs[0]!.shape).toEqual(['batch', 20, 30])
})
