/** Models of every format, read as if from a folder that holds an input's files and nothing else. */

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { UserError } from '../../src/base/errors.ts'
import { MissingFile } from '../../src/formats/files.ts'
import { readModel } from '../../src/formats/model.ts'
import { readGraph, writeGraph } from '../../src/graph/file.ts'
import type { Graph } from '../../src/graph/types.ts'
import { verify } from '../../src/graph/verify.ts'
import { modelOf } from '../../src/models/model.ts'
import { composites } from '../../src/rules/composites/presets.ts'
import { relevance } from '../../src/rules/relevance/relevance.ts'
import { caffemodel, madeUp } from '../../tests/formats/caffe/caffemodel.ts'
import { flag, floats, ints, model, noise, text, whole } from '../../tests/formats/tensorflowjs/made.ts'
import { patterns } from '../../tests/rules/patterns.ts'
import { shared } from '../../tests/shared.ts'
import { type Mutate, mutateBytes, mutateJson, mutateProtobuf, mutateText } from '../mutations.ts'
import { changing, ensure, type Input, type Target } from '../target.ts'

/** Read the model of an input, as the programs do, and ask what it answers. */
async function read(path: string, input: Input): Promise<void> {
  const graph = await readModel(path, async (name) => {
    ensure(!/^([/\\]|[a-z]:)|(^|[/\\])\.\.([/\\]|$)/i.test(name), `${name} is asked for, outside the folder`)
    const bytes = input.get(name)
    if (!bytes) throw new MissingFile(name)
    return bytes.slice()
  })
  requireWhole(graph)
  try {
    modelOf(graph, path)
  } catch (error) {
    // It is read all the same: the card may say what the model does not.
    if (!(error instanceof UserError)) throw error
  }
}

/** A graph that was read is well formed, and the same when it is written and read again. */
function requireWhole(graph: Graph): void {
  verify(graph)
  const written = writeGraph(graph)
  const again = writeGraph(readGraph(written, 'written.onnx'))
  ensure(Buffer.compare(written, again) === 0, 'the graph changes when it is written and read again')
}

function onnx(): Target {
  const folder = shared && `${shared}/cases/models`
  const cases =
    folder && existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.onnx')) : []
  const files = [
    ...cases
      .map((name) => new Uint8Array(readFileSync(`${folder}/${name}`)))
      .filter(({ length }) => length < 4000),
    ...Object.values(patterns).map((make) => writeGraph(make().graph)),
    writeGraph(relevance(patterns.inception!().graph, composites.epsilon).graph),
  ]
  return {
    seeds: files.map((bytes) => new Map([['model.onnx', bytes]])),
    mutate: changing(/onnx$/, mutateProtobuf),
    read: (input) => read('model.onnx', input),
  }
}

/** The networks of the paper as Caffe defines them, with few filters, so that an input takes milliseconds. */
function caffe(names: RegExp, mutate: Mutate): Target {
  const folder = shared && `${shared}/models/caffe`
  const published = folder
    ? readdirSync(folder)
        .filter((name) => name.endsWith('_deploy.prototxt'))
        .map((name) => readFileSync(`${folder}/${name}`, 'utf8'))
    : []
  const narrow = published.map((definition) =>
    definition.replace(
      /num_output: *(\d+)/g,
      (_, count) => `num_output: ${Math.max(2, Math.ceil(Number(count) / 64) * 2)}`,
    ),
  )
  return {
    seeds: [SMALL, ...narrow].map(
      (definition) =>
        new Map([
          ['net.prototxt', new TextEncoder().encode(definition)],
          ['net.caffemodel', new Uint8Array(Buffer.concat(caffemodel(madeUp(definition))))],
        ]),
    ),
    mutate: changing(names, mutate),
    read: (input) => read('net.caffemodel', input),
  }
}

