import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fromBinary, toBinary } from '@bufbuild/protobuf'
import ort from 'onnxruntime-node'
import { describe, expect, test } from 'vitest'
import { Random } from '../../../src/base/random.ts'
import { nodeEngine } from '../../../src/engine/node.ts'
import { readNpy } from '../../../src/formats/npy.ts'
import { readGraph } from '../../../src/graph/file.ts'
import { ModelProtoSchema } from '../../../src/graph/onnx_pb.ts'
import { float32, type Graph, type Tensor } from '../../../src/graph/types.ts'
import { modelOf } from '../../../src/models/model.ts'
import { composites } from '../../../src/rules/composites/presets.ts'
import { relevance } from '../../../src/rules/relevance/relevance.ts'
import { shared } from '../../shared.ts'

const folder = join(shared ?? '', 'cases/models')
const bytesOf = (name: string) => readFileSync(join(folder, `${name}.onnx`))
const inputOf = (name: string, like = name) =>
  readNpy(readFileSync(join(folder, `${like}.npy`)), name) as Tensor

/** The outputs of a graph of ours. */
async function run(graph: Graph, feeds: Record<string, Tensor>): Promise<Record<string, Tensor>> {
  const program = await (await nodeEngine({ threads: 1 })).load(graph)
  const outputs = await program.run(feeds)
  await program.release()
  return outputs
}

/** The outputs of ONNX Runtime for the model's own bytes. */
async function theirs(bytes: Uint8Array, x: Tensor, output: string): Promise<number[]> {
  const session = await ort.InferenceSession.create(bytes, { logSeverityLevel: 4 })
  const name = session.inputNames[0]!
  const whole = session.inputMetadata[0] as { type: string }
  const data = whole.type === 'uint8' ? Uint8Array.from(x.data as Float32Array) : x.data
  const fed = new ort.Tensor(whole.type as 'float32', data as Float32Array, x.shape)
  const result = (await session.run({ [name]: fed }, [output]))[output]!
  await session.release()
  return Array.from(result.data as Float32Array)
}

function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  const values = Array.from(expected)
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-30)
  expect(actual.length).toBe(values.length)
  values.forEach((value, k) => {
    expect(Math.abs(value - actual[k]!), `element ${k}: ${actual[k]} for ${value}`).toBeLessThanOrEqual(
      tolerance * largest,
    )
  })
}

/** The gradient of the last score along random directions, and the differences of the score there. */
async function expectGradient(graph: Graph, x: Tensor, output: string): Promise<void> {
  const derived = relevance(graph, composites.gradient, { output })
  const classes = Number(derived.graph.inputs.at(-1)!.shape[1])
  const target = float32([1, classes])
  target.data[classes - 1] = 1
  const input = graph.inputs[0]!.name
  const slopes = (await run(derived.graph, { [input]: x, target })).relevance!.data as Float32Array
  const random = new Random(output)
  const score = async (data: Float32Array) =>
    Number((await run(graph, { [input]: { ...x, data } as Tensor }))[output]!.data[classes - 1])
  for (let trial = 0; trial < 3; trial++) {
    const way = slopes.map(() => random.normal())
    const length = Math.hypot(...way)
    const step = 1e-3
    const at = (by: number) => score(slopes.map((_, k) => Number(x.data[k]) + (by * way[k]!) / length))
    const slope = ((await at(step)) - (await at(-step))) / (2 * step)
    const ours = way.reduce((sum, value, k) => sum + (value * slopes[k]!) / length, 0)
    const noise = 1e-4 * Math.abs(await at(0))
    expect(Math.abs(ours - slope)).toBeLessThanOrEqual(0.01 * Math.hypot(...slopes) + noise)
  }
}

