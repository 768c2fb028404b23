import { UserError } from '../base/errors.ts'
import { isExact } from './check.ts'
import type { Engine } from './engine.ts'
import { type Runtime, sessionEngine } from './session.ts'

/** How an engine in a page is set up. */
export interface WebEngineOptions {
  /**
   * Where graphs run: by WebAssembly (the default), on the GPU, or (`auto`) on the GPU where WebGPU has a real one, not
   * emulated in software, that computes exactly, and otherwise by WebAssembly.
   */
  readonly device?: 'wasm' | 'webgpu' | 'auto'
  /** Threads of one run on the CPU; by default one for each core. A page that is not cross-origin isolated gets one. */
  readonly threads?: number
}

/**
 * ONNX Runtime in a browser's page or worker. Each build is loaded on first use, and then starts as many threads as its
 * first engine asks for; later engines share these.
 *
 * @throws UserError where the GPU is asked for and there is none, or it computes wrongly
 */
export async function webEngine({ device = 'wasm', threads }: WebEngineOptions = {}): Promise<Engine> {
  const gpu = device !== 'wasm' && (await navigator.gpu?.requestAdapter())
  if (device === 'webgpu' && !gpu)
    throw new UserError('this browser offers no GPU through WebGPU', undefined, USE_WASM)
  if (gpu && (device === 'webgpu' || !isImitated(gpu.info))) {
    // Too little runs beside the GPU for threads to help.
    const runtime = await import('onnxruntime-web/webgpu')
    const engine = started('webgpu', runtime, 1)
    const exact = await isExact(engine).catch((error) => {
      if (device === 'webgpu') throw error
      return false
    })
    if (exact) return (await import('./lost.ts')).untilLost(engine, await runtime.env.webgpu.device)
    if (device === 'webgpu')
      throw new UserError('this GPU computes wrong results with WebGPU', undefined, USE_WASM)
  }
  return started('wasm', await import('onnxruntime-web/wasm'), threads)
}

const USE_WASM = `Use the device 'wasm'`

type WebRuntime = Runtime & { readonly env: { readonly wasm: { numThreads?: number } } }

function started(device: 'wasm' | 'webgpu', runtime: WebRuntime, wanted?: number): Engine {
  const most = crossOriginIsolated ? (wanted ?? navigator.hardwareConcurrency) : 1
  runtime.env.wasm.numThreads ||= most
  return sessionEngine(runtime, {
    device,
    threads: runtime.env.wasm.numThreads,
    writesInto: false,
    oneAtATime: true,
  })
}

/** Whether a GPU is emulated by the CPU. */
function isImitated({ architecture, isFallbackAdapter }: GPUAdapterInfo): boolean {
  return isFallbackAdapter || architecture === 'swiftshader'
}
