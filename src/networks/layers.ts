/**
 * The layers of the paper's networks, with Caffe's semantics: pooling rounds up, LRN divides α by the number of
 * channels, convolutions may be grouped.
 */

import { GraphBuilder, type Value } from '../graph/builder.ts'
import { float32 } from '../graph/types.ts'
import { type Filler, filled } from './fillers.ts'
import type { NetworkOptions } from './network.ts'

/** How a layer with weights starts. */
export interface LayerStart {
  readonly filler: Filler
  readonly bias: number
}

/** The window of a convolution or a pooling. */
interface Window {
  readonly kernel: number
  readonly stride?: number
  readonly pad?: number
}

/** A network that is being built: its input, and a method for each kind of layer, which takes the layer's name. */
export class Layers {
  readonly g: GraphBuilder
  readonly images: Value
  private readonly options: NetworkOptions

  /**
   * @param leastInput the smallest input that all layers allow, in pixels
   * @throws Error for smaller pictures
   */
  constructor(name: string, options: NetworkOptions, leastInput: number) {
    const { batch, input } = options
    if (input < leastInput) {
      throw new Error(`${name} needs pictures of at least ${leastInput} pixels, not ${input}`)
    }
    this.options = options
    this.g = new GraphBuilder(name)
    this.images = this.g.input('images', 'float32', [batch, 3, input, input])
  }

  /** A published number of channels, scaled to this network's width: a multiple of the number of groups. */
  channels(published: number, groups = 1): number {
    return groups * Math.max(1, Math.round((published * this.options.width) / groups))
  }

  conv(
    name: string,
    x: Value,
    filters: number,
    { kernel, stride = 1, pad = 0, group = 1 }: Window & { readonly group?: number },
    start: LayerStart,
  ): Value {
    const shape = [filters, Number(x.shape[1]) / group, kernel, kernel]
    const attributes = { strides: [stride, stride], pads: [pad, pad, pad, pad], group }
    return this.g.op('Conv', [x, ...this.weights(name, shape, start)], attributes, name)
  }

  /** An inner product over all elements of a picture. */
  innerProduct(name: string, x: Value, units: number, start: LayerStart): Value {
    const flat = x.shape.length === 2 ? x : this.g.op('Flatten', [x], {}, `${name}/flatten`)
    const weights = this.weights(name, [units, Number(flat.shape[1])], start)
    return this.g.op('Gemm', [flat, ...weights], { transB: 1 }, name)
  }

  relu(name: string, x: Value): Value {
    return this.g.op('Relu', [x], {}, name)
  }

  maxPool(name: string, x: Value, { kernel, stride = 1, pad = 0 }: Window): Value {
    const shape = { kernel_shape: [kernel, kernel], strides: [stride, stride], pads: [pad, pad, pad, pad] }
    return this.g.op('MaxPool', [x], { ...shape, ceil_mode: 1 }, name)
  }

  /** The mean of each window; for one that reaches beyond the end, the mean of what lies in the picture. */
  averagePool(name: string, x: Value, { kernel, stride = 1 }: Omit<Window, 'pad'>): Value {
    const behind = [2, 3].map((axis) => {
      const steps = Math.ceil((Number(x.shape[axis]) - kernel) / stride)
      return steps * stride + kernel - Number(x.shape[axis])
    })
    const shape = { kernel_shape: [kernel, kernel], strides: [stride, stride], pads: [0, 0, ...behind] }
    return this.g.op('AveragePool', [x], shape, name)
  }

  concat(name: string, values: readonly Value[]): Value {
    return this.g.op('Concat', values, { axis: 1 }, name)
  }

  lrn(name: string, x: Value): Value {
    return this.g.op('LRN', [x], { size: 5, alpha: 0.0001, beta: 0.75 }, name)
  }

  /** @param ratio the share that training drops */
  dropout(name: string, x: Value, ratio: number): Value {
    return this.g.op('Dropout', [x, this.g.constant(float32([], [ratio]), `${name}.ratio`)], {}, name)
  }

  private weights(name: string, shape: number[], { filler, bias }: LayerStart): [Value, Value] {
    const filters = shape[0]!
    return [
      this.g.constant(filled(shape, filler, this.options.random), `${name}.weight`),
      this.g.constant(float32([filters], new Float32Array(filters).fill(bias)), `${name}.bias`),
    ]
  }
}
