import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { UserError } from '../../../src/base/errors.ts'
import { filesBeside, readWhole } from '../../../src/formats/node.ts'
import { importGraphModel } from '../../../src/formats/tensorflowjs/graphModel.ts'
import { readTensorFlowJs } from '../../../src/formats/tensorflowjs/read.ts'
import {
  expectSame,
  floats,
  imported,
  model,
  type Nodes,
  noise,
  type TensorFlowModel,
  whole,
} from './compare.ts'

const float16 = { dtype: 'float16', original_dtype: 'float32' }

describe('weights stored in fewer bits', () => {
  const nodes: Nodes = { y: ['Mul', ['x', 'w']] }

  test.each([
    ['uint8', Uint8Array.of(0, 1, 128, 255)],
    ['uint16', Uint16Array.of(0, 1, 40000, 65535)],
  ])('%s: each is the stored number times the scale, plus the minimum', async (dtype, data) => {
    const quantization = { dtype, scale: 0.037, min: -1.25, original_dtype: 'float32' }
    const made = model([-1, 4], { w: { shape: [4], data, quantization } }, nodes)
    const expected = Float32Array.from(data, (stored) => stored * 0.037 - 1.25)
    expect(imported(made).initializers.get('constant')!.data).toEqual(expected)
    await expectSame(made, [2, 4])
  })

  test('integers are rounded', async () => {
    const quantization = { dtype: 'uint8', scale: 0.75, min: 1, original_dtype: 'int32' }
    const shape = { shape: [2], data: Uint8Array.of(0, 7), dtype: 'int32', quantization }
    const graph = await expectSame(model([6], { shape }, { y: ['Reshape', ['x', 'shape']] }), [6])
    expect(graph.outputs[0]!.shape).toEqual([1, 6])
  })

  test('float16, down to the least number and up to infinity', () => {
    // From the definition: sign, 5 bits of exponent, 10 bits of fraction.
    const known = [
      [0x0000, 0],
      [0x8000, -0],
      [0x0001, 2 ** -24],
      [0x03ff, 1023 * 2 ** -24],
      [0x0400, 2 ** -14],
      [0x3c00, 1],
      [0xc248, -3.140625],
      [0x7bff, 65504],
      [0x7c00, Number.POSITIVE_INFINITY],
      [0xfc00, Number.NEGATIVE_INFINITY],
      [0x7e00, Number.NaN],
    ] as const
    const data = Uint16Array.from(known, ([bits]) => bits)
    const w = { shape: [known.length], data, quantization: float16 }
    expect(imported(model([-1, known.length], { w }, nodes)).initializers.get('constant')!.data).toEqual(
      Float32Array.from(known, ([, number]) => number),
    )
  })

  test('of all kinds side by side, in any number of files', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 24 }), { maxLength: 3 }), async (cuts) => {
        const made = model(
          [-1, 3],
          {
            odd: {
              shape: [1, 3],
              data: Uint8Array.of(1, 2, 3),
              quantization: { dtype: 'uint8', scale: 2, min: 0 },
            },
            half: { shape: [3], data: Uint16Array.of(0x3c00, 0x4000, 0x4200), quantization: float16 },
            whole: floats([3], [0.5, 0.25, 0.125]),
          },
          { a: ['Mul', ['x', 'odd']], b: ['Sub', ['a', 'half']], y: ['Mul', ['b', 'whole']] },
        )
        await expectSame(
          sharded(
            made,
            [...cuts].sort((a, b) => a - b),
          ),
          [1, 3],
        )
      }),
      { numRuns: 10 },
    )
  })

  test('a model that is entirely in memory, as TensorFlow.js holds one', () => {
    const { json, files } = model([-1, 3], { w: noise([3]) }, nodes)
    const { weightsManifest, ...rest } = json
    const weightData = new Uint8Array(files['weights.bin']!).buffer
    const artifacts = { ...rest, weightSpecs: weightsManifest[0].weights, weightData }
    const graph = importGraphModel(artifacts, new Map(), 'in memory')
    expect(graph.initializers.get('constant')!.data).toEqual(noise([3]).data)
  })
})

/** The same model with its weights cut at these bytes. */
function sharded({ json, files }: TensorFlowModel, cuts: readonly number[]): TensorFlowModel {
  const bytes = files['weights.bin']!
  const ends = [...cuts, bytes.length]
  const parts = ends.map((end, k) => [
    `group1-shard${k + 1}of${ends.length}.bin`,
    bytes.slice(ends[k - 1] ?? 0, end),
  ])
  const [group] = json.weightsManifest
  return {
    json: { ...json, weightsManifest: [{ ...group, paths: parts.map(([path]) => path) }] },
    files: Object.fromEntries(parts),
  }
}

