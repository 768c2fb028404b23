/**
 * What every build of ONNX Runtime shares: a graph becomes a session, tensors are checked and passed in, and results
 * come back. `node.ts` and `web.ts` choose a build and set it up.
 */

import type { InferenceSession, InferenceSessionFactory, TensorConstructor } from 'onnxruntime-common'
import { writeGraph } from '../graph/file.ts'
import type { DataType, Graph, Tensor, ValueInfo } from '../graph/types.ts'
import type { Device, Engine, Program, Tensors } from './engine.ts'
import { lower } from './lowering/lower.ts'

/** A build of ONNX Runtime. */
export interface Runtime {
  readonly InferenceSession: InferenceSessionFactory
  readonly Tensor: TensorConstructor
}

/** How a build is used. */
export interface Setup {
  readonly device: Device
  readonly threads: number
  /** Whether it writes outputs into given tensors. onnxruntime-web accepts them but does not write to them. */
  readonly writesInto: boolean
  /** Whether it fails when sessions are loaded or run at the same time, as onnxruntime-web does. */
  readonly oneAtATime: boolean
}

/** An engine that runs graphs by a build of ONNX Runtime. */
export function sessionEngine(runtime: Runtime, { device, threads, writesInto, oneAtATime }: Setup): Engine {
  const scheduled: Schedule = oneAtATime ? inTurnOn(runtime) : (work) => work()
  return {
    device,
    threads,
    async load(graph, { lean = false } = {}) {
      const { graph: lowered, onCpu, wrongOptimisations } = lower(graph, device)
      // Large weights are passed as they are: serialising them into a model's bytes would copy them all.
      const externalData: { path: string; data: Uint8Array }[] = []
      const place = (data: Uint8Array) => {
        const path = `weights/${externalData.length}`
        externalData.push({ path, data })
        return { location: path, offset: 0 }
      }
      const bytes = writeGraph(lowered, { threshold: LARGE, place })
      const session = await scheduled(() =>
        runtime.InferenceSession.create(bytes, {
          externalData,
          executionProviders: [providerOf(device, onCpu)],
          intraOpNumThreads: threads,
          graphOptimizationLevel: 'all',
          enableMemPattern: !lean,
          logSeverityLevel: 3,
          // Waiting threads sleep: this is as fast on an idle machine, and several times faster beside other work,
          // where spinning threads take the cores from those that they wait for.
          extra: {
            session: { intra_op: { allow_spinning: '0' }, disable_prepacking: lean ? '1' : '0' },
            optimization: { disable_specified_optimizers: wrongOptimisations.join(';') },
          },
        }),
      )
      return programOf(runtime, session, graph, writesInto, scheduled)
    },
  }
}

function providerOf(device: Device, onCpu: readonly string[]): InferenceSession.ExecutionProviderConfig {
  // An empty list is refused.
  return onCpu.length > 0 ? { name: device, forceCpuNodeNames: onCpu } : device
}

/** From this size on, in bytes, weights are passed separately. */
const LARGE = 1 << 16

type Schedule = <T>(work: () => Promise<T>) => Promise<T>

/** The last call to each build. */
const last = new WeakMap<Runtime, Promise<unknown>>()

/** Run calls to a build one after another; two builds do not wait for each other. */
function inTurnOn(runtime: Runtime): Schedule {
  return (work) => {
    const done = (last.get(runtime) ?? Promise.resolve()).then(work)
    last.set(
      runtime,
      done.catch(() => {}),
    )
    return done
  }
}

function programOf(
  runtime: Runtime,
  session: InferenceSession,
  { inputs, outputs }: Graph,
  writesInto: boolean,
  scheduled: Schedule,
): Program {
  const handedOver = ({ type, data, shape }: Tensor) => new runtime.Tensor(type, data as never, shape)
  return {
    inputs,
    outputs,
    async run(feeds, into = {}) {
      checkFeeds(inputs, outputs, feeds, into)
      const given = Object.fromEntries(inputs.map(({ name }) => [name, handedOver(feeds[name]!)]))
      const wished = (name: string) => (writesInto ? into[name] : undefined)
      const fetches = Object.fromEntries(
        outputs.map(({ name }) => {
          const tensor = wished(name)
          return [name, tensor ? handedOver(tensor) : null]
        }),
      )
      const results = await scheduled(() => session.run(given, fetches))
      return Object.fromEntries(outputs.map(({ name }) => [name, wished(name) ?? received(results[name]!)]))
    },
    release: () => scheduled(() => session.release()),
  }
}

function received({ type, dims, data }: InferenceSession.OnnxValueMapType[string]): Tensor {
  return { type: type as DataType, shape: dims, data } as Tensor
}

/** Check tensors against what a program declares; dimensions of the same name must agree. */
function checkFeeds(
  inputs: readonly ValueInfo[],
  outputs: readonly ValueInfo[],
  feeds: Tensors,
  into: Tensors,
): void {
  const named = new Map<string, number>()
  for (const input of inputs) {
    const tensor = feeds[input.name]
    if (!tensor) throw new Error(`input ${input.name} is missing`)
    checkTensor(tensor, input, named, 'input')
  }
  for (const name of Object.keys(feeds)) {
    if (!inputs.some((input) => input.name === name)) throw new Error(`there is no input ${name}`)
  }
  for (const output of outputs) {
    const tensor = into[output.name]
    if (tensor) checkTensor(tensor, output, named, 'output')
  }
}

function checkTensor(
  tensor: Tensor,
  { name, type, shape }: ValueInfo,
  named: Map<string, number>,
  what: 'input' | 'output',
): void {
  const fits =
    tensor.type === type &&
    tensor.shape.length === shape.length &&
    tensor.shape.every((size, k) => {
      const declared = shape[k]!
      if (typeof declared === 'number') return size === declared
      if (!named.has(declared)) named.set(declared, size)
      return named.get(declared) === size
    })
  if (!fits) {
    throw new Error(
      `${what} ${name} must be ${type} [${shape.join(', ')}], not ${tensor.type} [${tensor.shape.join(', ')}]`,
    )
  }
}
