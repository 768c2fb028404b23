import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { fromBinary, toBinary } from '@bufbuild/protobuf'
import ort from 'onnxruntime-node'
import { messageOf, UserError } from '../../../src/base/errors.ts'
import { nodeEngine } from '../../../src/engine/node.ts'
import { readGraph } from '../../../src/graph/file.ts'
import { single } from '../../../src/graph/import/precision.ts'
import { type ModelProto, ModelProtoSchema, TensorProtoSchema } from '../../../src/graph/onnx_pb.ts'
import { tensorFrom, tensorTo } from '../../../src/graph/proto.ts'
import type { Graph, Tensor } from '../../../src/graph/types.ts'

/** One of ONNX's own tests of an operator. */
export interface BackendCase {
  readonly name: string
  /** The operators in its model: one, or those that make up a function of the standard. */
  readonly operators: readonly string[]
  readonly model: ModelProto
  readonly inputs: readonly Tensor[]
  readonly outputs: readonly Tensor[]
}

const decoded = (text: string) => new Uint8Array(Buffer.from(text, 'base64'))

/** The tests in Debian's python3-onnx; undefined if it is not installed. */
export function backendCases(): BackendCase[] | undefined {
  const script = fileURLToPath(new URL('cases.py', import.meta.url))
  let lines: string
  try {
    const options = {
      encoding: 'utf8' as const,
      maxBuffer: 2 ** 28,
      stdio: ['ignore', 'pipe', 'ignore'] as ('ignore' | 'pipe')[],
    }
    lines = execFileSync('/usr/bin/python3', [script], options)
  } catch {
    return undefined
  }
  const tensors = (texts: string[]) =>
    texts.map((text) => tensorFrom(fromBinary(TensorProtoSchema, decoded(text)), undefined))
  return lines
    .trim()
    .split('\n')
    .flatMap((line) => {
      const { name, operators, domains, model, inputs, outputs } = JSON.parse(line)
      if (domains.join() !== '') return []
      try {
        const proto = fromBinary(ModelProtoSchema, decoded(model))
        return [{ name, operators, model: proto, inputs: tensors(inputs), outputs: tensors(outputs) }]
      } catch {
        // Numbers of a type that our graphs lack.
        return []
      }
    })
}

/** Which of a model's inputs are fed; the others become constants. */
const FEEDS: readonly ((k: number, tensor: Tensor) => boolean)[] = [
  (_, { type }) => type.startsWith('float') || type === 'bool',
  (k) => k === 0,
  () => false,
]

/** A case's model, read with some of its inputs fed and the others constant. */
export interface Reading {
  readonly graph: Graph
  readonly feeds: Readonly<Record<string, Tensor>>
}

/**
 * Read a case's model for each possible choice of inputs, run it, and compare the results.
 *
 * @returns the ways in which it can be read, and what went wrong in them
 */
export async function runCase(subject: BackendCase): Promise<{ readings: Reading[]; wrong: string[] }> {
  const { model, inputs } = subject
  const wrong: string[] = []
  const readings: Reading[] = []
  const feeds = FEEDS.map((isFed) => model.graph!.input.flatMap((_, k) => (isFed(k, inputs[k]!) ? [k] : [])))
  const different = feeds.filter((fed, at) => feeds.findIndex((other) => other.join() === fed.join()) === at)
  for (const fed of different) {
    try {
      const reading = readingOf(subject, fed)
      const difference = await differenceOf(subject, reading)
      readings.push(reading)
      if (difference) wrong.push(`${subject.name}, fed ${fed.length} of ${inputs.length}: ${difference}`)
    } catch (error) {
      if (!(error instanceof UserError)) wrong.push(`${subject.name}: ${messageOf(error)}`)
    }
  }
  return { readings, wrong }
}

function readingOf({ model, inputs }: BackendCase, fed: readonly number[]): Reading {
  const graph = model.graph!
  const constants = graph.input.flatMap(({ name }, k) =>
    fed.includes(k) ? [] : [tensorTo(name, inputs[k]!, undefined)],
  )
  const ours = readGraph(
    bytesOf({
      ...model,
      graph: { ...graph, input: fed.map((k) => graph.input[k]!), initializer: constants },
    }),
    'case.onnx',
  )
  const values = new Map(graph.input.map(({ name }, k) => [name, single(inputs[k]!)]))
  const feeds = Object.fromEntries(ours.inputs.map(({ name }) => [name, values.get(name)!]))
  return { graph: ours, feeds }
}

async function differenceOf(subject: BackendCase, { graph, feeds }: Reading): Promise<string | undefined> {
  const given = constantsOf(graph) ?? (await run(graph, feeds))
  for (const [k, { name }] of subject.model.graph!.output.entries()) {
    if (graph.reading?.refused.has(name)) continue
    const difference = between(given[name]!, subject.outputs[k]!)
    if (difference && between(given[name]!, await theirs(subject, name))) return `${name}: ${difference}`
  }
  return undefined
}

/** The outputs of a graph if all of them were computed on reading. */
function constantsOf({ nodes, initializers }: Graph): Record<string, Tensor> | undefined {
  const tensors = nodes.map(({ op, inputs }) =>
    op === 'Identity' ? initializers.get(inputs[0]!) : undefined,
  )
  if (!tensors.every((tensor) => tensor !== undefined)) return undefined
  return Object.fromEntries(nodes.map(({ outputs }, k) => [outputs[0]!, tensors[k]!]))
}

async function run(graph: Graph, feeds: Reading['feeds']): Promise<Record<string, Tensor>> {
  const program = await (await nodeEngine({ threads: 1 })).load(graph)
  const outputs = await program.run(feeds)
  await program.release()
  return outputs
}

/** A model raised to the oldest supported opset if it is older: these tests' operators are the same in it. */
function bytesOf(model: ModelProto): Uint8Array {
  const opsetImport = model.opsetImport.map((each) => (each.version < 7n ? { ...each, version: 7n } : each))
  return toBinary(ModelProtoSchema, { ...model, opsetImport })
}

/** What ONNX Runtime itself computes for a case: not always what the case expects. */
async function theirs({ model, inputs }: BackendCase, output: string): Promise<Tensor> {
  const session = await ort.InferenceSession.create(bytesOf(model), { logSeverityLevel: 4 })
  const feeds = model.graph!.input.map(({ name }, k) => {
    const { type, data, shape } = inputs[k]!
    return [name, new ort.Tensor(type, data as never, shape)] as const
  })
  const result = (await session.run(Object.fromEntries(feeds)))[output]!
  await session.release()
  return { type: result.type, shape: result.dims, data: result.data } as unknown as Tensor
}

/** How two tensors differ; undefined where they do not. */
function between(actual: Tensor, expected: Tensor): string | undefined {
  if (actual.shape.join() !== expected.shape.join())
    return `its shape is [${actual.shape.join(', ')}], not [${expected.shape.join(', ')}]`
  const [ours, others] = [actual, single(expected)].map(({ data }) =>
    Array.from<number | bigint, number>(data, Number),
  ) as [number[], number[]]
  // Half-precision results are only that exact.
  const tolerance = expected.type === 'float16' ? 1e-3 : 1e-5
  const sizes = others.map(Math.abs).filter(Number.isFinite)
  const largest = sizes.reduce((most, size) => Math.max(most, size), 1)
  const at = others.findIndex(
    (value, k) => !Object.is(value, ours[k]) && !(Math.abs(value - ours[k]!) <= tolerance * largest),
  )
  return at < 0 ? undefined : `element ${at} is ${ours[at]}, not ${others[at]}`
}
