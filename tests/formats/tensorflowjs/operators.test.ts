import { describe, expect, test } from 'vitest'
import {
  byRegard,
  expectSame,
  flag,
  floats,
  imported,
  int,
  ints,
  model,
  type Nodes,
  noise,
  ops,
  single,
  text,
  type Weight,
  whole,
} from './compare.ts'

/**
 * The nodes after a convolution, where pictures are channels-first, and on the input as it is: both must
 * agree with TensorFlow.js. `p` is the picture, [batch, 4, 6, 3].
 */
async function expectSameOnPictures(weights: Record<string, Weight>, nodes: Nodes): Promise<void> {
  const window = { strides: ints(1, 1, 1, 1), dilations: ints(1, 1, 1, 1), padding: text('SAME') }
  const shape = [2, 4, 6, 3]
  await expectSame(
    model(
      [-1, 4, 6, 3],
      { ...weights, filters: noise([1, 1, 3, 3], 'weights') },
      { p: ['Conv2D', ['x', 'filters'], window], ...nodes },
    ),
    shape,
  )
  await expectSame(model([-1, 4, 6, 3], weights, { p: ['Identity', ['x']], ...nodes }), shape)
}

describe('arithmetic on pictures', () => {
  test.each(['AddV2', 'Sub', 'Mul', 'RealDiv', 'Maximum', 'Minimum', 'SquaredDifference'])(
    '%s with constants per channel, per pixel, for all, and with another picture',
    async (op) => {
      const positive = (weight: Weight): Weight => ({
        ...weight,
        data: weight.data.map((v) => Math.abs(v) + 1),
      })
      await expectSameOnPictures(
        {
          number: positive(noise([], 1)),
          channels: positive(noise([3], 2)),
          columns: positive(noise([6, 1], 3)),
          plane: positive(noise([4, 6, 3], 4)),
          picture: positive(noise([1, 4, 1, 3], 5)),
        },
        {
          a: [op, ['p', 'number']],
          b: [op, ['p', 'channels']],
          c: [op, ['columns', 'p']],
          d: [op, ['p', 'plane']],
          e: [op, ['picture', 'p']],
          root: ['Exp', ['x']],
          f: [op, ['p', 'root']],
        },
      )
    },
  )

  test.each([
    'Relu',
    'Relu6',
    'LeakyRelu',
    'Elu',
    'Sigmoid',
    'Tanh',
    'Softplus',
    'Neg',
    'Abs',
    'Exp',
    'Square',
    'Erf',
  ])('%s', async (op) => {
    await expectSameOnPictures({}, { y: [op, ['p'], op === 'LeakyRelu' ? { alpha: { f: 0.1 } } : {}] })
  })

  test('roots and logarithms', async () => {
    await expectSameOnPictures(
      { one: floats([], [1.5]) },
      {
        positive: ['Exp', ['p']],
        root: ['Sqrt', ['positive']],
        inverse: ['Rsqrt', ['positive']],
        log: ['Log', ['positive']],
        reciprocal: ['Reciprocal', ['positive']],
        power: ['Pow', ['positive', 'one']],
      },
    )
  })

  test('slopes of PReLU for each channel and for each pixel', async () => {
    await expectSameOnPictures(
      { channels: noise([3], 1), shared: noise([1, 1, 3], 2), each: noise([4, 6, 3], 3) },
      { a: ['Prelu', ['p', 'channels']], b: ['Prelu', ['p', 'shared']], c: ['Prelu', ['p', 'each']] },
    )
  })

  test('bounds are a ReLU or a Clip', async () => {
    const made = model(
      [-1, 3],
      { zero: floats([], [0]), half: floats([], [0.5]), low: floats([], [-0.5]) },
      {
        a: ['Maximum', ['x', 'zero']],
        b: ['Minimum', ['half', 'x']],
        c: ['ClipByValue', ['x', 'low', 'half']],
      },
    )
    expect(ops(await expectSame(made, [4, 3]))).toEqual(['Relu', 'Clip', 'Clip'])
  })

  test('sums of several', async () => {
    await expectSameOnPictures({}, { q: ['Exp', ['p']], r: ['Neg', ['x']], y: ['AddN', ['p', 'q', 'r']] })
  })
})

