/** A graph as a device needs it. */

import { through } from '../../graph/pass.ts'
import type { Graph } from '../../graph/types.ts'
import type { Device } from '../engine.ts'
import { computeConstants } from './constants.ts'
import { onCpu, rules, WRONG_OPTIMISATIONS } from './webgpu.ts'

/** A graph for a device, and how ONNX Runtime should load it. */
interface Lowered {
  readonly graph: Graph
  /** The names of the nodes that the device must leave to the CPU. */
  readonly onCpu: readonly string[]
  /** The optimisations that get numbers wrong there. */
  readonly wrongOptimisations: readonly string[]
}

/** The graph for a device. */
export function lower(graph: Graph, device: Device): Lowered {
  if (device === 'webgpu') {
    const lowered = through(Object.values(rules), graph)
    return { graph: lowered, onCpu: onCpu(lowered), wrongOptimisations: WRONG_OPTIMISATIONS }
  }
  // In WebAssembly, ONNX Runtime takes 20 ns for each number to fold constants, and the relevance rules derive about
  // eight numbers from each weight: more than half of the time to load a network.
  return { graph: device === 'wasm' ? computeConstants(graph) : graph, onCpu: [], wrongOptimisations: [] }
}
