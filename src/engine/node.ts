import { availableParallelism } from 'node:os'
import { messageOf, UserError } from '../base/errors.ts'
import { checkedBy } from './agreement.ts'
import { isExact, isFaster } from './check.ts'
import type { Engine } from './engine.ts'
import { type Runtime, sessionEngine } from './session.ts'

/**
 * The devices to choose from in Node: `auto` is the GPU where WebGPU finds one that is exact and faster than the CPU.
 */
export const DEVICES = ['cpu', 'webgpu', 'auto'] as const

export type NodeDevice = (typeof DEVICES)[number]

/** How an engine in Node is set up. */
export interface NodeEngineOptions {
  /** Threads of one run on the CPU; by default one for each core. */
  readonly threads?: number
  /** Where graphs run; by default `cpu`. */
  readonly device?: NodeDevice
}

/**
 * ONNX Runtime in Node: native code where onnxruntime-node is installed, on the CPU or the GPU; WebAssembly where it is
 * not, with a process warning that says so.
 *
 * The GPU's first results for each graph are compared with the CPU's. Where they differ, the CPU runs that graph, with
 * a process warning (code `REGARD_WEBGPU`).
 *
 * @throws UserError where the GPU is asked for and there is none, or it computes wrongly
 */
export async function nodeEngine({
  threads = availableParallelism(),
  device = 'cpu',
}: NodeEngineOptions = {}): Promise<Engine> {
  let native: Runtime
  try {
    native = (await import('onnxruntime-node')).default
  } catch (error) {
    if (device === 'webgpu')
      throw new UserError(`WebGPU needs onnxruntime-node: ${messageOf(error)}`, undefined, INSTALL)
    return fallback(threads, messageOf(error))
  }
  const engineOn = (device: 'cpu' | 'webgpu') =>
    sessionEngine(native, { device, threads, writesInto: true, oneAtATime: false })
  const cpu = engineOn('cpu')
  if (device === 'cpu') return cpu
  const gpu = engineOn('webgpu')
  let exact: boolean
  try {
    exact = await isExact(gpu)
  } catch (error) {
    if (device === 'auto') return cpu
    throw new UserError(`WebGPU finds no GPU here: ${reasonOf(error)}`, undefined, 'Use the CPU')
  }
  if (device === 'auto' && !(exact && (await isFaster(gpu, cpu)))) return cpu
  if (!exact) throw new UserError('this GPU computes wrong results with WebGPU', undefined, 'Use the CPU')
  return checkedBy(cpu, gpu, () => process.emitWarning(INSTEAD, { code: 'REGARD_WEBGPU' }))
}

const INSTEAD = 'this GPU computes a network wrongly with WebGPU, so the CPU runs it.'

/** The last sentence of an ONNX Runtime error: a file, a function and a condition come before it. */
function reasonOf(error: unknown): string {
  return messageOf(error)
    .split('\n')[0]!
    .replace(/^.* was false\. /, '')
}

let warned = false

/** An engine by WebAssembly. Its threads are started once in a process, as many as its first engine asks for. */
async function fallback(threads: number, why: string): Promise<Engine> {
  if (!warned) process.emitWarning(`${SLOWLY} ${INSTALL} (${why.split('\n')[0]})`, { code: 'REGARD_WASM' })
  warned = true
  const runtime = await import('onnxruntime-web')
  runtime.env.wasm.numThreads ||= threads
  return sessionEngine(runtime, {
    device: 'wasm',
    threads: runtime.env.wasm.numThreads,
    writesInto: false,
    oneAtATime: true,
  })
}

const SLOWLY = 'networks run in WebAssembly, several times slower than native code.'
const INSTALL = 'Install the native runtime: npm install onnxruntime-node@1.30.0 --ignore-scripts'