describe('along axes', () => {
  const axes = {
    rows: whole(1, 2),
    channels: whole(-1),
    all: whole(1, 2, 3),
    row: single(1),
    batch: whole(0),
  }
  const names = Object.keys(axes)

  test.each(['Mean', 'Sum', 'Max'])('%s', async (op) => {
    await expectSameOnPictures(
      axes,
      Object.fromEntries(
        names.flatMap((name) => [
          [`${name}.kept`, [op, ['p', name], { keep_dims: flag(true) }]],
          [`${name}.gone`, [op, ['p', name], { keep_dims: flag(false) }]],
        ]),
      ),
    )
  })

  test('softmax over channels, and the index of the largest', async () => {
    await expectSameOnPictures(
      { channels: single(3), rows: single(1) },
      {
        softmax: ['Softmax', ['p']],
        logSoftmax: ['LogSoftmax', ['p']],
        best: ['ArgMax', ['p', 'channels']],
        lowest: ['ArgMax', ['p', 'rows']],
      },
    )
  })

  test('squeeze and excitation: the mean of each channel, back beside the picture', async () => {
    await expectSameOnPictures(
      { axes: whole(1, 2), w: noise([3, 3], 1), shape: whole(-1, 1, 1, 3) },
      {
        mean: ['Mean', ['p', 'axes']],
        dense: ['MatMul', ['mean', 'w']],
        gate: ['Sigmoid', ['dense']],
        picture: ['Reshape', ['gate', 'shape']],
        y: ['Mul', ['p', 'picture']],
      },
    )
  })
})

describe('shapes and orders', () => {
  test('reshape, squeeze, expand', async () => {
    await expectSameOnPictures(
      { flat: whole(-1, 72), rows: whole(-1, 24, 3), one: whole(1, 2), last: single(-1), second: single(1) },
      {
        flat1: ['Reshape', ['p', 'flat']],
        rows1: ['Reshape', ['p', 'rows']],
        mean: ['Mean', ['p', 'one'], { keep_dims: flag(true) }],
        squeezed: ['Squeeze', ['mean'], { squeeze_dims: ints(1, 2) }],
        half: ['Squeeze', ['mean'], { squeeze_dims: ints(1) }],
        expanded: ['ExpandDims', ['squeezed', 'last']],
        again: ['ExpandDims', ['p', 'second']],
      },
    )
  })

  test('a reshape that was written for one picture takes any number', async () => {
    const made = model(
      [-1, 2, 2, 3],
      { one: whole(1, 12), rest: whole(1, -1, 3) },
      { a: ['Reshape', ['x', 'one']], b: ['Reshape', ['x', 'rest']] },
    )
    const graph = await expectSame(made, [1, 2, 2, 3])
    expect(graph.outputs.map(({ shape }) => shape)).toEqual([
      ['batch', 12],
      ['batch', 4, 3],
    ])
    expect((await byRegard(graph, noise([5, 2, 2, 3]))).get('b')!.shape).toEqual([5, 4, 3])
  })

  test('a shape that the graph computes is computed on import', async () => {
    await expectSameOnPictures(
      {
        from: whole(0),
        to: whole(1),
        step: whole(1),
        three: single(3),
        pixels: single(24),
        minus: whole(-1),
      },
      {
        shape: ['Shape', ['p']],
        batch: ['StridedSlice', ['shape', 'from', 'to', 'step'], { shrink_axis_mask: int(1) }],
        packed: ['Pack', ['batch', 'pixels', 'three'], { axis: int(0) }],
        y: ['Reshape', ['p', 'packed']],
        first: ['StridedSlice', ['shape', 'from', 'to', 'step'], {}],
        both: ['ConcatV2', ['first', 'minus', 'zero']],
        z: ['Reshape', ['p', 'both']],
        zero: ['Sub', ['three', 'three']],
      },
    )
  })

  test('transposes that cancel disappear', async () => {
    const made = model(
      [-1, 3, 4, 6],
      { w: noise([1, 1, 3, 3], 1), last: whole(0, 2, 3, 1), first: whole(0, 3, 1, 2) },
      {
        a: ['Transpose', ['x', 'last']],
        b: [
          'Conv2D',
          ['a', 'w'],
          { strides: ints(1, 1, 1, 1), dilations: ints(1, 1, 1, 1), padding: text('VALID') },
        ],
        c: ['Transpose', ['b', 'first']],
      },
    )
    expect(ops(await expectSame(made, [2, 3, 4, 6]))).toEqual(['Conv'])
  })

  test('transposes of any order', async () => {
    await expectSameOnPictures(
      { a: whole(0, 2, 1, 3), b: whole(3, 2, 1, 0), c: whole(0, 2, 3, 1), d: whole(0, 3, 1, 2) },
      Object.fromEntries(['a', 'b', 'c', 'd'].map((name) => [`${name}1`, ['Transpose', ['p', name]]])),
    )
  })
})

