import { describe, expect, it } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { nodeEngine } from '../../src/engine/node.ts'
import { scorePictures, tenCropGraph } from '../../src/evaluation/tenCrop.ts'
import { GraphBuilder, type Value } from '../../src/graph/builder.ts'
import { float32, type Graph } from '../../src/graph/types.ts'
import { verify } from '../../src/graph/verify.ts'
import { inputOf } from '../../src/models/input.ts'
import type { Preprocessing } from '../../src/models/preprocessing.ts'
import { livelyNetwork } from '../networks/lively.ts'

const PICTURE = 58
const CROP = 51
const CLASSES = 3

const random = new Random('ten crops')
const network = livelyNetwork(CROP, CLASSES)
const mean = Float32Array.from({ length: 3 * PICTURE ** 2 }, () => random.uniform(90, 130))
const pictures = Array.from({ length: 13 }, () =>
  Uint8Array.from({ length: 3 * PICTURE ** 2 }, () => random.integer(256)),
)
const engine = await nodeEngine({ threads: 1 })
const caffe: Preprocessing = {
  size: { height: CROP, width: CROP },
  picture: { height: PICTURE, width: PICTURE },
  fit: 'pad',
  layout: 'NCHW',
  channels: 'BGR',
  scale: [1, 1, 1],
  mean: { height: PICTURE, width: PICTURE, planes: mean },
}

/** The ten crops of a picture, pixel by pixel: the corners, the centre, then the mirror images of these. */
function tenCrops(picture: Uint8Array): Float32Array[] {
  const end = PICTURE - CROP
  const middle = Math.floor(end / 2)
  const corners = [
    [0, 0],
    [0, end],
    [end, 0],
    [end, end],
    [middle, middle],
  ] as const
  return [false, true].flatMap((mirrored) =>
    corners.map(([top, left]) => {
      const crop = new Float32Array(3 * CROP * CROP)
      for (let plane = 0; plane < 3; plane++) {
        for (let y = 0; y < CROP; y++) {
          for (let x = 0; x < CROP; x++) {
            const column = left + (mirrored ? CROP - 1 - x : x)
            const place = (top + y) * PICTURE + column
            // Planes are blue, green, red; pixels are red, green, blue.
            crop[(plane * CROP + y) * CROP + x] =
              picture[place * 3 + 2 - plane]! - mean[plane * PICTURE ** 2 + place]!
          }
        }
      }
      return crop
    }),
  )
}

async function probabilities(graph: Graph, crops: Float32Array[]): Promise<number[][]> {
  const program = await engine.load(graph)
  const rows: number[][] = []
  for (const crop of crops) {
    const { logits } = await program.run({ images: float32([1, 3, CROP, CROP], crop) })
    const powers = Array.from(logits!.data as Float32Array, Math.exp)
    const sum = powers.reduce((a, b) => a + b)
    rows.push(powers.map((power) => power / sum))
  }
  await program.release()
  return rows
}

describe('ten-crop scoring', () => {
  const graph = tenCropGraph(network, caffe)

  it('is a well-formed graph from pictures to scores', () => {
    verify(graph)
    expect(graph.inputs).toEqual([{ name: 'pictures', type: 'uint8', shape: ['batch', PICTURE, PICTURE, 3] }])
    expect(graph.outputs).toEqual([{ name: 'scores', type: 'float32', shape: ['batch', CLASSES] }])
  })

  it('stops before its next run, for the given reason', async () => {
    const controller = new AbortController()
    const done: number[] = []
    const scoring = scorePictures(engine, graph, pictures, {
      signal: controller.signal,
      progress(count) {
        done.push(count)
        controller.abort(new Error('enough'))
      },
    })
    await expect(scoring).rejects.toThrow('enough')
    expect(done).toEqual([10])
  })

  it('gives the mean probability of ten crops, cut and scored one by one', async () => {
    const done: number[] = []
    const scores = await scorePictures(engine, graph, pictures, { progress: (count) => done.push(count) })
    expect(done).toEqual([10, 13])
    expect(scores).toHaveLength(13)
    // The first and the last batch.
    for (const k of [0, 7, 12]) {
      const crops = await probabilities(network, tenCrops(pictures[k]!))
      const expected = Array.from(
        { length: CLASSES },
        (_, c) => crops.reduce((sum, row) => sum + row[c]!, 0) / 10,
      )
      expect(Math.max(...crops.map((row) => Math.abs(row[0]! - expected[0]!)))).toBeGreaterThan(0.01)
      expected.forEach((value, c) => {
        expect(scores[k]![c]).toBeCloseTo(value, 5)
      })
    }
  })

  it('scores a picture as large as the crop, whose windows are all the same', async () => {
    const same = tenCropGraph(network, { ...caffe, picture: caffe.size, mean: [0, 0, 0] })
    const picture = new Uint8Array(3 * CROP ** 2).fill(60)
    const [scores] = await scorePictures(engine, same, [picture])
    const [expected] = await probabilities(network, [Float32Array.from(picture)])
    expected!.forEach((value, c) => {
      expect(scores![c]).toBeCloseTo(value, 5)
    })
  })

  it('says so when the weights are broken', async () => {
    const broken = structuredClone(network)
    ;(broken.initializers.get('fc8.weight')!.data as Float32Array)[0] = Number.NaN
    const scoring = tenCropGraph(broken, caffe)
    await expect(scorePictures(engine, scoring, pictures)).rejects.toThrow(/a score is NaN or infinite/)
  })
})