describe('files on disk', () => {
  const folder = mkdtempSync(join(tmpdir(), 'regard-'))
  const path = join(folder, 'model.json')
  const made = sharded(
    model([-1, 3], { w: noise([3]), b: noise([3], 2) }, { a: ['Mul', ['x', 'w']], y: ['Add', ['a', 'b']] }),
    [8],
  )
  const write = ({ json, files }: TensorFlowModel) => {
    writeFileSync(path, JSON.stringify(json))
    for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, name), bytes)
  }
  const readFromDisk = async (path: string) =>
    readTensorFlowJs(await readWhole(path), path, { files: filesBeside(path) })
  beforeEach(() => write(made))
  afterAll(() => rmSync(folder, { recursive: true }))

  test('are read with all their shards', async () => {
    expect((await readFromDisk(path)).initializers.size).toBe(2)
  })

  test('a missing shard is named', async () => {
    rmSync(join(folder, 'group1-shard2of2.bin'))
    await expect(readFromDisk(path)).rejects.toThrow(
      /^.*model\.json: .*missing: .*group1-shard2of2\.bin does not exist/,
    )
  })

  test('a truncated shard gives an error that names the shards and the weight', async () => {
    const shard = join(folder, 'group1-shard2of2.bin')
    writeFileSync(shard, readFileSync(shard).subarray(0, 13))
    await expect(readFromDisk(path)).rejects.toThrow(
      /model\.json: the weights are cut short: group1-shard1of2\.bin, group1-shard2of2\.bin together have 21 bytes, and weight b ends at byte 24/,
    )
  })

  test('a path out of the folder is refused', async () => {
    const outside = `${folder}-secret`
    writeFileSync(outside, new Uint8Array(24))
    const weightsManifest = [{ ...made.json.weightsManifest[0], paths: [`../${outside.split('/').at(-1)}`] }]
    write({ json: { ...made.json, weightsManifest }, files: {} })
    await expect(readFromDisk(path)).rejects.toThrow(/outside its own folder: refused/)
    rmSync(outside)
  })

  test('a file that is not a model gives an error that says so', async () => {
    const errors: [content: string, message: RegExp][] = [
      ['not JSON', /model\.json: cannot be read/],
      ['{}', /model\.json: this is not a TensorFlow\.js graph model: modelTopology: /],
      ['null', /model\.json: this is not a TensorFlow\.js graph model/],
      ['{"modelTopology": {"node": [{"name": 3}]}}', /graph model: modelTopology\.node\.0\.name: /],
      ['{"format": "layers-model"}', /layers model.*tfjs_graph_model/],
      ['{"modelTopology": {"model_config": {}}}', /layers model.*tfjs_graph_model/],
    ]
    for (const [content, message] of errors) {
      writeFileSync(path, content)
      await expect(readFromDisk(path)).rejects.toThrow(message)
      await expect(readFromDisk(path)).rejects.toThrow(UserError)
    }
    await expect(readFromDisk(join(folder, 'none.json'))).rejects.toThrow(/none\.json: cannot be read/)
  })
})

describe('an unreadable model is refused, with the node', () => {
  const w = noise([3, 3, 1, 1])
  const conv = { strides: { list: { i: [1, 1, 1, 1] } }, padding: { s: btoa('SAME') } }
  test.each<[string, Nodes, RegExp]>([
    [
      'an operator that is not known',
      { a: ['Relu', ['x']], 'block/fft': ['FFT', ['a']], b: ['IRFFT', ['block/fft']] },
      /^model\.json: node block\/fft uses the TensorFlow operator FFT, which regard does not read \(nor IRFFT.*Convert/,
    ],
    [
      'a branch',
      { a: ['StatelessIf', ['x']], y: ['Relu', ['a']] },
      /^model\.json: node a uses the TensorFlow operator StatelessIf: regard does not read models that branch or loop/,
    ],
    [
      'a circle',
      { a: ['Relu', ['b']], b: ['Relu', ['a']], y: ['Add', ['a', 'x']] },
      /^model\.json: its graph has a cycle through [ab]/,
    ],
    [
      'a value that is not there',
      { y: ['Relu', ['gone']] },
      /^model\.json: its graph reads gone, which is not in it/,
    ],
    [
      'channels first',
      { y: ['Conv2D', ['x', 'w'], { ...conv, data_format: { s: btoa('NCHW') } }] },
      /^model\.json: node y, .*Conv2D, cannot be read: the data format NCHW is not supported/,
    ],
    [
      'weights that are computed',
      { v: ['Exp', ['w']], y: ['Conv2D', ['x', 'v'], conv] },
      /^model\.json: node y, .*Conv2D, cannot be read: its weights must be constant/,
    ],
    [
      'shapes that do not fit',
      { y: ['AddV2', ['x', 'three']] },
      /^model\.json: node y, .*AddV2, cannot be read: .*do not match/,
    ],
    [
      'weights of an inner product with one axis',
      { flat: ['Reshape', ['x', 'sizes']], y: ['MatMul', ['flat', 'odd3']] },
      /^model\.json: node y, .*MatMul, cannot be read: its weights have the shape \[3\], not one of 2 axes/,
    ],
    [
      'weights of a convolution without filters',
      { y: ['Conv2D', ['x', 'none'], conv] },
      /^model\.json: node y, .*Conv2D, cannot be read: its weights have the shape \[1, 1, 1, 0\]/,
    ],
    [
      'a number that a double does not hold',
      { y: ['MaxPool', ['x'], { ksize: { list: { i: ['1', '2', '9007199254740993', '1'] } } }] },
      /^model\.json: .*: modelTopology\.node\.\d+\.attr\.ksize\.list\.i\.2: too large/,
    ],
    [
      'padding that ONNX does not have',
      { y: ['MirrorPad', ['x', 'odd'], { mode: { s: btoa('SYMMETRIC') } }] },
      /padding in the mode SYMMETRIC is not supported/,
    ],
  ])('%s', (_, nodes, message) => {
    const made = model(
      [-1, 4, 4, 1],
      {
        w,
        odd: whole(1, 2, 3),
        three: floats([3, 1], [1, 2, 3]),
        odd3: floats([3], [1, 2, 3]),
        none: floats([1, 1, 1, 0], []),
        sizes: whole(-1, 4),
      },
      nodes,
    )
    expect(() => imported(made)).toThrow(message)
    expect(() => imported(made)).toThrow(UserError)
  })

  test('a weight of texts', () => {
    const texts = { shape: [1], data: new Uint8Array(8), dtype: 'string' }
    expect(() => imported(model([-1, 1], { texts }, { y: ['Add', ['x', 'texts']] }))).toThrow(
      /^model\.json: weight texts is stored as string, which is not supported/,
    )
  })
})
