import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import ort from 'onnxruntime-node'
import { describe, expect, test } from 'vitest'
import { UserError } from '../../../src/base/errors.ts'
import { Random } from '../../../src/base/random.ts'
import { nodeEngine } from '../../../src/engine/node.ts'
import { readNpy } from '../../../src/formats/npy.ts'
import { readGraph } from '../../../src/graph/file.ts'
import { float32, type Graph, type Tensor } from '../../../src/graph/types.ts'
import { composites } from '../../../src/rules/composites/presets.ts'
import { relevance } from '../../../src/rules/relevance/relevance.ts'
import { shared } from '../../shared.ts'

const folder = join(shared ?? '', 'cases/models')
const bytesOf = (name: string) => readFileSync(join(folder, `${name}.onnx`))
const inputOf = (name: string, like = name) =>
  readNpy(readFileSync(join(folder, `${like}.npy`)), name) as Tensor

/** What a graph of ours gives. */
async function run(graph: Graph, feeds: Record<string, Tensor>): Promise<Record<string, Tensor>> {
  const program = await (await nodeEngine({ threads: 1 })).load(graph)
  const outputs = await program.run(feeds)
  await program.release()
  return outputs
}

/** What ONNX Runtime makes of a model's own bytes. */
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

/** The gradient of the last score along random directions, and what differences of the score say of it. */
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

describe.runIf(shared)('models of ../shared/cases that were not read', () => {
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
  ])('%s gives the scores and the gradient of ONNX Runtime, and has a relevance', async (name) => {
    const bytes = bytesOf(name)
    const graph = readGraph(bytes, name)
    const x = inputOf(name)
    const input = graph.inputs[0]!.name
    const { y } = await run(graph, { [input]: x })
    expectClose(y!.data as Float32Array, await theirs(bytes, x, 'y'), 1e-5)
    await expectGradient(graph, x, 'y')
  })
})
