/**
 * A graph written with the operators that a device has.
 *
 * ONNX Runtime's WebGPU provider lacks some kernels. What it knows that it lacks runs on the CPU, with a copy to and
 * fro; what it claims and lacks fails when it is run. Each rule here takes one such operator out of a graph and puts
 * others in its place that give the same numbers.
 */

import type { Graph } from '../../graph/types.ts'
import type { Device } from '../engine.ts'
import { lowerConv } from './conv.ts'
import { lowerLrn } from './lrn.ts'
import { lowerMaxPool } from './maxPool.ts'
import { dropOmitted } from './omitted.ts'
import { lowerOneHot } from './oneHot.ts'
import { lowerSum } from './sum.ts'

/** A rule: why a device needs it, and the graph in other operators. */
interface Lowering {
  readonly reason: string
  readonly apply: (graph: Graph) => Graph
}

/** The rules of each device, in the order in which they are applied. */
export const lowerings: Readonly<Record<Device, Readonly<Record<string, Lowering>>>> = {
  cpu: {},
  wasm: {},
  webgpu: {
    maxPool: {
      reason:
        'The provider claims MaxPool with positions, then fails: "The Indices output is not supported yet" ' +
        '(left open by the pull request that added the kernel, microsoft/onnxruntime#23714). Its ScatterElements ' +
        'adds in no fixed order, so that no two runs would give the same bits.',
      apply: lowerMaxPool,
    },
    conv: {
      reason:
        'A convolution of 6, 9, 15, 18, … channels (multiples of three, but not of four) to a multiple of four gives ' +
        'wrong numbers and no error: the kernel reads three channels at a time, from the place of every fourth. ' +
        'microsoft/onnxruntime#29651 tells of such a convolution.',
      apply: lowerConv,
    },
    lrn: {
      reason: 'The provider has no LRN: activations would go to the CPU and back.',
      apply: lowerLrn,
    },
    oneHot: {
      reason: 'The provider has no OneHot: logits would go to the CPU and the target back, amid the pass.',
      apply: lowerOneHot,
    },
    sum: {
      reason: 'The provider has no Sum: every sum of gradients or relevances would go to the CPU and back.',
      apply: lowerSum,
    },
    omitted: {
      reason:
        'The provider takes an empty name for a bias of Conv, and the process ends with a segmentation fault.',
      apply: dropOmitted,
    },
  },
}

/** The graph for a device. */
export function lower(graph: Graph, device: Device): Graph {
  return Object.values(lowerings[device]).reduce((lowered, { apply }) => apply(lowered), graph)
}

/** The nodes of a graph that WebGPU must leave to the CPU: it claims MaxPool with positions, and fails. */
export function onCpu({ nodes }: Graph): string[] {
  return nodes.filter(({ op, outputs }) => op === 'MaxPool' && outputs.length > 1).map(({ name }) => name)
}
