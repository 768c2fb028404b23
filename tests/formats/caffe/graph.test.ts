import { describe, expect, test } from 'vitest'
import { caffeGraph } from '../../../src/formats/caffe/graph.ts'
import { float32, type Graph } from '../../../src/graph/types.ts'
import { verify } from '../../../src/graph/verify.ts'
import { randomWeights } from './caffemodel.ts'
import { run } from './run.ts'

const INPUT = 'input: "data" input_shape { dim: 1 dim: 3 dim: 8 dim: 8 }'
const read = (prototxt: string) => caffeGraph(prototxt, 'net.prototxt', randomWeights())
const layer = (name: string, type: string, bottom: string, top: string, rest = '') =>
  `layer { name: "${name}" type: "${type}" bottom: "${bottom}" top: "${top}" ${rest} }\n`
const conv = (name: string, bottom: string, top = name) =>
  layer(name, 'Convolution', bottom, top, 'convolution_param { num_output: 2 kernel_size: 3 }')
const names = ({ nodes }: Graph) => nodes.map(({ name }) => name)
const outputs = (graph: Graph) => graph.outputs.map(({ name }) => name)

describe('the input', () => {
  const [one, body] = [['batch', 3, 8, 8], conv('conv', 'data')]
  test.each([
    ['input_shape', INPUT],
    ['input_dim', 'input: "data" input_dim: 10 input_dim: 3 input_dim: 8 input_dim: 8'],
    [
      'a layer of type Input',
      'layer { name: "in" type: "Input" top: "data" input_param { shape { dim: 10 dim: 3 dim: 8 dim: 8 } } }',
    ],
  ])('is declared by %s, and its batch size is open', (_, input) => {
    const graph = read(`name: "net" ${input} ${body}`)
    expect(graph.name).toBe('net')
    expect(graph.inputs).toEqual([{ name: 'data', type: 'float32', shape: one }])
    expect(graph.outputs).toEqual([{ name: 'conv', type: 'float32', shape: ['batch', 2, 6, 6] }])
  })

  test.each<[string, string, string]>([
    ['missing', body, 'net.prototxt: the network has no input. Give its deploy prototxt'],
    ['without a shape', `input: "data" ${body}`, 'net.prototxt: input data has no shape. Add input_shape'],
    [
      'a layer without a shape',
      `layer { name: "in" type: "Input" top: "data" } ${body}`,
      'net.prototxt:1: layer in (Input) has no shape',
    ],
    [
      'not the only one',
      `${INPUT} input: "info" input_shape { dim: 1 dim: 3 } ${body}`,
      'net.prototxt: the network has 2 inputs (data, info); regard reads networks with one',
    ],
    [
      'loaded by a layer',
      `name: "net"\nlayer { name: "mnist" type: "Data" top: "images" top: "label" } ${body}`,
      'net.prototxt:2: the network has no input: layer mnist (Data) loads the pictures, as in training. ' +
        'Give its deploy prototxt, or declare the input in the first line: ' +
        'input: "images" input_shape { dim: 1 dim: 3 dim: SIZE dim: SIZE }',
    ],
  ])('%s is an error', (_, text, message) => {
    expect(() => read(text)).toThrow(message)
  })
})

