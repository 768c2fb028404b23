import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fromBinary, toBinary } from '@bufbuild/protobuf'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { MissingFile } from '../../src/formats/files.ts'
import { writeOnnxFile } from '../../src/formats/node.ts'
import { writeNpy } from '../../src/formats/npy.ts'
import { GraphBuilder, type Value } from '../../src/graph/builder.ts'
import { readGraph, writeGraph } from '../../src/graph/file.ts'
import { ModelProtoSchema } from '../../src/graph/onnx_pb.ts'
import { type DataType, float32, type Shape } from '../../src/graph/types.ts'
import { modelOf, openModel, requirePreprocessing } from '../../src/models/model.ts'
import { openModelFile, type TrainedCard, writeModel } from '../../src/models/node.ts'
import { livelyNetwork } from '../networks/lively.ts'

const meanPicture = float32(
  [3, 58, 58],
  Float32Array.from({ length: 3 * 58 ** 2 }, (_, k) => k / 100),
)
const card: TrainedCard = {
  network: 'adiencenet',
  task: 'gender',
  classes: ['m', 'f'],
  output: 'logits',
  input: { name: 'images', size: 51, layout: 'NCHW', channels: 'BGR', scale: 1 },
  meanPicture,
  picture: 58,
  alignment: 'r',
  composite: 'paper',
  trainedOn: { dataset: 'synthetic', setting: 'r', fold: 0, seed: 1, iterations: 10 },
}
const network = livelyNetwork(51, 2)

let folder: string
let path: string
let cardPath: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'regard-model-'))
  path = join(folder, 'model.onnx')
  cardPath = join(folder, 'model.card.yaml')
  writeModel(path, network, card)
})
afterEach(() => rmSync(folder, { recursive: true }))

describe('a trained network on disk', () => {
  it('reads back as it was written', async () => {
    const model = await openModelFile(path)
    expect(model.network).toEqual(network)
    expect(model.card).toEqual({ ...card, input: { ...card.input, mean: 'model.mean.npy' } })
    expect(model).toMatchObject({ output: 'logits', logits: 2, classes: ['m', 'f'] })
    expect(requirePreprocessing(model)).toEqual({
      size: { height: 51, width: 51 },
      picture: { height: 58, width: 58 },
      fit: 'pad',
      layout: 'NCHW',
      channels: 'BGR',
      scale: [1, 1, 1],
      mean: { height: 58, width: 58, planes: meanPicture.data },
    })
  })

  it('may have a mean of three numbers, blue, green and red', async () => {
    writeFileSync(cardPath, readFileSync(cardPath, 'utf8').replace('model.mean.npy', '[104, 117, 123]'))
    expect(requirePreprocessing(await openModelFile(path)).mean).toEqual([104, 117, 123])
  })

  it('may have its classes in a file, one per line', async () => {
    const text = readFileSync(cardPath, 'utf8').replace(/classes:\n( {2}- .*\n)+/, 'classes: names.txt\n')
    writeFileSync(cardPath, text)
    writeFileSync(join(folder, 'names.txt'), 'n01 man, male\nn02 woman\n')
    expect((await openModelFile(path)).classes).toEqual(['n01 man, male', 'n02 woman'])
    // As PowerShell writes it.
    writeFileSync(join(folder, 'names.txt'), Buffer.from('\ufeffman\r\nwoman\r\n', 'utf16le'))
    expect((await openModelFile(path)).classes).toEqual(['man', 'woman'])
    writeFileSync(join(folder, 'names.txt'), 'm\n\nf\n')
    await expect(openModelFile(path)).rejects.toThrow(/names\.txt: line 2 is empty and names no class/)
  })

  it.each([
    ['the model is missing', () => rmSync(path), /model\.onnx: there is no such model/],
    [
      'the mean is missing',
      () => rmSync(join(folder, 'model.mean.npy')),
      /model\.mean\.npy: the mean cannot be read/,
    ],
    [
      'the mean has another size',
      () => writeFileSync(join(folder, 'model.mean.npy'), writeNpy(float32([3, 50, 50]))),
      /model\.card\.yaml: the mean must have the shape \[3\] or \[3, 58, 58\] or \[3, 51, 51\], not \[3, 50, 50\]/,
    ],
    [
      'the model is cut in half',
      () => writeFileSync(path, readFileSync(path).subarray(0, 1000)),
      /model\.onnx: /,
    ],
    [
      'the card is that of a network with another input',
      () => writeOnnxFile(path, livelyNetwork(55, 2)),
      /model\.card\.yaml: the input is given a height of 51, but the model has 55.*do not belong together/,
    ],
    [
      'the card is that of a network with other classes',
      () => writeOnnxFile(path, livelyNetwork(51, 8)),
      /model\.card\.yaml: the network has 8 classes, and 2 are named/,
    ],
    [
      'the card names another output',
      () => writeFileSync(cardPath, readFileSync(cardPath, 'utf8').replace('output: logits', 'output: prob')),
      /model\.onnx: the network has no output prob; its outputs are logits \[batch, 2\]/,
    ],
  ])('says what to do if %s', async (_, spoil, message) => {
    spoil()
    await expect(openModelFile(path)).rejects.toThrow(message)
  })
})