const ENDINGS = {
  Softmax: (g: GraphBuilder, y: Value) => g.op('Softmax', [y]),
  Sigmoid: (g: GraphBuilder, y: Value) => g.op('Sigmoid', [y]),
  logits: (_: GraphBuilder, y: Value) => y,
  percent: (g: GraphBuilder, y: Value) => g.mul(g.op('Softmax', [y]), g.scalar(100)),
  logarithms: (g: GraphBuilder, y: Value) => g.op('LogSoftmax', [y]),
}

/** A linear network that ends as `answer` says, with that many logits. */
function linear(shape: (number | string)[], logits: number, answer: keyof typeof ENDINGS): Graph {
  const g = new GraphBuilder('linear')
  const x = g.input('x', 'float32', shape)
  const inputs = shape.slice(1).reduce<number>((product, d) => product * Number(d), 1)
  const weights = Array.from({ length: inputs * logits }, () => random.normal(0, 0.002))
  const y = g.op('MatMul', [g.op('Flatten', [x]), g.constant(float32([inputs, logits], weights))])
  g.output('answer', ENDINGS[answer](g, y))
  return g.graph()
}

describe('scoring as a card says', () => {
  const size = { height: 9, width: 7 }
  const picture = { height: 12, width: 12 }
  const planes = (channels: number, { height, width }: typeof size) => ({
    height,
    width,
    planes: Float32Array.from({ length: channels * height * width }, () => random.uniform(90, 130)),
  })
  const photos = Array.from({ length: 3 }, () =>
    Uint8Array.from({ length: 3 * 12 ** 2 }, () => random.integer(256)),
  )

  it.each([
    ['RGB, NHWC, a scale a channel', 'RGB', 'NHWC', [0.5, 2, 1], [120, 110, 100], 3, 'Softmax'],
    ['grey, of one logit', 'gray', 'NCHW', [0.1], [128], 1, 'Sigmoid'],
    ['BGR with a mean of the size of the crop', 'BGR', 'NCHW', [1, 1, 1], planes(3, size), 4, 'logits'],
    [
      'RGB with a mean of the size of the picture',
      'RGB',
      'NHWC',
      [1, 2, 3],
      planes(3, picture),
      4,
      'Softmax',
    ],
    ['percentages', 'RGB', 'NCHW', [1, 1, 1], [0, 0, 0], 4, 'percent'],
    ['logarithms', 'RGB', 'NCHW', [1, 1, 1], [0, 0, 0], 4, 'logarithms'],
  ] as const)(
    'agrees with the input that an explanation makes of a photo: %s',
    async (...[, channels, layout, scale, mean, logits, answer]) => {
      const preprocessing: Preprocessing = { size, picture, fit: 'pad', layout, channels, scale, mean }
      const sides = [size.height, size.width]
      const shape = layout === 'NCHW' ? ['batch', scale.length, ...sides] : ['batch', ...sides, scale.length]
      const network = linear(shape, logits, answer)
      const scores = await scorePictures(engine, tenCropGraph(network, preprocessing, { crops: 1 }), photos)
      const program = await engine.load(network)
      for (const [k, data] of photos.entries()) {
        const result = await program.run({ x: inputOf({ ...picture, data }, preprocessing) })
        const given = Array.from(result.answer!.data as Float32Array)
        const powers = given.map(Math.exp)
        const sum = powers.reduce((a, b) => a + b)
        const wanted = {
          Sigmoid: [1 - given[0]!, given[0]!],
          Softmax: given,
          logits: powers.map((p) => p / sum),
          percent: given.map((value) => value / 100),
          logarithms: powers,
        }[answer]
        expect(scores[k]!.length).toBe(wanted.length)
        wanted.forEach((value, c) => {
          expect(scores[k]![c]).toBeCloseTo(value, 5)
        })
      }
    },
  )

  it('concatenates the classes of several outputs, and leaves a plain number as it is', async () => {
    const preprocessing: Preprocessing = {
      size,
      picture: size,
      fit: 'pad',
      layout: 'NCHW',
      channels: 'RGB',
      scale: [1, 1, 1],
      mean: [0, 0, 0],
    }
    const g = new GraphBuilder('three')
    const pixels = g.op('Flatten', [g.input('x', 'float32', ['batch', 3, size.height, size.width])])
    const part = (from: number, to: number) =>
      g.div(g.slice(pixels, { 1: [from, to] }), g.constant(float32([], [100])))
    g.output('three', g.op('Softmax', [part(0, 3)]))
    g.output('unread', part(0, 9))
    g.output('years', part(10, 11))
    g.output('one', part(11, 12))
    const outputs = [{ output: 'years', plain: true }, { output: 'three' }, { output: 'one' }]
    const graph = tenCropGraph(g.graph(), preprocessing, { outputs, crops: 1 })
    const photo = Uint8Array.from({ length: 3 * size.height * size.width }, () => random.integer(256))
    const [row] = await scorePictures(engine, graph, [photo], { crops: 1 })
    // The red plane comes first.
    const red = (k: number) => photo[3 * k]! / 100
    const powers = [0, 1, 2].map((k) => Math.exp(red(k)))
    const sum = powers.reduce((a, b) => a + b)
    const yes = 1 / (1 + Math.exp(-red(11)))
    const wanted = [red(10), ...powers.map((power) => power / sum), 1 - yes, yes]
    expect(row).toHaveLength(wanted.length)
    wanted.forEach((value, k) => {
      expect(row![k]).toBeCloseTo(value, 5)
    })
  })

  it('takes pictures one by one as they are made', async () => {
    async function* made() {
      for (const picture of pictures) yield picture
    }
    const graph = tenCropGraph(network, caffe)
    expect(await scorePictures(engine, graph, made())).toEqual(await scorePictures(engine, graph, pictures))
  })

  it('takes few large pictures at a time, which keeps all cores busy in little memory', async () => {
    const network = linear(['batch', 3, 227, 227], 2, 'logits')
    const sides = { size: { height: 227, width: 227 }, picture: { height: 256, width: 256 } }
    const large = Array.from({ length: 5 }, (_, k) => new Uint8Array(3 * 256 ** 2).fill(k))
    for (const [crops, expected] of [
      [10, [2, 4, 5]],
      [1, [5]],
    ] as const) {
      const graph = tenCropGraph(network, { ...caffe, ...sides, mean: [0, 0, 0] }, { crops })
      const done: number[] = []
      await scorePictures(engine, graph, large, { crops, progress: (count) => done.push(count) })
      expect(done).toEqual(expected)
    }
  })

  it('opens a network for a fixed number of pictures to any number, and refuses one that mixes them', () => {
    const one = linear([1, 3, 12, 12], 2, 'logits')
    const preprocessing: Preprocessing = { ...caffe, size: picture, picture, mean: [0, 0, 0] }
    expect(tenCropGraph(one, preprocessing).inputs[0]!.shape[0]).toBe('batch')
    const [output] = one.outputs
    const g = GraphBuilder.from({ ...one, outputs: [] })
    const share = g.op('Softmax', [g.value(output!.name)], { axis: 0 })
    g.output('share', share)
    expect(() => tenCropGraph(g.graph(), preprocessing)).toThrow(/takes 1 picture at a time/)
  })
})
