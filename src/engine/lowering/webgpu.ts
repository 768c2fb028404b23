/**
 * A graph written with the operators that WebGPU has.
 *
 * ONNX Runtime's WebGPU provider lacks some kernels. Operators that it knows it lacks run on the CPU, with a copy in
 * both directions; those that it claims but lacks fail when they run, or give wrong numbers. Each rule here replaces
 * one such operator in a graph by others that give the same numbers.
 */

import type { Pass } from '../../graph/pass.ts'
import type { Graph } from '../../graph/types.ts'
import { lowerConv } from './conv.ts'
import { lowerDropout } from './dropout.ts'
import { lowerGroups } from './groups.ts'
import { lowerLrn } from './lrn.ts'
import { lowerMaxPool } from './maxPool.ts'
import { dropOmitted } from './omitted.ts'
import { lowerOneHot } from './oneHot.ts'
import { lowerPadding } from './padding.ts'
import { lowerSlice } from './slice.ts'
import { lowerSum } from './sum.ts'

/** Why WebGPU needs each rule, and the rule itself; in the order in which they are applied. */
export const rules = {
  /**
   * The provider claims MaxPool with positions, then fails: "The Indices output is not supported yet" (left open by
   * the pull request that added the kernel, microsoft/onnxruntime#23714). Its ScatterElements adds in no fixed
   * order, so that no two runs would give the same bits.
   */
  maxPool: lowerMaxPool,
  /**
   * A convolution of 6, 9, 15, 18, … channels (multiples of three, but not of four) to a multiple of four gives
   * wrong numbers and no error: the kernel reads three channels at a time, from the place of every fourth.
   * microsoft/onnxruntime#29651 reports such a convolution.
   */
  conv: lowerConv,
  /**
   * A 1 × 1 convolution, or one of the whole picture at once, is computed as a product where nothing is padded above
   * and left; padding below and right is forgotten, and the numbers are wrong. Not reported upstream yet.
   */
  padding: lowerPadding,
  /**
   * Grouped convolutions give wrong numbers and no error where the provider computes channels of two groups together,
   * from the input of one: with 5, 6, 7, 9, … filters in each group, where two or four divide the filters of all groups
   * but not those of one. So do transposed ones in groups of one channel from 2, 4, 6, …, as in the gradient of a
   * depthwise convolution with two filters for each channel. Not reported upstream yet.
   */
  groups: lowerGroups,
  /**
   * A Slice that goes backwards over a part of an axis gives wrong numbers and no error; microsoft/onnxruntime#25160
   * would fix it.
   */
  slice: lowerSlice,
  /** The provider lacks LRN: activations would go to the CPU and back. */
  lrn: lowerLrn,
  /** The provider lacks OneHot: in the middle of the pass, logits would go to the CPU and the target back. */
  oneHot: lowerOneHot,
  /** The provider lacks Sum: every sum of gradients or relevances would go to the CPU and back. */
  sum: lowerSum,
  /** The provider lacks Dropout, and the build for pages lacks it on the CPU too: no graph with one loads there. */
  dropout: lowerDropout,
  /** The provider takes an empty name for a Conv's bias, and the process crashes with a segmentation fault. */
  omitted: dropOmitted,
} satisfies Record<string, Pass>

/**
 * The optimisations of ONNX Runtime's that get numbers wrong on WebGPU, by its names of them.
 *
 * An activation after a convolution is fused into it, and a second one after that replaces the first:
 * `Relu(Clip(Conv(x)))`, which exporters write for a MobileNet, is computed as `Relu(Conv(x))`. A Tanh in a convolution
 * lacks the guard that Tanh has by itself, and gives NaN for large numbers.
 */
export const WRONG_OPTIMISATIONS: readonly string[] = ['ConvActivationFusion']

/** The nodes that WebGPU must leave to the CPU: it claims them but cannot run them, and no rule could rewrite them. */
export function onCpu({ nodes, initializers }: Graph): string[] {
  return nodes
    .filter(({ op, inputs, outputs }) => {
      if (op === 'MaxPool') return outputs.length > 1
      if (op !== 'Slice' || inputs[4] === undefined) return false
      const steps = initializers.get(inputs[4])
      return !steps || [...steps.data].some((step) => step < 0)
    })
    .map(({ name }) => name)
}
