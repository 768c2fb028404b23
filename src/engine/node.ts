import { availableParallelism } from 'node:os'
import type { Engine } from './engine.ts'
import { type Runtime, sessionEngine } from './session.ts'

/**
 * ONNX Runtime in Node, on the CPU: native code where onnxruntime-node is installed, WebAssembly where it is not, with
 * a warning of the process that says so.
 *
 * @param options.threads threads of one run; all cores where not given
 */
export async function nodeEngine({ threads = availableParallelism() } = {}): Promise<Engine> {
  let native: Runtime
  try {
    native = (await import('onnxruntime-node')).default
  } catch (error) {
    return fallback(threads, (error as Error).message)
  }
  const options = { executionProviders: ['cpu'], intraOpNumThreads: threads }
  return sessionEngine(native, { device: 'cpu', threads, options, writesInto: true })
}

let warned = false

/** By WebAssembly. Its threads are started once in a process, as many as its first engine asks for. */
async function fallback(threads: number, why: string): Promise<Engine> {
  if (!warned) process.emitWarning(`${SLOWLY} (${why.split('\n')[0]})`, { code: 'REGARD_WASM' })
  warned = true
  const runtime = await import('onnxruntime-web')
  runtime.env.wasm.numThreads ||= threads
  const started = runtime.env.wasm.numThreads
  const options = { executionProviders: ['wasm'] }
  return sessionEngine(runtime, { device: 'wasm', threads: started, options, writesInto: false })
}

const SLOWLY =
  'networks run by WebAssembly, several times slower than by native code, which onnxruntime-node brings: ' +
  'npm install onnxruntime-node@1.30.0 --ignore-scripts'