describe.runIf(shared)('models of ../shared/cases', () => {
  test.each([
    'm_einsum_linear',
    'm_groupnorm21',
    'm_groupnorm_torch',
    's_if_squeeze',
    's_ms_gelu',
    'v_conv1d',
    's_dq_weights',
    's_topk_output',
    's_dead_branch',
    'i_nhwc_uint8',
    'i_bf16_weights',
    'v_noop_omitted',
    'm_reduce18',
    'm_matmul_left',
    'unet_convtranspose',
  ])('%s gives the scores of ONNX Runtime, and their gradient', async (name) => {
    const bytes = bytesOf(name)
    const graph = readGraph(bytes, name)
    const x = inputOf(name)
    const input = graph.inputs[0]!.name
    const { y } = await run(graph, { [input]: x })
    expectClose(y!.data as Float32Array, await theirs(bytes, x, 'y'), 1e-5)
    await expectGradient(graph, x, 'y')
  })

  test('s_if_squeeze loses its branches, m_einsum_linear becomes a plain product with weights', () => {
    const operators = (name: string) => readGraph(bytesOf(name), name).nodes.map(({ op }) => op)
    const pooled = ['Conv', 'Relu', 'GlobalAveragePool']
    expect(operators('s_if_squeeze')).toEqual([...pooled, 'Squeeze', 'Squeeze', 'Gemm'])
    expect(operators('m_einsum_linear')).toEqual([...pooled, 'Flatten', 'MatMul', 'Add'])
    expect(operators('s_dead_branch')).toEqual([...pooled, 'Flatten', 'Gemm'])
  })

  test.each([
    ['m_einsum_linear', 's_dead_branch'],
    ['s_if_squeeze', 's_dead_branch'],
    ['s_topk_output', 's_dead_branch'],
    ['i_dyn4', 's_dead_branch'],
    ['m_groupnorm21', 'm_groupnorm_torch'],
  ])('%s has the map of the same network in other operators, %s', async (name, other) => {
    const x = inputOf(other)
    const maps = [other, name].map(async (each) => {
      const graph = readGraph(
        bytesOf(each),
        each,
        each === 'i_dyn4' ? { sizes: { height: 8, width: 8 } } : {},
      )
      const derived = relevance(graph, composites.paper, { output: 'y' }).graph
      return (await run(derived, { x, target: float32([1, 4]) })).relevance!.data as Float32Array
    })
    const [plain, own] = await Promise.all(maps)
    expectClose(own!, plain!, 1e-5)
  })

  test.each(['i_dyn4', 'i_dyn4_nosize'])(
    '%s takes its channels from its weights, and asks for its size',
    (name) => {
      expect(() => readGraph(bytesOf(name), name)).toThrow(
        /dimension height must be a number.*--size.*x \[batch_size, 3, height, width\]/,
      )
    },
  )

  test('weights of small integers become float32, with a note', () => {
    const { reading } = readGraph(bytesOf('s_dq_weights'), 's_dq_weights')
    expect(reading!.notes).toEqual([
      'one tensor of weights is stored as small integers and was converted to float32',
    ])
  })

  test('batch normalisation in training mode is read as in inference, with a note', async () => {
    const bytes = bytesOf('m_bn_training')
    const graph = readGraph(bytes, 'm_bn_training')
    expect(graph.reading!.notes).toEqual([
      expect.stringMatching(/^its batch normalisation is in training mode/),
    ])
    const model = fromBinary(ModelProtoSchema, bytes)
    const layer = model.graph!.node.find(({ opType }) => opType === 'BatchNormalization')!
    layer.attribute = layer.attribute.filter(({ name }) => name !== 'training_mode')
    layer.output = layer.output.slice(0, 1)
    const x = inputOf('m_bn_training')
    const expected = await theirs(toBinary(ModelProtoSchema, model), x, 'y')
    expectClose((await run(graph, { x })).y!.data as Float32Array, expected, 1e-5)
    await expectGradient(graph, x, 'y')
  })

  test('an integer input that becomes float32 at once may be fed as float32, with a note', () => {
    const graph = readGraph(bytesOf('i_nhwc_uint8'), 'i_nhwc_uint8')
    expect(graph.inputs[0]!.type).toBe('float32')
    expect(graph.reading!.notes).toEqual([expect.stringMatching(/input x is uint8/)])
  })

  test('an unreadable output is left out, and the reason kept', () => {
    const graph = readGraph(bytesOf('s_topk_output'), 's_topk_output')
    expect(graph.outputs.map(({ name }) => name)).toEqual(['y'])
    expect([...graph.reading!.refused.keys()]).toEqual(['tv', 'ti'])
    expect(() => modelOf(graph, 'topk.onnx', {}, { output: 'ti' })).toThrow(
      /^topk\.onnx: its output ti cannot be read: node .* uses the operator TopK of standard ONNX/,
    )
    expect(modelOf(graph, 'topk.onnx').output).toBe('y')
  })

  test('a network with quantised activations is refused, with what to do', () => {
    expect(() => readGraph(bytesOf('s_qdq'), 's_qdq.onnx')).toThrow(
      /^s_qdq\.onnx: node .*QuantizeLinear.*: this model is quantised.*Export it in float32/,
    )
  })
})