describe('a trained network with its files in memory', () => {
  const filesIn = (given: Readonly<Record<string, Uint8Array>>) => async (name: string) => {
    if (!given[name]) throw new MissingFile(name)
    return given[name]
  }
  const inFolder = () =>
    Object.fromEntries(
      readdirSync(folder).map((name) => [name, new Uint8Array(readFileSync(join(folder, name)))]),
    )

  it('is the one on disk, under the address that it came from', async () => {
    const url = 'https://example.org/faces/model.onnx'
    const { path: from, ...model } = await openModel(url, filesIn(inFolder()))
    const { path: _, ...onDisk } = await openModelFile(path)
    expect(from).toBe(url)
    expect(model).toEqual(onDisk)
  })

  it('needs its mean picture, and the error names the card that says so', async () => {
    const { 'model.mean.npy': _, ...rest } = inFolder()
    await expect(openModel('faces/model.onnx', filesIn(rest))).rejects.toThrow(
      'faces/model.mean.npy: the mean cannot be read (there is no such file). Keep it beside the model',
    )
    const named = { input: { channels: 'BGR' as const, scale: 1, mean: 'model.mean.npy' } }
    expect(() => modelOf(network, 'mine', named)).toThrow(
      'mine: the mean model.mean.npy is a file that was not read. Give it as `meanPicture`',
    )
  })

  it('needs no card file if a card is given, mean picture included', async () => {
    const { 'model.onnx': bytes } = inFolder()
    const model = await openModel('model.onnx', filesIn({ 'model.onnx': bytes! }), { card })
    expect(requirePreprocessing(model)).toEqual(requirePreprocessing(await openModelFile(path)))
    // It replaces a numeric mean in the file's card.
    writeFileSync(cardPath, readFileSync(cardPath, 'utf8').replace('model.mean.npy', '[104, 117, 123]'))
    const other = await openModel('model.onnx', filesIn(inFolder()), { card: { meanPicture } })
    expect(requirePreprocessing(other).mean).toMatchObject({ planes: meanPicture.data })
  })
})