const SMALL = `name: "small"
input: "data" input_shape { dim: 1 dim: 3 dim: 9 dim: 9 }
layer { name: "conv" type: "Convolution" bottom: "data" top: "conv"
  convolution_param { num_output: 4 kernel_size: 3 pad: 1 stride: 2 group: 1 } }
layer { name: "bn" type: "BatchNorm" bottom: "conv" top: "conv" batch_norm_param { eps: 0.001 } }
layer { name: "scale" type: "Scale" bottom: "conv" top: "conv" scale_param { bias_term: true } }
layer { name: "relu" type: "ReLU" bottom: "conv" top: "conv" relu_param { negative_slope: 0.1 } }
layer { name: "pool" type: "Pooling" bottom: "conv" top: "pool" pooling_param { pool: MAX kernel_size: 3 stride: 2 } }
layer { name: "norm" type: "LRN" bottom: "pool" top: "norm" lrn_param { local_size: 3 alpha: 0.1 beta: 0.75 } }
layer { name: "one" type: "Convolution" bottom: "norm" top: "one" convolution_param { num_output: 2 kernel_size: 1 } }
layer { name: "both" type: "Concat" bottom: "one" bottom: "norm" top: "both" concat_param { axis: 1 } }
layer { name: "drop" type: "Dropout" bottom: "both" top: "both" dropout_param { dropout_ratio: 0.5 } }
layer { name: "fc" type: "InnerProduct" bottom: "both" top: "fc" inner_product_param { num_output: 3 } }
layer { name: "prob" type: "Softmax" bottom: "fc" top: "prob" }
`

function tensorFlowJs(): Target {
  const step = (size: number) => ints(1, size, size, 1)
  const convolution = {
    strides: step(2),
    padding: text('SAME'),
    dilations: step(1),
    data_format: text('NHWC'),
  }
  const pooling = { ksize: step(2), strides: step(2), padding: text('VALID'), data_format: text('NHWC') }
  const made = model(
    [-1, 8, 8, 2],
    {
      w: noise([3, 3, 2, 4], 1),
      b: noise([4], 2),
      depthwise: noise([3, 3, 4, 1], 3),
      stored: {
        shape: [4],
        data: Uint8Array.of(0, 85, 170, 255),
        dtype: 'float32',
        quantization: { dtype: 'uint8', scale: 0.01, min: -1 },
      },
      shift: floats([1, 1, 1, 4], [1, 2, 3, 4]),
      axes: whole(1, 2),
      shape: whole(-1, 4),
      dense: noise([4, 3], 4),
    },
    {
      conv: ['Conv2D', ['x', 'w'], convolution],
      biased: ['BiasAdd', ['conv', 'b']],
      relu: ['Relu6', ['biased']],
      pool: ['MaxPool', ['relu'], pooling],
      each: ['DepthwiseConv2dNative', ['pool', 'depthwise'], { ...convolution, strides: step(1) }],
      scaled: ['Mul', ['each', 'stored']],
      shifted: ['AddV2', ['scaled', 'shift']],
      mean: ['Mean', ['shifted', 'axes'], { keep_dims: flag(false) }],
      flat: ['Reshape', ['mean', 'shape']],
      product: ['MatMul', ['flat', 'dense'], { transpose_a: flag(false), transpose_b: flag(false) }],
      answer: ['Softmax', ['product']],
    },
  )
  const small: Input = new Map([
    ['model.json', new TextEncoder().encode(JSON.stringify(made.json))],
    ...Object.entries(made.files),
  ])
  const human = new URL('../../node_modules/@vladmandic/human/models/', import.meta.url)
  const real: Input = new Map([
    ['model.json', new Uint8Array(readFileSync(new URL('blazeface.json', human)))],
    ['blazeface.bin', new Uint8Array(readFileSync(new URL('blazeface.bin', human)))],
  ])
  const ofJson = changing(/json$/, mutateJson)
  const ofShards = changing(/bin$/, mutateBytes)
  return {
    // The real one takes long for each input: it is one of many.
    seeds: [...Array<Input>(30).fill(small), real],
    mutate: (seed, random) => (random.chance(0.9) ? ofJson : ofShards)(seed, random),
    read: (input) => read('model.json', input),
  }
}

export const models = {
  onnx,
  prototxt: () => caffe(/prototxt$/, mutateText),
  caffemodel: () => caffe(/caffemodel$/, mutateProtobuf),
  tensorflowjs: tensorFlowJs,
}
