import { availableParallelism } from 'node:os'
import ort from 'onnxruntime-node'
import { writeGraph } from '../graph/file.ts'
import type { DataType, Graph, Tensor, ValueInfo } from '../graph/types.ts'
import type { Engine, Program, Tensors } from './engine.ts'

/**
 * ONNX Runtime in Node, on the CPU.
 *
 * @param options.threads threads of one run; all cores where not given
 */
export function nodeEngine(options: { threads?: number } = {}): Engine {
  const threads = options.threads ?? availableParallelism()
  return {
    device: 'cpu',
    threads,
    async load(graph: Graph, { lean = false } = {}): Promise<Program> {
      // Large weights are handed over where they lie: a model's bytes with them inside would be copies of them all.
      const externalData: { path: string; data: Uint8Array }[] = []
      const place = (data: Uint8Array) => {
        const path = `weights/${externalData.length}`
        externalData.push({ path, data })
        return { location: path, offset: 0 }
      }
      const session = await ort.InferenceSession.create(writeGraph(graph, { threshold: LARGE, place }), {
        externalData,
        executionProviders: ['cpu'],
        intraOpNumThreads: threads,
        graphOptimizationLevel: 'all',
        enableMemPattern: !lean,
        logSeverityLevel: 3,
        // Waiting threads sleep: as fast on a quiet machine, and several times faster beside other work, where
        // threads that wait in a loop take the cores from those that they wait for.
        extra: { session: { intra_op: { allow_spinning: '0' }, disable_prepacking: lean ? '1' : '0' } },
      })
      return new NodeProgram(session, graph.inputs, graph.outputs)
    },
  }
}

/** Bytes from which on weights are handed over by themselves. */
const LARGE = 1 << 16

class NodeProgram implements Program {
  readonly inputs: readonly ValueInfo[]
  readonly outputs: readonly ValueInfo[]
  private readonly session: ort.InferenceSession

  constructor(session: ort.InferenceSession, inputs: readonly ValueInfo[], outputs: readonly ValueInfo[]) {
    this.session = session
    this.inputs = inputs
    this.outputs = outputs
  }

  async run(feeds: Tensors, into: Tensors = {}): Promise<Tensors> {
    const named = new Map<string, number>()
    const given: Record<string, ort.Tensor> = {}
    for (const input of this.inputs) {
      const tensor = feeds[input.name]
      if (!tensor) throw new Error(`input ${input.name} is missing`)
      given[input.name] = toOrt(tensor, input, named, 'input')
    }
    for (const name of Object.keys(feeds)) {
      if (!this.inputs.some((input) => input.name === name)) throw new Error(`there is no input ${name}`)
    }
    const fetches: Record<string, ort.Tensor | null> = {}
    for (const output of this.outputs) {
      const tensor = into[output.name]
      fetches[output.name] = tensor ? toOrt(tensor, output, named, 'output') : null
    }
    const results = await this.session.run(given, fetches)
    return Object.fromEntries(this.outputs.map(({ name }) => [name, into[name] ?? fromOrt(results[name]!)]))
  }

  async release(): Promise<void> {
    await this.session.release()
  }
}

/** Check a tensor against its declaration; dimensions that are known by name must agree among themselves. */
function toOrt(
  tensor: Tensor,
  { name, type, shape }: ValueInfo,
  named: Map<string, number>,
  what: string,
): ort.Tensor {
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
      `${what} ${name} must be ${type} [${shape.join(', ')}] and is ${tensor.type} [${tensor.shape.join(', ')}]`,
    )
  }
  return new ort.Tensor(tensor.type, tensor.data as never, tensor.shape)
}

function fromOrt(tensor: ort.Tensor): Tensor {
  return { type: tensor.type as DataType, shape: tensor.dims, data: tensor.data } as Tensor
}