describe('layers', () => {
  test('that write in place create new values, named after the layers', () => {
    const graph = read(
      `${INPUT} ${conv('conv', 'data')}${layer('relu', 'ReLU', 'conv', 'conv')}${conv('next', 'conv')}`,
    )
    expect(graph.nodes.map(({ name, inputs, outputs }) => [name, inputs[0], outputs[0]])).toEqual([
      ['conv', 'data', 'conv'],
      ['relu', 'conv', 'relu'],
      ['next', 'relu', 'next'],
    ])
    expect([...graph.initializers.keys()]).toEqual(['conv.weight', 'conv.bias', 'next.weight', 'next.bias'])
  })

  test('that write an output in place give it the blob’s name', async () => {
    const graph = read(`${INPUT} ${conv('conv', 'data')}${layer('relu', 'ReLU', 'conv', 'conv')}`)
    expect(names(graph)).toEqual(['conv', 'relu'])
    expect(graph.nodes.map((node) => node.outputs[0])).toEqual(['conv.before', 'conv'])
    const { conv: values } = await run(graph, float32([1, 3, 8, 8], new Float32Array(192).fill(1)))
    expect(Math.min(...values!)).toBeGreaterThanOrEqual(0)
  })

  test('may have tops with other names than theirs', () => {
    const graph = read(`${INPUT} ${conv('c1', 'data', 'features')}${conv('features', 'features', 'maps')}`)
    expect(names(graph)).toEqual(['c1', 'features'])
    expect(outputs(graph)).toEqual(['maps'])
    expect(() => verify(graph)).not.toThrow()
  })

  test('without a blob name are refused with their line', () => {
    const nameless = `${INPUT}\nlayer { name: "d" type: "Dropout" bottom: "data" top: "" }`
    expect(() => read(nameless)).toThrow('net.prototxt:2: layer d has a blob without a name')
  })

  test('in the old notation may have a name that every object has', () => {
    const old = `${INPUT} layers { name: "odd" type: constructor bottom: "data" top: "odd" }`
    expect(() => read(old)).toThrow('layer odd (constructor): regard does not read layers of this type')
  })

  test('in the old notation become those of today', () => {
    const old = `input: "data" input_dim: 1 input_dim: 3 input_dim: 8 input_dim: 8
      layers { name: "conv" type: CONVOLUTION bottom: "data" top: "conv"
        blobs_lr: 1 blobs_lr: 2 convolution_param { num_output: 2 kernel_size: 3 } }
      layers { name: "relu" type: RELU bottom: "conv" top: "conv" }
      layers { name: "tanh" type: TANH bottom: "conv" top: "conv" }
      layers { name: "norm" type: LRN bottom: "conv" top: "norm" }
      layers { name: "fc" type: INNER_PRODUCT bottom: "norm" top: "fc" inner_product_param { num_output: 2 } }
      layers { name: "loss" type: SOFTMAX_LOSS bottom: "fc" bottom: "label" }
      layers { name: "prob" type: SOFTMAX bottom: "fc" top: "prob" }`
    expect(read(old).nodes.map(({ op }) => op)).toEqual([
      'Conv',
      'Relu',
      'Tanh',
      'LRN',
      'Flatten',
      'Gemm',
      'Softmax',
    ])
    expect(() => read(`${old} layers { name: "x" type: IM2COL bottom: "fc" top: "x" }`)).toThrow(
      'net.prototxt:9: layer x (Im2col): regard does not read layers of this type',
    )
  })

  test('in the first notation of all must be converted', () => {
    expect(() => read('layers { layer { name: "conv" type: "conv" } bottom: "data" top: "conv" }')).toThrow(
      'net.prototxt:1: is written in Caffe’s oldest notation, with a layer inside layers. Convert it',
    )
  })

  test('for training are left out, and so are those that their rules exclude from the phase TEST', () => {
    const rule = (name: string, rules: string) => layer(name, 'ReLU', 'conv', name, rules)
    const graph = read(
      `${INPUT}
      layer { name: "data" type: "Data" top: "data" top: "label" include { phase: TRAIN } }
      layer { name: "data" type: "Data" top: "data" top: "label" include { phase: TEST } }
      ${conv('conv', 'data')}
      ${rule('test', 'include { phase: TEST }')} ${rule('train', 'include { phase: TRAIN }')}
      ${rule('either', 'include { phase: TRAIN } include { phase: TEST }')}
      ${rule('not-train', 'exclude { phase: TRAIN }')} ${rule('not-test', 'exclude { phase: TEST }')}
      ${rule('stage', 'include { stage: "deploy" }')} ${rule('level', 'include { min_level: 1 }')}
      layer { name: "accuracy" type: "Accuracy" bottom: "test" bottom: "label" top: "accuracy" }
      layer { name: "loss" type: "SoftmaxWithLoss" bottom: "test" bottom: "label" top: "loss" }
      layer { name: "hinge" type: "HingeLoss" bottom: "test" bottom: "label" top: "hinge" }`,
    )
    expect(names(graph)).toEqual(['conv', 'test', 'either', 'not-train'])
    expect(outputs(graph)).toEqual(['test', 'either', 'not-train'])
  })

  test('that read a label are an error', () => {
    const data = 'layer { name: "mnist" type: "Data" top: "data" top: "label" }'
    expect(() => read(`${INPUT} ${data}\n${layer('l', 'Flatten', 'label', 'l')}`)).toThrow(
      'net.prototxt:2: layer l (Flatten): it reads label, which layer mnist (Data) loads in training. ' +
        'Give the network’s deploy prototxt',
    )
  })
})

describe('the outputs', () => {
  test('are the blobs that nobody reads, in the order of writing', () => {
    const graph = read(
      `${INPUT} ${conv('b', 'data')}${conv('a', 'data')}${layer('s', 'Sigmoid', 'b', 'b')}${conv('c', 'a')}`,
    )
    expect(outputs(graph)).toEqual(['b', 'c'])
  })

  test('are not those that a Silence reads', () => {
    const silence = 'layer { name: "hush" type: "Silence" bottom: "a" }'
    expect(outputs(read(`${INPUT} ${conv('a', 'data')}${conv('b', 'data')}${silence}`))).toEqual(['b'])
    expect(() => read(`${INPUT} ${conv('a', 'data')}${silence}`)).toThrow(
      'net.prototxt: the network has no output: every blob is read',
    )
  })

  test('of a Split are one value under two names', async () => {
    const split =
      'layer { name: "split" type: "Split" bottom: "a" top: "a" top: "copy" } layer { name: "relu" type: "ReLU" bottom: "a" top: "a" }'
    const graph = read(`${INPUT} ${conv('a', 'data')}${split}`)
    expect(outputs(graph)).toEqual(['copy', 'a'])
    const { a, copy } = await run(graph, float32([1, 3, 8, 8], new Float32Array(192).fill(1)))
    expect(a).toEqual(copy!.map((value) => Math.max(value, 0)))
  })
})

test.each<[string, string, string]>([
  ['a solver', 'net: "train_val.prototxt" base_lr: 0.01', 'net.prototxt: is a solver, not a network'],
  ['no layers', 'name: "net"', 'net.prototxt: holds no layers. Give the network’s deploy prototxt'],
  ['nothing', '', 'net.prototxt: holds no layers'],
  ['a layer without a type', `${INPUT}\nlayer { name: "a" }`, 'net.prototxt:2: layer a has no type'],
  ['a layer without a name', `${INPUT}\nlayer { type: "ReLU" }`, 'net.prototxt:2: a layer has no name'],
  ['text', 'Dear reader,', 'net.prototxt:1: expected “:” or “{” after Dear, not “reader,”'],
])('%s instead of a network is one clear error', (_, text, message) => {
  expect(() => read(text)).toThrow(message)
})
