/**
 * An engine runs graphs. There is one interface, with one implementation for each side: `node.ts` in Node,
 * `web.ts` in a page. Everything else in regard uses an engine only through these types.
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
   * @param into tensors to write some of the outputs into, of their type and shape. This saves memory, but is
   *   only a wish: a device that cannot write there makes new tensors
   * @returns every output by name
   * @throws Error naming the input or output whose type or shape does not fit
   */
  run(feeds: Tensors, into?: Tensors): Promise<Tensors>

  /** Free the memory. The program cannot run afterwards. */
  release(): Promise<void>
}

/** Loads graphs onto a device. */
export interface Engine {
  readonly device: Device
  /** Threads that one run uses on the CPU. The same number gives the same bits on the same machine and device. */
  readonly threads: number
  /**
   * Settles when the device is lost, which can happen to a GPU at any time: programs loaded there fail from
   * then on. Undefined where a device cannot be lost.
   */
  readonly lost?: Promise<unknown>
  /**
   * Load a graph.
   *
   * @param options.lean save memory: large weights are kept once, not packed for each product that reads
   *   them, and room for values is allocated as they come, not planned in advance. It takes about half the
   *   memory, and is as fast where weights change or batches are small
   */
  load(graph: Graph, options?: { readonly lean?: boolean }): Promise<Program>
}

/** Where a graph runs: on the CPU by native code or by WebAssembly, or on the GPU. */
export type Device = 'cpu' | 'wasm' | 'webgpu'
