/**
 * An engine runs graphs. There is one interface, and one way in for each place: `node.ts` here, `web.ts` in a page.
 * Everything else in regard speaks to an engine only through these types.
 */

import type { Graph, Tensor, ValueInfo } from '../graph/types.ts'

/** Tensors by name. */
export type Tensors = Record<string, Tensor>

/** A graph that is loaded and ready to run. */
export interface Program {
  readonly inputs: readonly ValueInfo[]
  readonly outputs: readonly ValueInfo[]

  /**
   * Run the graph once.
   *
   * @param feeds a tensor for each input, of its type and shape
   * @param into tensors to write some of the outputs into, of their type and shape: a wish, which spares the memory
   *   where it is granted. A device that cannot write there makes new ones
   * @returns every output by name
   * @throws Error naming the input or output whose type or shape does not fit
   */
  run(feeds: Tensors, into?: Tensors): Promise<Tensors>

  /** Give back the memory. The program cannot run afterwards. */
  release(): Promise<void>
}

/** Loads graphs onto a device. */
export interface Engine {
  readonly device: Device
  /** Threads that one run uses on the CPU. The same number gives the same bits on the same machine and device. */
  readonly threads: number
  /**
   * Settles when the device is gone, as a GPU can be at any time: what is loaded there fails from then on. Undefined
   * where a device stays.
   */
  readonly lost?: Promise<unknown>
  /**
   * Load a graph.
   *
   * @param options.lean spare memory: large weights are kept once instead of packed for each product that they are
   *   in, and room for values is found as they come instead of planned once for all of them. As fast where weights
   *   change or batches are small, and about half the memory
   */
  load(graph: Graph, options?: { readonly lean?: boolean }): Promise<Program>
}

/** Where a graph runs: on the CPU by native code or by WebAssembly, or on the GPU. */
export type Device = 'cpu' | 'wasm' | 'webgpu'