describe('parts', () => {
  test.each([1, 2, 3, -1])('are joined and split along axis %i', async (axis) => {
    const size = [4, 6, 3].at(axis - (axis > 0 ? 1 : 0))!
    await expectSameOnPictures(
      { axis: single(axis), sizes: whole(1, -1) },
      {
        q: ['Exp', ['p']],
        together: ['ConcatV2', ['p', 'q', 'x', 'axis'], { N: int(3) }],
        first: ['Split', ['axis', 'p'], { num_split: int(size) }],
        last: ['AddV2', ['first', `first:${size - 1}`]],
        ends: ['SplitV', ['p', 'sizes', 'axis']],
        end: ['Neg', ['ends:1']],
        apart: ['Unpack', ['p'], { axis: int(axis), num: int(size) }],
        sum: ['AddV2', ['apart', 'apart:1']],
        packed: ['Pack', ['p', 'x'], { axis: int(axis) }],
      },
    )
  })

  test('slices', async () => {
    await expectSameOnPictures(
      {
        zeros: whole(0, 1, 2, 0),
        sizes: whole(-1, 2, 3, 2),
        from: whole(0, 1, 2, 0),
        to: whole(0, -1, 6, 1),
        steps: whole(1, 1, 2, 1),
        single: whole(1, 1, 1, 1),
        ends: whole(0, 0, 0, 0),
        back: whole(1, -1, 1, 1),
        start: whole(0, 1),
        stop: whole(0, 2),
        ones: whole(1, 1),
      },
      {
        slice: ['Slice', ['p', 'zeros', 'sizes']],
        strided: ['StridedSlice', ['p', 'from', 'to', 'steps'], { end_mask: int(1), begin_mask: int(1) }],
        // Without steps: TensorFlow.js 4.22 takes wrong elements if a slice has steps and drops an axis.
        column: [
          'StridedSlice',
          ['p', 'from', 'to', 'single'],
          { end_mask: int(1), shrink_axis_mask: int(8) },
        ],
        backwards: [
          'StridedSlice',
          ['p', 'ends', 'ends', 'back'],
          { end_mask: int(15), begin_mask: int(15) },
        ],
        row: [
          'StridedSlice',
          ['p', 'start', 'stop', 'ones'],
          { begin_mask: int(1), end_mask: int(1), shrink_axis_mask: int(2) },
        ],
      },
    )
  })

  test('padding with zeros, with another number, and mirrored', async () => {
    const paddings: Weight = { shape: [4, 2], data: Int32Array.of(0, 0, 1, 2, 0, 3, 0, 1) }
    await expectSameOnPictures(
      { paddings, seven: floats([], [7]) },
      {
        zeros: ['Pad', ['p', 'paddings']],
        sevens: ['PadV2', ['p', 'paddings', 'seven']],
        mirrored: ['MirrorPad', ['p', 'paddings'], { mode: text('reflect') }],
      },
    )
  })

  test('casts', async () => {
    await expectSameOnPictures(
      { ten: floats([], [10]) },
      {
        more: ['Mul', ['p', 'ten']],
        integers: ['Cast', ['more'], { DstT: { type: 'DT_INT32' } }],
        y: ['Cast', ['integers'], { DstT: { type: 'DT_FLOAT' } }],
      },
    )
  })
})

test('unused weights are not read', () => {
  const made = model(
    [-1, 2],
    { text: { shape: [1], data: new Uint8Array(4), dtype: 'int32' } },
    { y: ['Relu', ['x']] },
  )
  made.json.signature = { inputs: {}, outputs: { y: { name: 'y' } } }
  expect(imported(made).initializers.size).toBe(0)
})