describe('a network without a card', () => {
  let bare: string
  beforeEach(() => {
    bare = join(folder, 'bare.onnx')
    copyFileSync(path, bare)
  })

  it('names its classes by their indices', async () => {
    expect((await openModelFile(bare)).classes).toEqual(['0', '1'])
  })

  it('does not take a photo before its preprocessing is known, and says what is missing', async () => {
    const model = await openModelFile(bare)
    expect(() => requirePreprocessing(model)).toThrow(
      /bare\.onnx: it is unknown how a photo becomes the input images \[batch, 3, 51, 51\]: channels, scale and mean are missing.*--channels, --scale, --mean or in .*bare\.card\.yaml:\n\ninput:\n {2}channels: /,
    )
    const given = { card: { input: { channels: 'RGB' as const, mean: 0 } } }
    const partly = await openModelFile(bare, given)
    expect(() => requirePreprocessing(partly)).toThrow(/it is unknown how .*: scale is missing/)
  })

  it('takes photos as the caller says, which overrides the card', async () => {
    const said = { input: { channels: 'RGB' as const, scale: 2, mean: [1, 2, 3] }, picture: 60 }
    for (const model of [bare, path]) {
      expect(requirePreprocessing(await openModelFile(model, { card: said }))).toMatchObject({
        picture: { height: 60, width: 60 },
        channels: 'RGB',
        scale: [2, 2, 2],
        mean: [1, 2, 3],
      })
    }
  })

  it('with several outputs answers by the named one', async () => {
    const g = GraphBuilder.from(network)
    g.output('probabilities', g.op('Softmax', [g.value('logits')]))
    writeOnnxFile(bare, g.graph())
    await expect(openModelFile(bare)).rejects.toThrow(
      /bare\.onnx: the network has several outputs: logits \[batch, 2\], probabilities \[batch, 2\]\. Choose the one to explain/,
    )
    expect(await openModelFile(bare, { output: 'probabilities' })).toMatchObject({
      output: 'probabilities',
      logits: 2,
    })
  })

  it('with several inputs is not explained', async () => {
    const g = new GraphBuilder('pair')
    const [a, b] = ['a', 'b'].map((name) => g.input(name, 'float32', ['batch', 2]))
    g.output('y', g.add(a!, b!))
    writeOnnxFile(bare, g.graph())
    await expect(openModelFile(bare)).rejects.toThrow(/has 2 inputs \(a \[batch, 2\], b \[batch, 2\]\)/)
  })

  it('that takes pictures of any size is read for the given size', async () => {
    const g = new GraphBuilder('any')
    const x = g.input('x', 'float32', ['batch', 3, 'height', 'width'])
    const y = g.op('Relu', [x])
    const sides = g.reduceSum(y, [2, 3], false)
    g.output('y', g.op('Gemm', [sides, g.constant(float32([3, 2], [1, 2, 3, 4, 5, 6]))]))
    writeOnnxFile(bare, g.graph())
    const model = await openModelFile(bare, { card: { input: { height: 20, width: 30 } } })
    expect(model.input.shape).toEqual(['batch', 3, 20, 30])
  })
})

describe('a network for several pictures at once', () => {
  /** Rows of four numbers, [2, 4], each giving three scores. */
  const network = (make: (g: GraphBuilder, x: Value) => Value) => {
    const g = new GraphBuilder('pair')
    const x = g.input('x', 'float32', [2, 4])
    g.output('scores', g.matmul(make(g, x), g.constant(float32([4, 3]), 'w')))
    return g.graph()
  }

  it('becomes one per picture if it keeps them apart', () => {
    expect(
      modelOf(
        network((g, x) => g.op('Relu', [x])),
        'pair',
      ).logits,
    ).toBe(3)
  })

  it('is refused if each attends to the others', () => {
    const attending = network((g, x) => g.matmul(g.op('Softmax', [g.matmul(x, g.transpose(x, [1, 0]))]), x))
    expect(() => modelOf(attending, 'pair')).toThrow(/takes 2 pictures at once.*Export it with one picture/s)
  })

  it.each<[string, (g: GraphBuilder, scores: Value) => Value]>([
    ['a softmax along the batch', (g, scores) => g.op('Softmax', [scores], { axis: 0 })],
    ['a sum over the pictures', (g, scores) => g.sub(scores, g.reduceSum(scores, [0], true))],
    ['attention among them', (g, scores) => g.matmul(g.matmul(scores, g.transpose(scores, [1, 0])), scores)],
  ])('is also refused with an open batch: %s', (_, make) => {
    const g = new GraphBuilder('open')
    const x = g.input('x', 'float32', ['N', 4])
    g.output('y', make(g, g.matmul(x, g.constant(float32([4, 3]), 'w'))))
    expect(() => modelOf(g.graph(), 'open')).toThrow(/any number of pictures at once.*runs along the batch/s)
  })

  it('becomes one per picture if a softmax runs along another axis', () => {
    const g = new GraphBuilder('open')
    const x = g.input('x', 'float32', ['N', 4])
    const scores = g.op('Softmax', [g.matmul(x, g.constant(float32([4, 3]), 'w'))], { axis: -1 })
    g.output('y', g.reshape(scores, [-1, 3]))
    expect(modelOf(g.graph(), 'open').logits).toBe(3)
  })
})

describe('what the caller says instead of the card', () => {
  it.each([
    ['size', { input: { size: 60 } }],
    ['channels', { input: { channels: 'gray' } }],
    ['scale', { input: { scale: [1, 2] } }],
    ['picture', { picture: 20 }],
    ['layout', { input: { layout: 'NHWC' } }],
  ] as const)('gets the blame for its errors, not the card: %s', async (field, said) => {
    await expect(openModelFile(path, { card: said as never })).rejects.toThrow(
      new RegExp(`^${path}: .*Give another --${field}, or leave it out$`),
    )
  })

  it('gets the blame for class names', async () => {
    const names = join(folder, 'names.txt')
    writeFileSync(names, 'a\nb\nc\n')
    await expect(openModelFile(path, { card: { classes: names } })).rejects.toThrow(
      /model\.onnx: the network has 2 classes, and 3 are named\. Give another --classes, or leave it out/,
    )
  })
})

describe('a network that does not take pictures', () => {
  /** A network of one input, cast to float32 if necessary. */
  const taking = (name: string, type: DataType, shape: Shape) => {
    const g = new GraphBuilder('torch_jit')
    const x = g.input(name, type, shape)
    const sum = (value: Value) => g.op('ReduceSum', [value, g.integers(shape.slice(1).map((_, k) => k + 1))])
    // Like an embedding: whole numbers choose rows.
    const rows = g.constant(float32([4, 1], [1, 2, 3, 4]))
    g.output('y', type === 'float32' ? sum(x) : sum(g.op('Gather', [rows, x])))
    return g.graph()
  }

  it.each([
    ['text', taking('input_ids', 'int64', ['batch', 'sequence'])],
    ['text', taking('x', 'int32', [1, 128])],
  ] as const)('says that it looks like one for %s', (kind, graph) => {
    expect(() => modelOf(graph, 'other.onnx')).toThrow(
      new RegExp(
        `^other\\.onnx: looks like a model for ${kind}, .*regard explains networks that take pictures$`,
      ),
    )
  })

  it.each([
    ['audio', taking('waveform', 'float32', ['batch', 'samples'])],
    ['audio', taking('x', 'float32', [1, 16000])],
    ['audio', taking('x', 'float32', [1, 1, 'length'])],
    ['audio', taking('x', 'float32', ['batch', 80, 'frames'])],
    ['audio', taking('log_mel', 'float32', ['batch', 1, 80, 'time'])],
    ['video', taking('x', 'float32', [1, 3, 16, 112, 112])],
  ] as const)('says that it looks like one for %s if given a photo', (kind, graph) => {
    const model = modelOf(graph, 'other.onnx')
    expect(() => requirePreprocessing(model)).toThrow(
      new RegExp(`looks like a model for ${kind}, .*networks that take pictures; .*\\.npy`),
    )
  })

  it('is not guessed: for a table the error says what it takes', () => {
    for (const shape of [
      [1, 12],
      [1, 3 * 64 ** 2],
      [1, 197, 768],
    ]) {
      const model = modelOf(taking('x', 'float32', shape), 'other.onnx')
      expect(() => requirePreprocessing(model)).toThrow(/takes no photos: its input is x \[/)
    }
  })

  it('names its kind if it cannot be read, with the reason', () => {
    const graph = taking('input_ids', 'int64', ['batch', 'sequence'])
    const proto = fromBinary(ModelProtoSchema, writeGraph(graph))
    proto.producerName = 'pytorch'
    proto.graph!.initializer = []
    expect(() => readGraph(toBinary(ModelProtoSchema, proto), 'bert.onnx')).toThrow(
      /^bert\.onnx: looks like a model for text, and cannot be read \(.*the file lacks.*\)\. regard explains networks/s,
    )
  })
})
